/**
 * What stands in the way of loading many rows, taken away in the clone that plans are asked on: a plan needs neither
 * foreign keys nor CHECKs nor triggers, and rows that satisfied them all could not be made by one insert.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

interface Obstacle {
  readonly schema: string
  readonly table: string
  readonly name: string
}

/** Of these tables and of those above them: what is inherited goes away where it stands. */
const constraintsSql = (oids: readonly number[]): string => `
with recursive above as (
  select c.oid from pg_catalog.pg_class c where c.oid in (${oids.join(', ')})
  union
  select i.inhparent from pg_catalog.pg_inherits i join above on above.oid = i.inhrelid
)
select n.nspname as schema, c.relname as table, k.conname as name
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where k.conrelid in (select oid from above) and k.contype in ('c', 'f', 'x') and k.conparentid = 0 and k.coninhcount = 0
 order by n.nspname collate "C", c.relname collate "C", k.conname collate "C"`

const rewriteRulesSql = (oids: readonly number[]): string => `
select n.nspname as schema, c.relname as table, r.rulename as name
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where r.ev_class in (${oids.join(', ')}) and r.rulename <> '_RETURN'
 order by n.nspname collate "C", c.relname collate "C", r.rulename collate "C"`

/** The table and all partitions below it. */
const familyOf = (table: Table, catalog: Catalog): readonly Table[] => {
  const below = [...catalog.tables.values()].filter((t) => t.partitionOf === table.id)
  return [table, ...below.flatMap((t) => familyOf(t, catalog))]
}

const alter = ({ schema, table }: Obstacle, change: string): string =>
  `alter table ${qualified({ schema, name: table })} ${change}`

/** Constraints are dropped, triggers and rewrite rules switched off, and autovacuum with them: statistics stay what they are. */
export const removeObstacles = async (owner: Session, table: Table, catalog: Catalog): Promise<void> => {
  const family = familyOf(table, catalog)
  const oids = family.map((t) => t.oid)
  const constraints = await owner.json<Obstacle>(constraintsSql(oids))
  const rewriteRules = await owner.json<Obstacle>(rewriteRulesSql(oids))
  const plain = family.filter((t) => t.kind === 'table')
  await owner.query(
    [
      ...constraints.map((o) => alter(o, `drop constraint ${ident(o.name)}`)),
      ...rewriteRules.map((o) => alter(o, `disable rule ${ident(o.name)}`)),
      ...family.map((t) => `alter table ${qualified(t)} disable trigger user`),
      ...plain.map((t) => `alter table ${qualified(t)} set (autovacuum_enabled = false)`),
    ].join(';\n'),
  )
}

/** Runs `work` while the table's owner is not bound by its policies. */
export const withoutForcedPolicies = async <T>(
  owner: Session,
  table: Table,
  catalog: Catalog,
  work: () => Promise<T>,
): Promise<T> => {
  const forced = familyOf(table, catalog).filter((t) => t.forceRowSecurity)
  const switchAll = (word: string): string =>
    forced.map((t) => `alter table ${qualified(t)} ${word} row level security`).join(';\n')
  if (forced.length > 0) await owner.query(switchAll('no force'))
  try {
    return await work()
  } finally {
    if (forced.length > 0) await owner.query(switchAll('force'))
  }
}
