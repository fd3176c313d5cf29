/**
 * Pages of indexes as PostgreSQL lays them out (src/include/access/nbtree.h, ginblock.h, brin_page.h of 18): what the
 * planner reads from the first page, and a tree that is as high as the real one and has nothing in it. An empty tree is
 * needed because the planner also looks for the greatest key when a constant lies at the end of a histogram.
 */
import { endianness } from 'node:os'

export const pageSize = 8192
/** Enough of a first page for everything that is read from it. */
export const headLength = 96

const contents = 24
const btreeMagic = 0x05_31_62
const brinMagic = 0xa8_10_9c_fa

const little = endianness() === 'LE'
const read32 = (page: Buffer, at: number): number => (little ? page.readUInt32LE(at) : page.readUInt32BE(at))
const write32 = (page: Buffer, at: number, value: number): void =>
  void (little ? page.writeUInt32LE(value, at) : page.writeUInt32BE(value, at))
const write16 = (page: Buffer, at: number, value: number): void =>
  void (little ? page.writeUInt16LE(value, at) : page.writeUInt16BE(value, at))
const read64 = (page: Buffer, at: number): number =>
  Number(little ? page.readBigInt64LE(at) : page.readBigInt64BE(at))
const write64 = (page: Buffer, at: number, value: number): void =>
  void (little ? page.writeBigInt64LE(BigInt(value), at) : page.writeBigInt64BE(BigInt(value), at))

/** BTMetaPageData: magic, version, root, level, fast root, fast level. The planner reads the fast level. */
const metaRoot = contents + 8
const metaFastLevel = contents + 20

/** null: this is no B-tree's first page. */
export const readBtreeHeight = (page: Buffer): number | null =>
  read32(page, contents) === btreeMagic ? read32(page, metaFastLevel) : null

const leaf = 1
const root = 2
const special = pageSize - 16
const isPivot = 0x20_00

/** One page at `level` of a tree that has one page on each: its only entry points to the page below. */
const treePage = (level: number, height: number): Buffer => {
  const page = Buffer.alloc(pageSize)
  const hasEntry = level > 0
  const entry = special - 8
  write16(page, 12, hasEntry ? contents + 4 : contents)
  write16(page, 14, hasEntry ? entry : special)
  write16(page, 16, special)
  write16(page, 18, pageSize | 4)
  if (hasEntry) {
    // A line pointer: offset 15 bits, flags 2 (1: in use), length 15.
    write32(page, contents, little ? entry | (1 << 15) | (8 << 17) : ((entry << 17) | (1 << 15) | 8) >>> 0)
    // Minus infinity: no key at all, and the number of the page below (the leaf is page 1).
    write16(page, entry, 0)
    write16(page, entry + 2, level)
    write16(page, entry + 4, 0)
    write16(page, entry + 6, isPivot | 8)
  }
  write32(page, special + 8, level)
  write16(page, special + 12, (level === 0 ? leaf : 0) | (level === height ? root : 0))
  return page
}

/** The first pages of a B-tree of this height without entries; `first` is its present first page. */
export const btreePages = (first: Buffer, height: number): readonly Buffer[] => {
  const head = Buffer.from(first)
  const levels = Array.from({ length: height + 1 }, (_, level) => treePage(level, height))
  for (const [at, value] of [height + 1, height, height + 1, height].entries())
    write32(head, metaRoot + 4 * at, value)
  return [head, ...levels]
}

/** GinMetaPageData: after the pending list, total pages, entry pages, data pages, entries. */
const ginTotal = contents + 24
const ginEntries = contents + 40

export const readGinSizes = (page: Buffer): IndexSizes => ({
  entryPages: read32(page, ginTotal + 4),
  dataPages: read32(page, ginTotal + 8),
  entries: read64(page, ginEntries),
})

interface IndexSizes {
  readonly entryPages: number
  readonly dataPages: number
  readonly entries: number
}

export const ginHead = (first: Buffer, pages: number, sizes: IndexSizes): Buffer => {
  const head = Buffer.from(first)
  // Nothing waits in the pending list.
  head.fill(0, contents, contents + 24)
  head.fill(0xff, contents, contents + 8)
  write32(head, ginTotal, pages)
  write32(head, ginTotal + 4, sizes.entryPages)
  write32(head, ginTotal + 8, sizes.dataPages)
  write64(head, ginEntries, sizes.entries)
  return head
}

/** Ranges that one page of the map holds (REVMAP_PAGE_MAXITEMS). */
const rangesOfMapPage = 1360

/** The map's pages follow from those of the table; null: this is no BRIN index's first page. */
export const brinHead = (first: Buffer, tablePages: number): Buffer | null => {
  if (read32(first, contents) !== brinMagic) return null
  const head = Buffer.from(first)
  const ranges = Math.ceil(tablePages / Math.max(1, read32(first, contents + 8)))
  write32(head, contents + 12, Math.max(1, Math.ceil(ranges / rangesOfMapPage)))
  return head
}
