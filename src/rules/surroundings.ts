/** What a role needs beside a table's own privileges: its schema, its columns' sequences, functions its rules call. */
import type { Table } from '../catalog/table.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { regclass } from './role-privileges.ts'

export interface Surrounding {
  readonly kind: 'schema' | 'sequence' | 'function'
  /** As regclass, regprocedure or a schema's name read it, everything qualified. */
  readonly name: string
  /** A schema's usage, a default's sequence, a function that PostgreSQL calls for whoever asks; not an identity's own sequence. */
  readonly isNeeded: boolean
}

/** Sequences of defaults and of identity columns; functions of defaults, checks, policies, key expressions and triggers. */
const surroundingsOf = (table: Table): string => `
with parts as (
  select 'pg_catalog.pg_attrdef'::regclass as class, oid from pg_catalog.pg_attrdef where adrelid = ${regclass(table)}
  union all
  select 'pg_catalog.pg_constraint'::regclass, oid from pg_catalog.pg_constraint where conrelid = ${regclass(table)} and contype = 'c'
  union all
  select 'pg_catalog.pg_policy'::regclass, oid from pg_catalog.pg_policy where polrelid = ${regclass(table)}
  union all
  select 'pg_catalog.pg_class'::regclass, indexrelid from pg_catalog.pg_index where indrelid = ${regclass(table)}
), used as (
  select d.refclassid as class, d.refobjid as oid, true as needed
    from pg_catalog.pg_depend d join parts on parts.class = d.classid and parts.oid = d.objid
  union
  select d.classid, d.objid, false
    from pg_catalog.pg_depend d
   where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
     and d.refobjid = ${regclass(table)} and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  union
  select 'pg_catalog.pg_proc'::regclass, tgfoid, false
    from pg_catalog.pg_trigger
   where tgrelid = ${regclass(table)} and not tgisinternal
)
select kind, name, bool_or(needed) as "isNeeded"
  from (select 0 as rank, 'schema' as kind, n.nspname::text as name, true as needed
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.oid = ${regclass(table)}
        union all
        select 1, 'sequence', c.oid::regclass::text, used.needed
          from used join pg_catalog.pg_class c on c.oid = used.oid and c.relkind = 'S'
         where used.class = 'pg_catalog.pg_class'::regclass
        union all
        select 2, 'function', p.oid::regprocedure::text, used.needed
          from used join pg_catalog.pg_proc p on p.oid = used.oid
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace
         where used.class = 'pg_catalog.pg_proc'::regclass and n.nspname not in ('pg_catalog', 'information_schema')) s
 group by rank, kind, name
 order by rank, name collate "C"`

export const readSurroundings = async (db: Session, table: Table): Promise<readonly Surrounding[]> => {
  const replies = await db.batch([
    'savepoint assay_surroundings',
    `set local search_path = ''`,
    `select coalesce(json_agg(to_json(s)), '[]'::json)::text from (${surroundingsOf(table)}) s`,
    'rollback to savepoint assay_surroundings; release savepoint assay_surroundings',
  ])
  return JSON.parse(replies[2]?.commands[0]?.rows[0]?.[0] ?? '[]') as Surrounding[]
}

const privilegesOn = {
  schema: ['USAGE', 'CREATE'],
  sequence: ['USAGE', 'SELECT', 'UPDATE'],
  function: ['EXECUTE'],
}

/** The object's oid, null once it is gone: the sequence of an identity that was dropped gives nobody a privilege. */
const found = ({ kind, name }: Surrounding): string =>
  kind === 'schema'
    ? `to_regnamespace(${literal(ident(name))})`
    : `${{ sequence: 'to_regclass', function: 'to_regprocedure' }[kind]}(${literal(name)})`

const asked = (surrounding: Surrounding, roles: readonly string[]): string => {
  const { kind, name } = surrounding
  const privileges = privilegesOn[kind].flatMap((p) => [p, `${p} WITH GRANT OPTION`])
  return `
select ${literal(`${kind} ${name}`)} as object, role, privilege
  from unnest(array[${roles.map(literal).join(', ')}]) role,
       unnest(array[${privileges.map(literal).join(', ')}]) privilege
 where has_${kind}_privilege(role, ${found(surrounding)}, privilege)`
}

/** Which privileges the roles have on these objects, one per row: object, role, privilege. */
export const heldAround = (surroundings: readonly Surrounding[], roles: readonly string[]): string =>
  `select object, role, privilege
  from (${surroundings.map((s) => asked(s, roles)).join('\nunion all')}) held
 order by object collate "C", role collate "C", privilege collate "C"`

/** What a role needs around the table to use it at all, as `heldAround` answers it. */
export const neededAround = (
  surroundings: readonly Surrounding[],
  role: string,
): readonly (readonly string[])[] =>
  surroundings
    .filter((s) => s.isNeeded)
    .map((s) => [`${s.kind} ${s.name}`, role, s.kind === 'function' ? 'EXECUTE' : 'USAGE'])

/** The grants that give it. */
export const grantsAround = (surroundings: readonly Surrounding[], grantee: string): readonly string[] =>
  surroundings
    .filter((s) => s.isNeeded)
    .map((s) =>
      s.kind === 'function'
        ? `grant execute on function ${s.name} to ${grantee};`
        : `grant usage on ${s.kind} ${s.kind === 'schema' ? ident(s.name) : s.name} to ${grantee};`,
    )
