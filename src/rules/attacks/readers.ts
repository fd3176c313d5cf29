/** Views and materialized views that read a table, also through other views, and what the role may do with them. */
import type { Table } from '../../catalog/table.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'

export interface Reader {
  readonly schema: string
  readonly name: string
  readonly kind: 'view' | 'materialized view'
  readonly owner: string
  /** Columns that the role may read. */
  readonly columns: readonly string[]
  /** Columns that the role may update. */
  readonly updatable: readonly string[]
  readonly insert: boolean
  readonly delete: boolean
  /** PostgreSQL passes this command on to the table. */
  readonly takesInsert: boolean
  readonly takesUpdate: boolean
  readonly takesDelete: boolean
  /** Views between it and the table, itself first; materialized ones among them are refreshed from the last to the first. */
  readonly through: readonly { readonly schema: string; readonly name: string; readonly kind: string }[]
}

/** Bits of pg_relation_is_updatable: 1 << CMD_UPDATE, 1 << CMD_INSERT and 1 << CMD_DELETE. */
const updateBit = 4
const insertBit = 8
const deleteBit = 16

const readersOf = (table: Table, role: string): string => `
with recursive uses as (
  select distinct r.ev_class as reader, d.refobjid as read
    from pg_catalog.pg_depend d
    join pg_catalog.pg_rewrite r on r.oid = d.objid
   where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
     and r.ev_class <> d.refobjid
), reach as (
  select reader, array[reader] as through from uses where read = ${regclass(table)}
  union
  select u.reader, u.reader || reach.through
    from uses u join reach on u.read = reach.reader
   where u.reader <> all (reach.through)
), nearest as (
  select reader, array(select distinct t from reach other, unnest(other.through) t where other.reader = reach.reader) as through
    from reach group by reader
)
select n.nspname as schema, c.relname as name,
       case c.relkind when 'm' then 'materialized view' else 'view' end as kind,
       pg_get_userbyid(c.relowner) as owner,
       array(select attname from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                and has_column_privilege(${literal(role)}, c.oid, a.attnum, 'SELECT') order by attnum) as columns,
       array(select attname from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                and has_column_privilege(${literal(role)}, c.oid, a.attnum, 'UPDATE') order by attnum) as updatable,
       has_any_column_privilege(${literal(role)}, c.oid, 'INSERT') as insert,
       has_table_privilege(${literal(role)}, c.oid, 'DELETE') as delete,
       c.relkind = 'v' and pg_relation_is_updatable(c.oid, true) & ${insertBit} > 0 as "takesInsert",
       c.relkind = 'v' and pg_relation_is_updatable(c.oid, true) & ${updateBit} > 0 as "takesUpdate",
       c.relkind = 'v' and pg_relation_is_updatable(c.oid, true) & ${deleteBit} > 0 as "takesDelete",
       (select json_agg(json_build_object('schema', tn.nspname, 'name', tc.relname, 'kind',
                 case tc.relkind when 'm' then 'materialized view' else 'view' end)
                 order by (select max(cardinality(r.through)) from reach r where r.reader = tc.oid) desc, tn.nspname, tc.relname)
          from pg_catalog.pg_class tc join pg_catalog.pg_namespace tn on tn.oid = tc.relnamespace
         where tc.oid = any (nearest.through)) as through
  from nearest
  join pg_catalog.pg_class c on c.oid = nearest.reader
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('v', 'm')
   and has_schema_privilege(${literal(role)}, n.oid, 'USAGE')
 order by 1, 2`

export const readReaders = (db: Session, table: Table, role: string): Promise<Reader[]> =>
  db.json<Reader>(readersOf(table, role))

export const readerName = (reader: Pick<Reader, 'schema' | 'name'>): string =>
  reader.schema === 'public' ? reader.name : `${reader.schema}.${reader.name}`

/** `alter view … owner to current_user`: as when a role that bypasses row-level security owns it, for the prover does. */
export const ownedByBypasser = ({ through }: Reader): readonly string[] =>
  through.map((v) => `alter ${v.kind} ${qualified(v)} owner to current_user`)

/** Refreshes what is materialized, nearest to the table first. */
export const refreshed = ({ through }: Reader): readonly string[] =>
  through
    .filter((v) => v.kind === 'materialized view')
    .toReversed()
    .map((v) => `refresh materialized view ${qualified(v)}`)
