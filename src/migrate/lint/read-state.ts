/** Reads the state of a database, whole or of some relations, and what a transaction has scanned and written so far. */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { DatabaseState, RelationState, TypeState } from './database-state.ts'

/** Of whoever asks in which order: json_agg keeps what the lateral query sorts. */
const relationsSql = (where: string): string => `
select c.oid::bigint as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
       coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::bigint as filenode,
       c.relpersistence = 't' as temporary,
       c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as "forceRowSecurity",
       coalesce(i.indrelid, toasted.oid, 0)::bigint as "table",
       coalesce((select json_agg(p.inhparent::bigint order by p.inhseqno) from pg_catalog.pg_inherits p
                  where p.inhrelid = c.oid), '[]') as parents,
       case when c.relispartition and c.relkind in ('r', 'p') then pg_catalog.pg_get_partition_constraintdef(c.oid) end as bounds,
       coalesce((select json_agg(g.item::text) from pg_catalog.unnest(c.relacl) as g(item)), '[]') as grants,
       coalesce((select json_agg(json_build_object(
                    'position', a.attnum, 'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                    'notNull', a.attnotnull, 'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                    'identity', a.attidentity <> '', 'generated', a.attgenerated <> '') order by a.attnum)
                   from pg_catalog.pg_attribute a
                   left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                    and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')), '[]') as columns,
       coalesce((select json_agg(json_build_object(
                    'oid', k.oid::bigint, 'name', k.conname, 'kind', k.contype, 'validated', k.convalidated,
                    'index', case when k.contype in ('p', 'u', 'x') then k.conindid::bigint else 0 end,
                    'references', k.confrelid::bigint,
                    'columns', coalesce(pg_catalog.to_json(k.conkey), '[]'),
                    'definition', pg_catalog.pg_get_constraintdef(k.oid)) order by k.conname)
                   from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype <> 't'), '[]') as constraints,
       case when i.indexrelid is null then null else json_build_object(
         'unique', i.indisunique, 'primary', i.indisprimary, 'valid', i.indisvalid, 'partial', i.indpred is not null,
         'columns', (select json_agg(key.attnum order by key.n)
                       from pg_catalog.unnest(i.indkey::int2[]) with ordinality as key(attnum, n)
                      where key.n <= i.indnkeyatts),
         'definition', pg_catalog.pg_get_indexdef(c.oid)) end as index,
       coalesce((select json_agg(json_build_object('name', t.tgname, 'disabled', t.tgenabled = 'D') order by t.tgname)
                   from pg_catalog.pg_trigger t where t.tgrelid = c.oid), '[]') as triggers
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
  left join pg_catalog.pg_class toasted on toasted.reltoastrelid = c.oid and c.relkind = 't'
 where ${where}`

/** Of the user: neither the catalog's own nor those of its TOAST tables. */
const ofTheUser = `c.oid >= 16384 and n.nspname not in ('pg_catalog', 'information_schema')`

const schemasSql = `
select oid::bigint as oid, nspname as name from pg_catalog.pg_namespace
 where nspname !~ '^pg_' and nspname not in ('information_schema', 'assay_lint')`

const typesSql = `
select t.oid::bigint as oid, n.nspname as schema, t.typname as name,
       case t.typtype when 'e'
         then coalesce((select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e
                         where e.enumtypid = t.oid), '[]')
         else coalesce((select json_agg(k.conname order by k.conname) from pg_catalog.pg_constraint k
                         where k.contypid = t.oid), '[]') end as labels
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
 where t.typtype in ('e', 'd') and t.oid >= 16384`

type Named = { readonly oid: number; readonly name: string }

const byOid = <T extends { readonly oid: number }>(found: readonly T[]): Map<number, T> =>
  new Map(found.map((one) => [one.oid, one]))

const restOf = async (db: Session): Promise<Pick<DatabaseState, 'schemas' | 'types'>> => {
  const schemas = await db.json<Named>(schemasSql)
  return {
    schemas: new Map(schemas.map(({ oid, name }) => [oid, name])),
    types: byOid(await db.json<TypeState>(typesSql)),
  }
}

/** Leaves no lock behind: what deparsing opens is let go with the savepoint. Outside of a transaction nothing is held anyway. */
const asideOf = async <T>(db: Session, inside: boolean, work: () => Promise<T>): Promise<T> => {
  if (!inside) return work()
  await db.query('savepoint assay_state')
  try {
    return await work()
  } finally {
    await db.query('rollback to savepoint assay_state; release savepoint assay_state')
  }
}

export const readWholeState = (db: Session, inside: boolean): Promise<DatabaseState> =>
  asideOf(db, inside, async () => ({
    relations: byOid(await db.json<RelationState>(relationsSql(ofTheUser))),
    ...(await restOf(db)),
  }))

/** The state with these relations read anew; those that are gone are gone. */
export const readChangedState = (
  db: Session,
  before: DatabaseState,
  oids: readonly number[],
  inside: boolean,
): Promise<DatabaseState> =>
  asideOf(db, inside, async () => {
    const relations = new Map(before.relations)
    if (oids.length > 0) {
      const found = await db.json<RelationState>(
        relationsSql(`c.oid in (${oids.join(', ')}) and ${ofTheUser}`),
      )
      for (const oid of oids) relations.delete(oid)
      for (const relation of found) relations.set(relation.oid, relation)
    }
    return { relations, ...(await restOf(db)) }
  })

/** What was read and written of a table, counted since the session or the transaction began. */
export interface Activity {
  /** Sequential scans that were begun; index builds and validations are such scans. */
  readonly scans: number
  /** Rows that they answered. */
  readonly scanned: number
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
}

export const nothingDone: Activity = { scans: 0, scanned: 0, inserted: 0, updated: 0, deleted: 0 }

export const activitySince = (after: Activity, before: Activity): Activity => ({
  scans: after.scans - before.scans,
  scanned: after.scanned - before.scanned,
  inserted: after.inserted - before.inserted,
  updated: after.updated - before.updated,
  deleted: after.deleted - before.deleted,
})

export type Activities = ReadonlyMap<number, Activity>

/** `xact_`: of the session's own transaction; empty: of everybody, as far as it was sent. */
const activitySql = (prefix: 'xact_' | ''): string => {
  const counter = (name: string): string => `pg_catalog.pg_stat_get_${prefix}${name}(c.oid)`
  return `
select c.oid::bigint as oid, ${counter('numscans')} as scans, ${counter('tuples_returned')} as scanned,
       ${counter('tuples_inserted')} as inserted, ${counter('tuples_updated')} as updated,
       ${counter('tuples_deleted')} as deleted
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm', 'p') and ${ofTheUser} and n.nspname <> 'pg_toast'
   and (${counter('numscans')} > 0 or ${counter('tuples_inserted')} > 0 or ${counter('tuples_updated')} > 0
        or ${counter('tuples_deleted')} > 0)`
}

export const readActivity = async (db: Session, whose: 'transaction' | 'everybody'): Promise<Activities> => {
  const found = await db.json<Activity & { readonly oid: number }>(
    activitySql(whose === 'transaction' ? 'xact_' : ''),
  )
  return new Map(found.map(({ oid, ...activity }) => [oid, activity]))
}

/** One setting as it stands now. */
export const readSetting = async (db: Session, name: string): Promise<string> => {
  const [found] = await db.json<{ value: string | null }>(
    `select pg_catalog.current_setting(${literal(name)}, true) as value`,
  )
  return found?.value ?? ''
}
