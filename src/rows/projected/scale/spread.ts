/** The spread that ANALYZE would find at another size: lists of common values, and bounds between the others. */
import type { Spread } from '../statistics.ts'
import { placeOf, type ColumnGrowth } from './column-growth.ts'
import { seenOf } from './shape.ts'

/** ANALYZE looks at so many rows for each entry of its lists (std_typanalyze). */
const rowsOfEntry = 300
/** Of a column whose values become more: one that is so many times commoner than the average stays as common. */
const reallyCommon = 4

interface Common {
  readonly value: string
  readonly share: number
}

/**
 * How many of the commonest ANALYZE keeps (analyze_mcv_list): those that are seen two standard deviations more often
 * than the others would be, were they not listed.
 */
const keptOf = (
  common: readonly Common[],
  spread: Spread,
  distinct: number,
  rows: number,
  target: number,
): number => {
  const sampled = Math.min(rows, rowsOfEntry * target)
  // All values there are.
  if (common.length <= target && common.length >= Math.round(distinct) && distinct <= rows * 0.1)
    return common.length
  if (sampled >= rows) return Math.min(common.length, target)
  let count = Math.min(common.length, target)
  let others = common.slice(0, Math.max(0, count - 1)).reduce((sum, { share }) => sum + share, 0)
  while (count > 0) {
    const left = Math.max(0, 1 - others - spread.nullShare)
    const expected = left / Math.max(1, distinct - (count - 1))
    const share = common[count - 1]!.share
    const inTable = rows * share
    const variance = (sampled * inTable * (rows - inTable) * (rows - sampled)) / (rows * rows * (rows - 1))
    if (share * sampled > expected * sampled + 2 * Math.sqrt(variance) + 0.5) break
    count -= 1
    others -= count > 0 ? common[count - 1]!.share : 0
  }
  return count
}

const numeric = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/iu

/** Rows with the same value lie side by side. */
const isTogether = ({ correlation }: Spread): boolean => Math.abs(correlation ?? 0) > 0.99

interface Sampled {
  /** Rows with a value, of the table and of ANALYZE's sample. */
  readonly filled: number
  readonly sampled: number
  /** Rows of the pages that the sample is drawn from: as many pages as it has rows. */
  readonly pool: number
  readonly rowsOfPage: number
}

/** How many values ANALYZE's rows show, and how many of them once. */
const shownOf = (
  { distinct, shape, isRegular }: ColumnGrowth,
  spread: Spread,
  { filled, sampled, pool, rowsOfPage }: Sampled,
): { readonly seen: number; readonly once: number } | null => {
  if (shape !== null) return seenOf(shape, sampled)
  const each = filled / distinct
  if (isTogether(spread) && each > 1.5 && each < rowsOfPage && pool < filled) {
    // Of the same page and value, for each row that is drawn.
    const others = (sampled / pool) * (each - 1)
    const seen = Math.min(distinct, (sampled * -Math.expm1(-others)) / others)
    return { seen, once: sampled * Math.exp(-others) }
  }
  if (isRegular) return null
  // Each value has one row, and others by chance.
  const drawn = sampled / filled
  const others = drawn * (each - 1)
  const none = (1 - drawn) * Math.exp(-others)
  const one = (drawn + (1 - drawn) * others) * Math.exp(-others)
  return { seen: distinct * (1 - none), once: distinct * one }
}

/**
 * What ANALYZE makes of so many different values (compute_distinct_stats, after Haas and Stokes): it counts those that
 * its rows show once, and from many values with few rows each it guesses too few.
 */
const toldDistinct = (
  spread: Spread,
  filled: number,
  { growth, rows, rowsOfPage, target }: SpreadGrowth,
): number => {
  const { distinct } = growth
  const asTold = (count: number): number => (count > rows * 0.1 ? -count / rows : count)
  if (distinct >= filled * 0.999) return -filled / Math.max(1, rows)
  const most = rowsOfEntry * target
  const sampled = Math.min(filled, most)
  if (sampled >= filled) return asTold(distinct)
  const pool = Math.min(filled, most * rowsOfPage)
  const shown = shownOf(growth, spread, { filled, sampled, pool, rowsOfPage })
  if (shown === null) return asTold(distinct)
  const { seen, once } = shown
  return asTold((sampled * seen) / (sampled - once + (once * sampled) / filled))
}

