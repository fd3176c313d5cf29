/**
 * How the values of a column grow with its table: keys grow with the rows, foreign keys with the rows of what they
 * refer to, and what is neither as two samples show it, or as ANALYZE itself would guess from one.
 */
import { relationId } from '../../../ground/names.ts'
import { distinctOf } from '../index-shape.ts'
import type { ColumnStatistics, DatabaseStatistics, Spread, TableStatistics } from '../statistics.ts'
import { fixedShape, powerOf as unevennessOf, seenOf, type Seen, type Shape } from './shape.ts'
import type { CompleteSizes, Sizes } from './sizes.ts'

export interface ColumnGrowth {
  /** Different values at the new size. */
  readonly distinct: number
  /** Different values at the new size for each of the sample. */
  readonly factor: number
  /** A part of a key of several columns: each value has about as many rows. */
  readonly isRegular: boolean
  /** By which power of `factor` the share of the commonest values falls: 0 keeps it, 1 is that of values all alike. null: not seen. */
  readonly fall: number | null
  /** How unequal its values are at the new size; null: all are alike, or nothing is known. */
  readonly shape: Shape | null
  /** Whole numbers that are counted upwards, and moments (in milliseconds): how many times further they go, and from where. null: they stay. */
  readonly stretch: { readonly from: number; readonly factor: number } | null
}

export interface GrowthParts {
  readonly sample: DatabaseStatistics
  /** A smaller one of the same database, that shows what grows. */
  readonly smaller: DatabaseStatistics | null
  readonly sizes: CompleteSizes
  /** `table.column` → how many different values it has at any size. */
  readonly distinct: Sizes
}

interface Root {
  readonly table: TableStatistics
  readonly column: ColumnStatistics
}

const spreadOf = (column: ColumnStatistics): Spread | null => column.whole ?? column.own
const tableOf = (statistics: DatabaseStatistics, id: string): TableStatistics | null =>
  statistics.tables.find((table) => relationId(table) === id) ?? null
const columnOf = (table: TableStatistics | null, name: string): ColumnStatistics | null =>
  table?.columns.find((column) => column.name === name) ?? null

/** The column at the end of the references that begin at this one; of several the first. */
const rootOf = (statistics: DatabaseStatistics, start: Root): Root => {
  let root = start
  const seen = new Set<string>()
  for (;;) {
    const here = `${relationId(root.table)}.${root.column.name}`
    if (seen.has(here)) return root
    seen.add(here)
    const next = root.table.references.flatMap((reference): Root[] => {
      const at = reference.columns.indexOf(root.column.name)
      const table = at < 0 ? null : tableOf(statistics, relationId(reference.to))
      const column = columnOf(table, reference.toColumns[at] ?? '')
      return table === null || column === null || (table === root.table && column === root.column)
        ? []
        : [{ table, column }]
    })[0]
    if (!next) return root
    root = next
  }
}

const isWhole = ({ base }: ColumnStatistics): boolean =>
  /^(?:smallint|integer|bigint|numeric(?:\(\d+(?:,0)?\))?)$/u.test(base)

/** Partitions have the keys of their whole. */
const wholeOf = (statistics: DatabaseStatistics, table: TableStatistics): TableStatistics => {
  const above = table.partitionOf === null ? null : tableOf(statistics, relationId(table.partitionOf))
  return above === null ? table : wholeOf(statistics, above)
}

const isKey = (table: TableStatistics, { name }: ColumnStatistics): boolean =>
  table.unique.some((key) => key.length === 1 && key[0] === name)

/** A column of a key of several that has nearly as many values as there are rows is counted upwards, too. */
const isNearlyDistinct = (spread: Spread, rows: number): boolean => distinctOf(spread, rows) > 0.95 * rows

const lowest = (spread: Spread): number => {
  const values = [...(spread.bounds ?? []).slice(0, 1), ...(spread.common ?? [])].map(Number)
  const found = Math.min(...values)
  return Number.isFinite(found) ? found : 0
}

