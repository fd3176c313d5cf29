/** SECURITY DEFINER functions and procedures that the role may call and that could reach the table. */
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

export interface Parameter {
  readonly name: string
  /** format_type with everything qualified. */
  readonly type: string
}

export interface DefinerFunction {
  readonly schema: string
  readonly name: string
  readonly isProcedure: boolean
  /** Parameters that a caller gives, in order. */
  readonly parameters: readonly Parameter[]
  /** How many of the last ones have defaults. */
  readonly defaults: number
  /** `public.name(bigint, text)`: how ALTER FUNCTION names it. */
  readonly signature: string
  readonly source: string
  /** Written in SQL or PL/pgSQL, so that its source tells what it speaks of. */
  readonly isReadable: boolean
}

const definers = (role: string): string => `
select n.nspname as schema, p.proname as name, p.prokind = 'p' as "isProcedure",
       p.pronargdefaults as defaults, p.oid::regprocedure::text as signature,
       coalesce((select json_agg(json_build_object('name', coalesce(p.proargnames[i], ''), 'type', format_type(t, null)) order by i)
                   from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality a(t, i)
                  where p.proargmodes is null or p.proargmodes[i] in ('i', 'b', 'v')
                     or (p.prokind = 'p' and p.proargmodes[i] = 'o')), '[]') as parameters,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as source, l.lanname in ('sql', 'plpgsql') as "isReadable"
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
 where p.prosecdef and p.prokind in ('f', 'p')
   and p.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
   and n.nspname not in ('pg_catalog', 'information_schema')
   and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
   and has_function_privilege(${literal(role)}, p.oid, 'EXECUTE')
   and has_schema_privilege(${literal(role)}, n.oid, 'USAGE')
 order by n.nspname, p.proname, p.oid::regprocedure::text collate "C"`

/** Sources of all functions, because a definer may call others that reach the table. */
const sources = `
select p.proname as name, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as source
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
 where n.nspname not in ('pg_catalog', 'information_schema') and l.lanname in ('sql', 'plpgsql')
 order by n.nspname, p.proname, p.oid::regprocedure::text collate "C"`

const says = (source: string, word: string): boolean => source.toLowerCase().includes(word.toLowerCase())

/** Names by which a source would reach the table: its own, its views', and functions that speak of any of them. */
const reachingWords = (
  names: readonly string[],
  functions: readonly { readonly name: string; readonly source: string }[],
): ReadonlySet<string> => {
  const words = new Set(names)
  for (let before = -1; before !== words.size;) {
    before = words.size
    for (const { name, source } of functions)
      if ([...words].some((word) => says(source, word))) words.add(name)
  }
  return words
}

/**
 * Those whose source speaks of the table (or of what reaches it), builds statements at run time, or cannot be read.
 * Names are looked for as text: too many are tried rather than too few.
 */
export const readDefinerFunctions = async (
  db: Session,
  table: Table,
  role: string,
  readers: readonly { readonly name: string }[],
): Promise<readonly DefinerFunction[]> => {
  const replies = await db.batch([
    'savepoint assay_functions',
    `set local search_path = ''`,
    `select coalesce(json_agg(to_json(f)), '[]'::json)::text from (${definers(role)}) f`,
    'rollback to savepoint assay_functions; release savepoint assay_functions',
  ])
  const all = JSON.parse(replies[2]?.commands[0]?.rows[0]?.[0] ?? '[]') as DefinerFunction[]
  if (all.length === 0) return []
  const functions = await db.json<{ readonly name: string; readonly source: string }>(sources)
  const words = reachingWords([table.name, ...readers.map((r) => r.name)], functions)
  return all.filter(
    (f) => !f.isReadable || says(f.source, 'execute') || [...words].some((word) => says(f.source, word)),
  )
}
