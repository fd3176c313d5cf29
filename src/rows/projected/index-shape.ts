/** What index-model.ts needs of an index: from the spreads of its table's columns and of its own expressions. */
import { btreeHeightOf, btreePagesOf, type BtreeShape } from './index-model.ts'
import type { ColumnStatistics, IndexStatistics, Spread, TableStatistics } from './statistics.ts'

/** How many values a spread has among this many rows. */
export const distinctOf = (spread: Spread, rows: number): number =>
  Math.max(1, spread.distinct < 0 ? -spread.distinct * rows : spread.distinct)

/** Types of which equal values may look different, so that B-trees keep each. */
const keepsEach = /^(?:numeric|real|double precision|float|jsonb|.*\[\])/u

const alignmentOf = ({ base }: ColumnStatistics): number =>
  /^(?:bigint|timestamp|double|interval|money|time )/u.test(base)
    ? 8
    : /^(?:integer|date|real|oid)/u.test(base)
      ? 4
      : /^(?:smallint)/u.test(base)
        ? 2
        : 1

/** The columns or expressions of an index, in order; null where nothing is known. */
const partsOf = (table: TableStatistics, index: IndexStatistics): readonly (ColumnStatistics | null)[] => {
  const expressions = index.columns.filter((_, at) => index.keys[at] === null)
  let next = 0
  return index.keys.map((name) =>
    name === null
      ? (expressions[next++] ?? null)
      : (table.columns.find((column) => column.name === name) ?? null),
  )
}

/** So few rows with the same first columns do not fill a page: a boundary is found between them. */
const fewRows = 16

export const btreeShapeOf = (table: TableStatistics, index: IndexStatistics): BtreeShape => {
  const parts = partsOf(table, index)
  const rows = Math.max(0, index.rows)
  const keys = parts.slice(0, parts.length - index.included)
  let width = 0
  const widths = parts.map((part) => {
    const spread = part?.own ?? part?.whole ?? null
    const to = part === null ? 1 : alignmentOf(part)
    width = Math.ceil(width / to) * to + (spread === null ? 8 : spread.width * (1 - spread.nullShare))
    return width
  })
  const counts = keys.map((part) => {
    const spread = part?.own ?? part?.whole ?? null
    return spread === null
      ? rows
      : distinctOf(spread, Math.max(rows, table.rows)) + (spread.nullShare > 0 ? 1 : 0)
  })
  let apart = 1
  const enough = counts.findIndex((count) => (apart *= count) * fewRows >= rows)
  return {
    rows,
    width,
    pivotWidth: widths[enough < 0 ? keys.length - 1 : enough] ?? width,
    distinct: index.isUnique
      ? rows
      : Math.min(
          rows,
          counts.reduce((product, count) => product * count, 1),
        ),
    isDeduplicated:
      !index.isUnique &&
      index.included === 0 &&
      !parts.some((part) => part !== null && keepsEach.test(part.base)),
  }
}

const pagesOfNew = (table: TableStatistics, index: IndexStatistics): number => {
  if (index.method === 'btree') return btreePagesOf(btreeShapeOf(table, index))
  if (index.method === 'brin') return 3 + Math.ceil(table.pages / 128 / 250)
  if (index.method === 'hash') return 2 + Math.ceil(index.rows / 300)
  const shape = btreeShapeOf(table, index)
  return 2 + Math.ceil((index.rows * (shape.width + 16)) / 6000)
}

/** As `create index` would make it over the rows of the table. */
export const asNewIndex = (table: TableStatistics, index: IndexStatistics): IndexStatistics => {
  const filled = { ...index, rows: Math.max(0, table.rows) }
  if (table.kind === 'p') return { ...filled, pages: 0, head: { height: null, gin: null } }
  const pages = pagesOfNew(table, filled)
  const height = index.method === 'btree' ? btreeHeightOf(pages, btreeShapeOf(table, filled), true) : null
  return { ...filled, pages, head: { height, gin: null } }
}

/** As far as it is not known, that of an index that has grown row by row. */
export const heightOf = (table: TableStatistics, index: IndexStatistics): number =>
  index.head.height ?? btreeHeightOf(index.pages, btreeShapeOf(table, index))