/** Among N rows that take K values alike, K (1 - e^(-N/K)) are seen; a lower coverage than that stays as much lower. */
const coverage = (
  seen: number,
  rowsOfSample: number,
  keys: number,
  rows: number,
  keysThen: number,
): number => {
  const share = Math.min(seen / keys, 1)
  if (share >= 0.99) return 1
  const speed = -Math.log(1 - share) / (rowsOfSample / keys)
  return 1 - Math.exp((-speed * rows) / keysThen)
}

const isMoment = ({ base }: ColumnStatistics): boolean => /^(?:date$|timestamp)/u.test(base)

/** Milliseconds since 1970 of a moment, a number as it is; NaN for infinity and what lies before Christ. */
export const placeOf = (column: Pick<ColumnStatistics, 'base'>, value: string): number =>
  /^(?:date$|timestamp)/u.test(column.base)
    ? Date.parse(
        /[+-]\d\d(?::\d\d)?$/u.test(value) && value.includes(':')
          ? value.replace(' ', 'T').replace(/([+-]\d\d)$/u, '$1:00')
          : `${value.replace(' ', 'T')}${value.includes(':') ? 'Z' : 'T00:00Z'}`,
      )
    : Number(value)

const rangeOf = (column: ColumnStatistics): { readonly from: number; readonly length: number } | null => {
  const spread = spreadOf(column)
  const places = [...(spread?.bounds ?? []), ...(spread?.common ?? [])].map((value) => placeOf(column, value))
  if (places.length < 2 || places.some((place) => !Number.isFinite(place))) return null
  const from = Math.min(...places)
  return { from, length: Math.max(...places) - from }
}

const powerOf = (ratio: number, rows: number): number => {
  const power = Math.log(ratio) / Math.log(rows)
  return power < 0.1 ? 0 : power > 0.9 ? 1 : power
}

/** Numbers and moments that went further in the larger of two samples go on as they did. */
const seenStretch = (
  smaller: DatabaseStatistics | null,
  { table, column }: Root,
  rows: { readonly before: number; readonly after: number },
): ColumnGrowth['stretch'] => {
  const before = smaller === null ? null : tableOf(smaller, relationId(table))
  const earlier = columnOf(before, column.name)
  if (before === null || earlier === null || before.rows < 2 || before.rows * 1.5 > rows.before) return null
  if (!isWhole(column) && !isMoment(column)) return null
  const [small, large] = [rangeOf(earlier), rangeOf(column)]
  if (small === null || large === null || small.length <= 0) return null
  const power = powerOf(large.length / small.length, rows.before / before.rows)
  return power === 0 ? null : { from: large.from, factor: (rows.after / rows.before) ** power }
}

const seenBy = (
  smaller: DatabaseStatistics | null,
  { table, column }: Root,
  rows: number,
  distinct: number,
): number | null => {
  const before = smaller === null ? null : tableOf(smaller, relationId(table))
  const spread = before === null ? null : spreadOf(columnOf(before, column.name) ?? column)
  if (before === null || spread === null || before.rows < 2 || before.rows * 1.5 > rows) return null
  return powerOf(distinct / distinctOf(spread, before.rows), rows / before.rows)
}

const seenIn = (spread: Spread, rows: number): Seen => ({
  rows: rows * (1 - spread.nullShare),
  distinct: distinctOf(spread, rows),
  shares: (spread.commonShares ?? []).map((share) => share / Math.max(1e-9, 1 - spread.nullShare)),
})

/** Values that stay as many as there could be, however many rows there are; null: they become more. */
const fixedOf = (
  smaller: DatabaseStatistics | null,
  { table, column }: Root,
  spread: Spread,
  rows: number,
): Shape | null => {
  const before = smaller === null ? null : tableOf(smaller, relationId(table))
  const earlier = before === null ? null : spreadOf(columnOf(before, column.name) ?? column)
  if (before === null || earlier === null || before.rows < 2) return null
  return fixedShape(seenIn(spread, rows), seenIn(earlier, before.rows))
}

const ranksSeen = 10

