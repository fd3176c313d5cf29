/**
 * How large and how high a B-tree is, from its rows and the width of its keys (nbtsort.c, nbtdedup.c of PostgreSQL 18):
 * leaves 90 % full, pages above them 70 %, equal keys of one page kept as one list of row numbers of six bytes each.
 */
export interface BtreeShape {
  readonly rows: number
  /** Bytes of all key columns, each rounded up to its alignment. */
  readonly width: number
  /** Bytes of the first key columns, as many as tell most pages apart: the others are left out above the leaves. */
  readonly pivotWidth: number
  /** How many different keys. */
  readonly distinct: number
  /** Equal keys share an entry: not in unique indexes, nor with included columns, nor of some types. */
  readonly isDeduplicated: boolean
}

const room = 8192 - 24 - 16
const header = 8
const linePointer = 4
const rowNumber = 6
/** The largest list that building an index makes: a tenth of a page. */
const longestList = Math.floor((8192 * 0.1) / 8) * 8 - linePointer

const align = (bytes: number): number => Math.ceil(bytes / 8) * 8
const listBytes = (base: number, count: number): number =>
  align(count === 1 ? base : base + rowNumber * count) + linePointer

const leafBytes = ({ rows, width, distinct, isDeduplicated }: BtreeShape): number => {
  const base = align(header + width)
  const perKey = rows / Math.max(1, distinct)
  if (!isDeduplicated || perKey < 1.5) return rows * (base + linePointer)
  const most = Math.max(1, Math.floor((longestList - base) / rowNumber))
  const lists = Math.floor(perKey / most)
  const rest = Math.round(perKey - lists * most)
  const bytes = lists * listBytes(base, most) + (rest > 0 ? listBytes(base, rest) : 0)
  return bytes * Math.max(1, distinct)
}

/**
 * Bytes that name a page below: the key, and the row's number where equal keys fill more than a page. A page that is
 * split is split where few columns tell its halves apart; one that is built ends where it is full.
 */
const pivotBytes = (
  { width, pivotWidth, rows, distinct, isDeduplicated }: BtreeShape,
  isBuilt: boolean,
): number => {
  const tie = isDeduplicated && (rowNumber * rows) / Math.max(1, distinct) > room ? 8 : 0
  return align(header + (isBuilt ? width : pivotWidth)) + tie + linePointer
}

const fanOut = (shape: BtreeShape, isBuilt: boolean): number =>
  Math.max(8, Math.floor((room * 0.7) / pivotBytes(shape, isBuilt)))

/** The page at the top is split only when it is full. */
const topOut = (shape: BtreeShape, isBuilt: boolean): number =>
  Math.max(8, Math.floor(room / pivotBytes(shape, isBuilt)))

export const btreePagesOf = (shape: BtreeShape): number => {
  if (shape.rows < 1) return 1
  let level = Math.max(1, Math.ceil(leafBytes(shape) / (room * 0.9)))
  let pages = 1 + level
  while (level > 1) {
    level = level <= topOut(shape, true) ? 1 : Math.ceil(level / fanOut(shape, true))
    pages += level
  }
  return pages
}

/** Of an index that has this many pages. `isBuilt`: made in one go, which leaves room in the page at the top, too. */
export const btreeHeightOf = (pages: number, shape: BtreeShape, isBuilt = false): number => {
  const fan = fanOut(shape, isBuilt)
  let level = Math.max(1, Math.round((pages - 1) * (1 - 1 / fan)))
  let height = 0
  while (level > 1) {
    level = level <= (isBuilt ? fan : topOut(shape, false)) ? 1 : Math.ceil(level / fan)
    height += 1
  }
  return height
}
