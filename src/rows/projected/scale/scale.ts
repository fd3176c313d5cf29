/**
 * Statistics of a small loaded sample, as they would be at another size. Sizes follow sizes.ts, columns
 * column-growth.ts and spread.ts, indexes index-growth.ts. Nothing is asked of a server.
 */
import { relationId } from '../../../ground/names.ts'
import type {
  ColumnStatistics,
  DatabaseStatistics,
  ExtendedStatistics,
  Spread,
  TableStatistics,
} from '../statistics.ts'
import { growthOf, type GrowthParts } from './column-growth.ts'
import { scaleIndex } from './index-growth.ts'
import { completeSizes, type Sizes } from './sizes.ts'
import { scaleSpread } from './spread.ts'

export interface ScaleOptions {
  /** Rows by relation id: `{ orders: 1e9 }`. */
  readonly sizes: Sizes
  /** Statistics of a smaller sample of the same database: what grows with the rows is seen instead of guessed. */
  readonly smaller?: DatabaseStatistics
  /** How many different values a column has at any size: `{ 'orders.status': 5 }`. */
  readonly distinct?: Sizes
  /** default_statistics_target of the projected database. */
  readonly target?: number
}

export interface Scaled {
  readonly statistics: DatabaseStatistics
  /** Relation id → rows. */
  readonly rows: ReadonlyMap<string, number>
  /** Relations whose size nobody named. */
  readonly assumed: readonly string[]
}

const usualTarget = 100

const scaleExtended = (
  statistics: ExtendedStatistics,
  factors: ReadonlyMap<number, number>,
  rows: number,
): ExtendedStatistics => ({
  ...statistics,
  distinct: statistics.distinct.map(({ columns, count }) => ({
    columns,
    count: Math.round(Math.min(rows, count * Math.max(1, ...columns.map((n) => factors.get(n) ?? 1)))),
  })),
})

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8
/** Of more columns that may be null not all combinations are looked at. */
const mostNullable = 6

/** Bytes of a row on average: each is rounded up by itself, and those with nulls are shorter. */
const rowBytes = ({ columns }: TableStatistics): number => {
  const known = columns.flatMap(({ own }) => own ?? [])
  const isMixed = ({ nullShare }: Spread): boolean => nullShare > 0.01 && nullShare < 0.99
  const mixed = known.filter(isMixed).slice(0, mostNullable)
  const rest = known.filter((spread) => !mixed.includes(spread))
  const fixed = rest.reduce((sum, { width, nullShare }) => sum + width * (1 - nullShare), 24)
  const kinds = mixed.reduce<readonly (readonly [bytes: number, share: number])[]>(
    (all, { width, nullShare }) =>
      all.flatMap(([bytes, share]) => [
        [bytes, share * nullShare],
        [bytes + width, share * (1 - nullShare)],
      ]),
    [[fixed, 1]],
  )
  return kinds.reduce((sum, [bytes, share]) => sum + (aligned(bytes) + 4) * share, 0)
}

/** The last page is partly empty: how many rows one takes follows from their width, within what the pages allow. */
const scalePages = (table: TableStatistics, rows: number): number => {
  const least = table.rows / Math.max(1, table.pages)
  const most = table.pages > 1 ? table.rows / (table.pages - 1) : Number.POSITIVE_INFINITY
  const modelled = (8192 - 24) / rowBytes(table)
  return Math.max(1, Math.ceil(rows / Math.max(1, Math.min(most, Math.max(least, modelled)))))
}

const scaleTable = (table: TableStatistics, parts: GrowthParts, target: number): TableStatistics => {
  const id = relationId(table)
  const before = Math.max(0, table.rows)
  const rows = parts.sizes.rows.get(id) ?? before
  if (before === 0) return { ...table, rows }
  const factors = new Map<number, number>()
  const pages = table.kind === 'p' ? 0 : scalePages(table, rows)
  const rowsOfPage = pages === 0 ? Number.POSITIVE_INFINITY : rows / pages
  const scaleOne = (column: ColumnStatistics, spread: Spread | null): Spread | null => {
    if (spread === null || rows === 0) return spread
    const growth = growthOf(parts, { table, column }, spread, { before, after: rows })
    factors.set(column.position, growth.factor)
    return scaleSpread(spread, { growth, type: column.base, before, rows, rowsOfPage, target })
  }
  const columns = table.columns.map((column) => ({
    ...column,
    own: scaleOne(column, column.own),
    whole: scaleOne(column, column.whole),
  }))
  const scaled: TableStatistics = {
    ...table,
    rows,
    pages,
    visiblePages: Math.round(pages * (table.pages === 0 ? 0 : table.visiblePages / table.pages)),
    columns,
    extended: table.extended.map((one) => scaleExtended(one, factors, rows)),
  }
  const smaller = parts.smaller?.tables.find((other) => relationId(other) === id) ?? null
  return {
    ...scaled,
    indexes: table.indexes.map((index) =>
      scaleIndex(index, {
        before: table,
        after: scaled,
        smaller,
        columns: index.columns.map((column) => ({ ...column, own: scaleOne(column, column.own) })),
      }),
    ),
  }
}

/** Throws AssayError for a table that is not there, or a size that is none. */
export const scaleStatistics = (sample: DatabaseStatistics, options: ScaleOptions): Scaled => {
  const sizes = completeSizes(sample, options.sizes)
  const { smaller = null, distinct = {}, target = usualTarget } = options
  const parts: GrowthParts = { sample, smaller, sizes, distinct }
  return {
    statistics: { ...sample, tables: sample.tables.map((table) => scaleTable(table, parts, target)) },
    rows: sizes.rows,
    assumed: sizes.assumed,
  }
}