/** Numbers by value, everything else by its text (dates are written so that this is their order). */
const before = (a: string, b: string): number =>
  numeric.test(a) && numeric.test(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0

interface Weighed {
  readonly value: string
  readonly mass: number
}

/** Bounds with as many rows between each two, over the old bounds and values that are no longer listed. */
const cutAgain = (
  bounds: readonly string[],
  massOfBin: number,
  dropped: readonly Common[],
  target: number,
): readonly string[] | null => {
  const values: readonly Weighed[] = [
    ...bounds.map((value, at) => ({
      value,
      mass: at === 0 || at === bounds.length - 1 ? massOfBin / 2 : massOfBin,
    })),
    ...dropped.map(({ value, share }) => ({ value, mass: share })),
  ].toSorted((a, b) => before(a.value, b.value))
  if (values.length < 2) return null
  const total = values.reduce((sum, { mass }) => sum + mass, 0)
  const count = Math.min(target, values.length - 1)
  const cut: string[] = []
  let passed = 0
  for (const { value, mass } of values) {
    passed += mass
    while (cut.length < count && passed >= (cut.length / count) * total) cut.push(value)
  }
  return [...cut, values.at(-1)!.value]
}

/** Largest of each whole type: what does not fit is cut off there. */
const limits: Readonly<Record<string, bigint>> = {
  smallint: 32_767n,
  integer: 2_147_483_647n,
  bigint: 9_223_372_036_854_775_807n,
}

/** PostgreSQL goes further than the year 9999; what prints years of four digits does not. */
const lastMoment = Date.UTC(9999, 11, 31)

/** As PostgreSQL writes the type, in UTC. */
const momentText = (place: number, type: string): string => {
  const text = new Date(Math.min(place, lastMoment)).toISOString().replace('T', ' ').replace('Z', '')
  if (type === 'date') return text.slice(0, 10)
  return type.includes('with time zone') ? `${text}+00` : text
}

const stretcher = ({ stretch }: ColumnGrowth, type: string): ((value: string) => string) => {
  if (stretch === null) return (value) => value
  const limit = limits[type]
  return (value) => {
    const place = placeOf({ base: type }, value)
    if (!Number.isFinite(place)) return value
    const further = Math.round(stretch.from + (place - stretch.from) * stretch.factor)
    if (/^(?:date$|timestamp)/u.test(type)) return momentText(further, type)
    const number = BigInt(further)
    return String(limit !== undefined && number > limit ? limit : number)
  }
}

/**
 * Shares of a sample without what chance alone made unequal (James and Stein): values that are alike have the same share
 * in a larger table, though in few rows one is seen more often than another.
 */
const withoutChance = (common: readonly Common[], filledBefore: number): readonly Common[] => {
  const mean = common.reduce((sum, { share }) => sum + share, 0) / Math.max(1, common.length)
  const seen =
    common.reduce((sum, { share }) => sum + (share - mean) ** 2, 0) / Math.max(1, common.length - 1)
  if (common.length < 4 || seen === 0) return common
  const byChance = (mean * (1 - mean)) / filledBefore
  const kept = Math.max(0, 1 - byChance / seen)
  return common.map(({ value, share }) => ({ value, share: mean + (share - mean) * kept }))
}

export interface SpreadGrowth {
  readonly growth: ColumnGrowth
  /** The type below a domain. */
  readonly type: string
  readonly before: number
  readonly rows: number
  readonly rowsOfPage: number
  /** default_statistics_target at the new size. */
  readonly target: number
}

/** What is not about single values (nulls, widths, elements of arrays, ranges, order on disk) stays as it is. */
export const scaleSpread = (spread: Spread, wanted: SpreadGrowth): Spread => {
  const { growth, type, before: rowsBefore, rows, target } = wanted
  const stretch = stretcher(growth, type)
  const filled = rows * (1 - spread.nullShare)
  const distinct = toldDistinct(spread, filled, wanted)
  const average = (1 - spread.nullShare) / Math.max(1, growth.distinct / growth.factor)
  const listedBefore = (spread.common ?? []).map((value, at): Common => ({
    value,
    share: spread.commonShares?.[at] ?? 0,
  }))
  const isComplete = growth.factor <= 1.01 && listedBefore.length >= Math.round(growth.distinct)
  const seenShares =
    isComplete && rows > rowsBefore
      ? withoutChance(listedBefore, rowsBefore * (1 - spread.nullShare))
      : listedBefore
  const common = seenShares
    .map(({ value, share: was }): Common => {
      const fall = growth.factor <= 1.01 ? 0 : (growth.fall ?? (was > reallyCommon * average ? 0 : 1))
      return { value, share: Math.max(was / growth.factor ** fall, Math.min(was, average / growth.factor)) }
    })
    .toSorted((a, b) => b.share - a.share)
  const kept = keptOf(common, spread, growth.distinct, rows, target)
  // Common keys are those of the sample; the others are spread over all that there are then.
  const dropped = common.slice(kept).map(({ value, share }) => ({ value: stretch(value), share }))
  const bounds = (spread.bounds ?? []).map(stretch)
  const listed = (spread.commonShares ?? []).reduce((sum, one) => sum + one, 0)
  const binned = Math.max(0, 1 - spread.nullShare - listed)
  // What lost its share of the list is spread over all values.
  const cut =
    dropped.length === 0 && bounds.length <= target + 1
      ? bounds
      : cutAgain(bounds, bounds.length > 1 ? binned / (bounds.length - 1) : 0, dropped, target)
  return {
    ...spread,
    distinct,
    common: kept === 0 ? null : common.slice(0, kept).map(({ value }) => value),
    commonShares: kept === 0 ? null : common.slice(0, kept).map((one) => one.share),
    bounds: cut === null || cut.length < 2 ? null : cut,
  }
}