/** In two samples, over as many of the commonest values as both list. */
const seenFall = (
  smaller: DatabaseStatistics | null,
  { table, column }: Root,
  spread: Spread,
  seen: number,
): number | null => {
  const before = smaller === null ? null : tableOf(smaller, relationId(table))
  const earlier = spreadOf(columnOf(before, column.name) ?? column)
  if (before === null || earlier === null || before.rows < 2) return null
  const [small, large] = [earlier.commonShares ?? [], spread.commonShares ?? []]
  const count = Math.min(ranksSeen, small.length, large.length)
  const growth = seen / distinctOf(earlier, before.rows)
  if (count === 0 || growth < 1.5) return null
  const sum = (shares: readonly number[]): number => shares.slice(0, count).reduce((all, one) => all + one, 0)
  return Math.min(1, Math.max(0, -Math.log(sum(large) / sum(small)) / Math.log(growth)))
}

/** Of a column with a spread. `spread` is its own, or that of the whole. */
export const growthOf = (
  parts: GrowthParts,
  place: Root,
  spread: Spread,
  rows: { readonly before: number; readonly after: number },
): ColumnGrowth => {
  const { sample, sizes } = parts
  const seen = Math.min(distinctOf(spread, rows.before), Math.max(1, rows.before))
  const named = parts.distinct[`${relationId(place.table)}.${place.column.name}`]
  const start: Root = { ...place, table: wholeOf(sample, place.table) }
  const root = rootOf(sample, start)
  const rootSpread = spreadOf(root.column)
  const rootRows = Math.max(1, root.table.rows)
  const rootAfter = sizes.rows.get(relationId(root.table)) ?? rootRows
  const isReference = root.table !== start.table || root.column.name !== start.column.name
  const isOwn = !isReference && !isKey(root.table, root.column) && !/^[BE]$/u.test(place.column.category)
  const fixed = isOwn ? fixedOf(parts.smaller, start, spread, rows.before) : null
  const isCounted =
    isKey(root.table, root.column) ||
    (fixed === null && rootSpread !== null && isNearlyDistinct(rootSpread, rootRows))
  const isRegular = start.table.unique.some((key) => key.length > 1 && key.includes(place.column.name))
  const isFixed = fixed !== null && fixed.power > 0
  const fall = isFixed ? 0 : seenFall(parts.smaller, start, spread, seen)
  const at = (
    distinct: number,
    stretch: ColumnGrowth['stretch'] = null,
    shape: Shape | null = null,
  ): ColumnGrowth => {
    const count = Math.max(1, Math.min(distinct, Math.max(1, rows.after)))
    return { distinct: count, factor: count / Math.max(1, seen), isRegular, fall, stretch, shape }
  }
  const stretch =
    isCounted && isWhole(root.column) && rootSpread !== null && rootAfter !== rootRows
      ? { from: lowest(rootSpread), factor: rootAfter / rootRows }
      : seenStretch(parts.smaller, start, rows)
  if (named !== undefined) return at(named, stretch)
  if (isReference && rootSpread !== null) {
    const keys = isCounted ? rootRows : distinctOf(rootSpread, rootRows)
    const keysThen = isCounted
      ? rootAfter
      : growthOf(parts, root, rootSpread, { before: rootRows, after: rootAfter }).distinct
    const power = unevennessOf(seenIn(spread, rows.before), keys)
    const shape = power > 0 ? { power, values: keysThen } : null
    return at(keysThen * coverage(seen, rows.before, keys, rows.after, keysThen), stretch, shape)
  }
  if (isCounted) return at((rows.after * seen) / Math.max(1, rows.before), stretch)
  if (/^[BE]$/u.test(place.column.category)) return at(seen)
  if (fixed !== null) {
    const filled = Math.max(1, rows.after * (1 - spread.nullShare))
    return at(Math.max(seen, seenOf(fixed, filled).seen), stretch, isFixed ? fixed : null)
  }
  const power = seenBy(parts.smaller, place, rows.before, seen) ?? (spread.distinct < 0 ? 1 : 0)
  return at(seen * (rows.after / Math.max(1, rows.before)) ** power, stretch)
}
