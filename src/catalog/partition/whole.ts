/** Partitions told from tables that only inherit: what a partition repeats of its table is PostgreSQL's doing, not its own. */
import type { Catalog } from '../structure.ts'
import type { Table } from '../table.ts'

/** The table that it is a partition of; null for every other table. */
export const partitionParent = (catalog: Pick<Catalog, 'tables'>, table: Table): Table | null => {
  const parent = table.partitionOf === null ? undefined : catalog.tables.get(table.partitionOf)
  // Nothing else can be below a partitioned table, and nothing else can have partitions.
  return parent?.kind === 'partitioned' ? parent : null
}

/** From the partition up to the table at the top, nearest first; [] for what is no partition. */
export const partitionAncestors = (catalog: Pick<Catalog, 'tables'>, table: Table): readonly Table[] => {
  const parent = partitionParent(catalog, table)
  return parent === null ? [] : [parent, ...partitionAncestors(catalog, parent)]
}
