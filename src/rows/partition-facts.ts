/**
 * What the partitions of a table ask of its rows: their bounds, and constraints that only they have. A row of the
 * table obeys them where it lands. Under read-facts.ts, which reads the parts.
 */
import { relationId } from '../ground/names.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { ident } from '../postgres/quote.ts'

export interface PartitionRow {
  readonly schema: string
  readonly table: string
  readonly parentSchema: string
  readonly parentName: string
  readonly condition: string | null
}

/** Of more partitions than this the first and last ones are looked at only. */
const mostPartitions = 200

const idOf = ({ schema, table }: PartitionRow): string => relationId({ schema, name: table })

/** Partitions that rows of the table can land in, in the order given: no row is written to another server. */
export const leavesOf = (
  table: Table,
  partitions: readonly PartitionRow[],
  catalog: Catalog,
): readonly PartitionRow[] => {
  const below = (id: string): readonly PartitionRow[] => {
    const children = partitions.filter(
      (p) => relationId({ schema: p.parentSchema, name: p.parentName }) === id,
    )
    return children.flatMap((child) =>
      catalog.tables.get(idOf(child))?.kind === 'partitioned' ? below(idOf(child)) : [child],
    )
  }
  if (table.kind !== 'partitioned') return []
  const leaves = below(table.id).filter((leaf) => catalog.tables.get(idOf(leaf))?.kind !== 'foreign')
  return leaves.length <= mostPartitions
    ? leaves
    : [...leaves.slice(0, mostPartitions / 2), ...leaves.slice(-mostPartitions / 2)]
}

/** What a row must satisfy to land in one of them; null when every row does. */
export const boundsOf = (leaves: readonly PartitionRow[]): string | null =>
  leaves.length === 0 || leaves.some((leaf) => leaf.condition === null)
    ? null
    : leaves.map((leaf) => `(${leaf.condition})`).join(' or ')

const spaceless = (sql: string): string => sql.replaceAll(/[\s()]/gu, '').toLowerCase()

/** NOT NULLs of a partition that the table does not have. */
const notNulls = (leaf: Table, of: Table): readonly string[] =>
  leaf.columns.flatMap(({ name, notNull }) =>
    notNull && of.columns.some((column) => column.name === name && !column.notNull)
      ? [`${ident(name)} is not null`]
      : [],
  )

/** CHECKs and NOT NULLs of partitions that the table does not have, each true of what lands elsewhere. */
export const askedByPartitions = (
  table: Table,
  leaves: readonly PartitionRow[],
  catalog: Catalog,
  checksOf: (relation: string) => readonly string[],
): readonly string[] => {
  const inTable = new Set(checksOf(table.id).map(spaceless))
  const conditions = new Map<string, (string | null)[]>()
  for (const leaf of leaves) {
    const relation = catalog.tables.get(idOf(leaf))
    // A CHECK that says the bounds again only spares ATTACH a scan.
    const bounds = spaceless(leaf.condition ?? '')
    const own = checksOf(idOf(leaf)).filter((sql) => {
      const text = spaceless(sql)
      return !inTable.has(text) && !bounds.includes(text)
    })
    for (const sql of new Set([...own, ...(relation ? notNulls(relation, table) : [])]))
      conditions.set(sql, [...(conditions.get(sql) ?? []), leaf.condition])
  }
  return [...conditions].map(([sql, where]) => {
    const bounds = where.filter((condition) => condition !== null)
    if (where.length === leaves.length || bounds.length < where.length) return sql
    return `((${bounds.map((bound) => `(${bound})`).join(' or ')}) is not true or (${sql}\n))`
  })
}

/** Of the table and then of its partitions, each once. */
export const withPartitions = <T>(
  table: Table,
  leaves: readonly PartitionRow[],
  of: (relation: string) => readonly T[],
  same: (one: T) => string,
): readonly T[] => {
  const own = of(table.id)
  const known = new Set(own.map(same))
  const more = leaves.flatMap((leaf) => of(idOf(leaf))).filter((one) => !known.has(same(one)))
  return [...own, ...new Map(more.map((one) => [same(one), one])).values()]
}
