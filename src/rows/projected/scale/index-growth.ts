/** The size of an index at another number of rows: a B-tree's by its model, any other's by how it grew so far. */
import { btreeHeightOf, btreePagesOf } from '../index-model.ts'
import { btreeShapeOf } from '../index-shape.ts'
import type { ColumnStatistics, IndexHead, IndexStatistics, TableStatistics } from '../statistics.ts'

export interface IndexParts {
  readonly before: TableStatistics
  readonly after: TableStatistics
  /** The same table in a smaller sample. */
  readonly smaller: TableStatistics | null
  /** Its expressions at the new size. */
  readonly columns: readonly ColumnStatistics[]
}

/** The sample was filled otherwise than the model thinks: fuller or emptier pages, wider or narrower keys. */
const factorLimits = [0.3, 5] as const
/** A smaller index says little about how full pages are. */
const enoughPages = 8

const btreePages = (index: IndexStatistics, next: IndexStatistics, { before, after }: IndexParts): number => {
  const shape = btreeShapeOf(before, index)
  const modelled = btreePagesOf(btreeShapeOf(after, next))
  if (index.pages < enoughPages) return modelled
  const factor = index.pages / btreePagesOf(shape)
  return Math.round(modelled * Math.min(factorLimits[1], Math.max(factorLimits[0], factor)))
}

/** A line through two samples, or through the sample and nothing. */
const otherPages = (index: IndexStatistics, rows: number, { smaller }: IndexParts): number => {
  const earlier = smaller?.indexes.find(({ name }) => name === index.name)
  const isLine = earlier !== undefined && earlier.rows > 0 && earlier.rows * 1.5 < index.rows
  const slope = isLine
    ? (index.pages - earlier.pages) / (index.rows - earlier.rows)
    : index.pages / Math.max(1, index.rows)
  return Math.max(1, Math.ceil(index.pages + slope * (rows - index.rows)))
}

/** Few different entries (tags) stay as many as they are, many (words of texts) grow with the rows. */
const ginHead = (index: IndexStatistics, pages: number, rows: number): IndexHead['gin'] => {
  const { gin } = index.head
  if (gin === null) return null
  const isFixed = gin.entries * 10 < index.rows
  const factor = isFixed ? 1 : rows / Math.max(1, index.rows)
  const entryPages = Math.max(1, Math.min(pages - 1, Math.round(gin.entryPages * factor)))
  return {
    entryPages,
    dataPages: Math.max(0, pages - 1 - entryPages),
    entries: Math.round(gin.entries * factor),
  }
}

export const scaleIndex = (index: IndexStatistics, parts: IndexParts): IndexStatistics => {
  const share = Math.max(0, index.rows) / Math.max(1, parts.before.rows)
  const rows = Math.round(parts.after.rows * share)
  const next = { ...index, rows, columns: parts.columns }
  if (parts.after.kind === 'p') return { ...next, pages: 0 }
  if (index.method === 'btree') {
    const pages = btreePages(index, next, parts)
    return {
      ...next,
      pages,
      head: { height: btreeHeightOf(pages, btreeShapeOf(parts.after, next)), gin: null },
    }
  }
  const pages = otherPages(index, rows, parts)
  return { ...next, pages, head: { height: null, gin: ginHead(index, pages, rows) } }
}
