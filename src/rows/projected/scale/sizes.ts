/** How many rows each table has when only some are named. */
import { AssayError } from '../../../ground/errors.ts'
import { didYouMean } from '../../../ground/nearest-name.ts'
import { relationId } from '../../../ground/names.ts'
import type { DatabaseStatistics, TableStatistics } from '../statistics.ts'

export type Sizes = Readonly<Record<string, number>>

export interface CompleteSizes {
  /** Relation id → rows, of every relation. */
  readonly rows: ReadonlyMap<string, number>
  /** Relation ids whose size was not named, and is not that of the sample. */
  readonly assumed: readonly string[]
}

/** Children of a parent, where nobody says how many parents there are. */
const childrenOfParent = 100
/** Tables so many times smaller than those that refer to them are lists of something (countries), and stay. */
const listShare = 50

const badSize = (summary: string, asked: string, found: string, mend: string): AssayError =>
  new AssayError(summary, { code: 'projection.size', exit: 2, asked, found, mend })

const assertSizes = (sizes: Sizes, known: readonly string[]): void => {
  for (const [id, size] of Object.entries(sizes)) {
    if (!known.includes(id))
      throw badSize(
        `There is no table ${id} to give a size.`,
        `${id}=${size}`,
        `${known.length} tables, none of that name.${didYouMean(id, known)}`,
        'Name tables as rules do: orders, or sales.orders outside of public.',
      )
    if (!Number.isFinite(size) || size < 0)
      throw badSize(
        `${id} cannot have ${size} rows.`,
        `${id}: ${size}`,
        'no number of rows',
        'Write it as 1e9.',
      )
  }
}

const leavesOf = (tables: readonly TableStatistics[], top: string): readonly TableStatistics[] =>
  tables
    .filter(({ partitionOf }) => partitionOf !== null && relationId(partitionOf) === top)
    .flatMap((part) => (part.kind === 'p' ? leavesOf(tables, relationId(part)) : [part]))

/** What refers to a table of another size keeps its proportion to it; of several the greatest counts. */
const growDown = (
  tables: readonly TableStatistics[],
  own: ReadonlyMap<string, number>,
  sizes: Sizes,
): ReadonlyMap<string, number> => {
  const factors = new Map(
    Object.entries(sizes).map(([id, size]) => [id, size / Math.max(1, own.get(id)!)] as const),
  )
  for (let changed = true, round = 0; changed && round <= tables.length; round++) {
    changed = false
    for (const table of tables) {
      const id = relationId(table)
      const above = table.references.flatMap(({ to }) =>
        relationId(to) === id ? [] : (factors.get(relationId(to)) ?? []),
      )
      const factor = Math.max(...above)
      if (id in sizes || above.length === 0 || factor === factors.get(id)) continue
      factors.set(id, factor)
      changed = true
    }
  }
  return new Map([...factors].map(([id, factor]) => [id, sizes[id] ?? Math.round(own.get(id)! * factor)]))
}

/**
 * Tables that refer to one whose size is named keep their proportion to it; tables that a larger one refers to have at
 * least a hundredth of its rows. Everything else stays as it is. Partitions share their whole's rows as the sample's do.
 */
export const completeSizes = (sample: DatabaseStatistics, sizes: Sizes): CompleteSizes => {
  const { tables } = sample
  const own = new Map(tables.map((table) => [relationId(table), Math.max(0, table.rows)]))
  assertSizes(sizes, [...own.keys()])
  const whole = tables.filter(({ partitionOf }) => partitionOf === null)
  const grown = growDown(whole, own, sizes)
  const rows = new Map([...own, ...grown])
  for (let changed = true, round = 0; changed && round <= whole.length; round++) {
    changed = false
    for (const table of whole) {
      const id = relationId(table)
      for (const { to } of table.references) {
        const parent = relationId(to)
        const least = Math.round(rows.get(id)! / childrenOfParent)
        const isList = own.get(id)! / Math.max(1, own.get(parent) ?? 0) >= listShare
        if (
          grown.has(parent) ||
          !rows.has(parent) ||
          isList ||
          rows.get(id)! <= own.get(id)! ||
          least <= rows.get(parent)!
        )
          continue
        rows.set(parent, least)
        changed = true
      }
    }
  }
  const assumed = whole.map(relationId).filter((id) => !(id in sizes) && rows.get(id) !== own.get(id))
  for (const id of whole.filter(({ kind }) => kind === 'p').map(relationId)) {
    const leaves = leavesOf(tables, id).map(relationId)
    const total = leaves.reduce((sum, leaf) => sum + own.get(leaf)!, 0)
    for (const leaf of leaves.filter((name) => !(name in sizes)))
      rows.set(leaf, Math.round(rows.get(id)! * (total === 0 ? 1 / leaves.length : own.get(leaf)! / total)))
  }
  return { rows, assumed }
}
