/** What a role needs beside a table's own privileges: its schema, its columns' sequences, functions its rules call. */
import type { Table } from '../catalog/table.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { regclass } from './role-privileges.ts'

/** A privilege on the table's rows with which somebody comes to the object. */
interface Need {
  readonly privilege: 'select' | 'insert' | 'update' | 'delete'
  /** null: whoever has the privilege. A policy's functions are called for the roles that it is for. */
  readonly roles: readonly string[] | null
}

export interface Surrounding {
  readonly kind: 'schema' | 'sequence' | 'function'
  /** As regclass, regprocedure or a schema's name read it, everything qualified. */
  readonly name: string
  /** What PostgreSQL uses in the name of whoever asks; none for an identity's own sequence and a trigger's function. */
  readonly needs: readonly Need[]
}

/**
 * Sequences of defaults and of identity columns; functions of defaults, checks, policies, key expressions and triggers,
 * each with the verbs at which the executor checks the caller's right to it: a default on insert, a generated column, a
 * check and an index expression on insert and update, a trigger's WHEN and a policy on their own verbs.
 */
const surroundingsOf = (table: Table): string => `
with parts as (
  select 'pg_catalog.pg_attrdef'::regclass as class, d.oid, null::oid as called,
         case a.attgenerated when '' then array['insert'] else array['insert', 'update'] end as verbs, null::json as roles
    from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
   where d.adrelid = ${regclass(table)}
  union all
  select 'pg_catalog.pg_constraint'::regclass, oid, null, array['insert', 'update'], null
    from pg_catalog.pg_constraint where conrelid = ${regclass(table)} and contype = 'c'
  union all
  select 'pg_catalog.pg_class'::regclass, indexrelid, null, array['insert', 'update'], null
    from pg_catalog.pg_index where indrelid = ${regclass(table)}
  union all
  select 'pg_catalog.pg_trigger'::regclass, oid, tgfoid,
         array_remove(array[case when tgtype & 4 > 0 then 'insert' end, case when tgtype & 16 > 0 then 'update' end,
           case when tgtype & 8 > 0 then 'delete' end], null), null
    from pg_catalog.pg_trigger where tgrelid = ${regclass(table)} and not tgisinternal
  union all
  select 'pg_catalog.pg_policy'::regclass, p.oid, null,
         case when not c.relrowsecurity then array[]::text[]
           else case p.polcmd when 'r' then array['select'] when 'a' then array['insert'] when 'w' then array['update']
             when 'd' then array['delete'] else array['select', 'insert', 'update', 'delete'] end end,
         case when p.polroles <> array[0::oid] then
           (select coalesce(json_agg(r.rolname order by r.rolname), '[]') from pg_catalog.pg_roles r
             where exists (select from unnest(p.polroles) o where pg_catalog.pg_has_role(r.oid, o, 'usage'))) end
    from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid where p.polrelid = ${regclass(table)}
), used as (
  select d.refclassid as class, d.refobjid as oid, parts.verbs, parts.roles
    from pg_catalog.pg_depend d join parts on parts.class = d.classid and parts.oid = d.objid
   where d.refobjid is distinct from parts.called
  union all
  select d.classid, d.objid, array[]::text[], null
    from pg_catalog.pg_depend d
   where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
     and d.refobjid = ${regclass(table)} and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  union all
  select 'pg_catalog.pg_proc'::regclass, tgfoid, array[]::text[], null
    from pg_catalog.pg_trigger
   where tgrelid = ${regclass(table)} and not tgisinternal
)
select kind, name,
       coalesce(json_agg(json_build_object('privilege', verb, 'roles', roles) order by verb, roles::text)
         filter (where verb is not null), '[]') as needs
  from (select 0 as rank, 'schema' as kind, n.nspname::text as name, null::text as verb, null::json as roles
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.oid = ${regclass(table)}
        union all
        select 1, 'sequence', c.oid::regclass::text, verb, used.roles
          from used join pg_catalog.pg_class c on c.oid = used.oid and c.relkind = 'S' left join unnest(verbs) verb on true
         where used.class = 'pg_catalog.pg_class'::regclass
        union all
        select 2, 'function', p.oid::regprocedure::text, verb, used.roles
          from used join pg_catalog.pg_proc p on p.oid = used.oid
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace left join unnest(verbs) verb on true
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

type Place = Pick<Surrounding, 'kind' | 'name'>

/** The object's oid, null once it is gone: the sequence of an identity that was dropped gives nobody a privilege. */
const found = ({ kind, name }: Place): string =>
  kind === 'schema'
    ? `to_regnamespace(${literal(ident(name))})`
    : `${{ sequence: 'to_regclass', function: 'to_regprocedure' }[kind]}(${literal(name)})`

const asked = (surrounding: Place, roles: readonly string[]): string => {
  const { kind, name } = surrounding
  const privileges = privilegesOn[kind].flatMap((p) => [p, `${p} WITH GRANT OPTION`])
  return `
select ${literal(`${kind} ${name}`)} as object, role, privilege
  from unnest(array[${roles.map(literal).join(', ')}]) role,
       unnest(array[${privileges.map(literal).join(', ')}]) privilege
 where has_${kind}_privilege(role, ${found(surrounding)}, privilege)`
}

/** Which privileges the roles have on these objects, one per row: object, role, privilege. */
export const heldAround = (surroundings: readonly Place[], roles: readonly string[]): string =>
  `select object, role, privilege
  from (${surroundings.map((s) => asked(s, roles)).join('\nunion all')}) held
 order by object collate "C", role collate "C", privilege collate "C"`

/** What somebody does with the rows: a role, and names of privileges as GRANT writes them, of the table or of columns. */
export interface Doing {
  readonly role: string
  readonly privileges: readonly string[]
}

const isNeeded = ({ kind, needs }: Surrounding, { role, privileges }: Doing): boolean =>
  kind === 'schema'
    ? privileges.length > 0
    : needs.some(
        ({ privilege, roles }) =>
          privileges.some((one) => one.toLowerCase() === privilege) &&
          (roles === null || roles.includes(role)),
      )

/** The part of the surroundings without which the role could not use what it may do with the rows. */
export const neededFor = (surroundings: readonly Surrounding[], doing: Doing): readonly Surrounding[] =>
  surroundings.filter((one) => isNeeded(one, doing))

/** The privileges on them, as `heldAround` answers them; `held`: the answer there is. UPDATE of a sequence draws from it, too. */
export const privilegesAround = (
  needed: readonly Surrounding[],
  role: string,
  held: readonly (readonly string[])[],
): readonly (readonly string[])[] =>
  needed
    .map((s) => [`${s.kind} ${s.name}`, role, s.kind === 'function' ? 'EXECUTE' : 'USAGE'])
    .filter(
      ([object]) =>
        !object!.startsWith('sequence ') ||
        !held.some(([on, who, what]) => on === object && who === role && what === 'UPDATE'),
    )

/** The grants that give it. */
export const grantsAround = (needed: readonly Surrounding[], grantee: string): readonly string[] =>
  needed.map((s) =>
    s.kind === 'function'
      ? `grant execute on function ${s.name} to ${grantee};`
      : `grant usage on ${s.kind} ${s.kind === 'schema' ? ident(s.name) : s.name} to ${grantee};`,
  )
