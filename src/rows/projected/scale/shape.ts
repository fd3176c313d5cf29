/**
 * How unequal the values of a column are: the commonest first, each has a share that falls with a power of its rank
 * (0: all alike, near 1: Zipf's law). From it follow how many values so many rows show, and how many of them once.
 */
export interface Shape {
  readonly power: number
  /** How many values there could be. */
  readonly values: number
}

const mostPower = 0.95
/** Ranks are taken together, more of them the further down. */
const groups = 120

export const seenOf = (
  { power, values }: Shape,
  rows: number,
): { readonly seen: number; readonly once: number } => {
  let seen = 0
  let once = 0
  let from = 0
  const step = (values + 1) ** (1 / groups)
  for (let at = 1; at <= groups && from < values; at++) {
    const to = at === groups ? values : Math.min(values, Math.max(from + 1, Math.round(step ** at)))
    const count = to - from
    const share = (to / values) ** (1 - power) - (from / values) ** (1 - power)
    const each = (rows * share) / count
    seen += count * -Math.expm1(-each)
    once += count * each * Math.exp(-each)
    from = to
  }
  return { seen, once }
}

/** What is known of a column from a sample: the shares of its commonest values, of rows that are not null. */
export interface Seen {
  readonly rows: number
  readonly distinct: number
  readonly shares: readonly number[]
}

/** Whether the commonest is commoner than chance makes one of values that are all alike. */
const isUneven = ({ rows, distinct, shares: [first = 0] }: Seen): boolean => {
  const mean = rows / Math.max(1, distinct)
  return first * rows > mean + 6 * Math.sqrt(mean) + 6
}

/** Of which the listed values have the share that they have. */
export const powerOf = (seen: Seen, values: number): number => {
  const listed = seen.shares.length
  const mass = seen.shares.reduce((sum, one) => sum + one, 0)
  if (!isUneven(seen) || listed >= values * 0.9 || mass >= 0.99) return 0
  return Math.min(mostPower, Math.max(0, 1 - Math.log(mass) / Math.log(listed / values)))
}

const mostTimes = 1e5
/** Below this share of rows that repeat a value, what is seen says nothing of how many there could be. */
const leastRepeated = 0.0002
const closeEnough = 0.03

/**
 * Values that do not become more with the rows: as many as make both samples show what they do. null: they do, or
 * nothing can be said.
 */
export const fixedShape = (large: Seen, small: Seen): Shape | null => {
  if (large.distinct < 2 || large.rows < 1.5 * small.rows) return null
  if (1 - large.distinct / large.rows < leastRepeated) return null
  const shapeOf = (values: number): Shape => ({ values, power: powerOf(large, values) })
  let low = large.distinct
  let high = large.distinct * mostTimes
  for (let round = 0; round < 60; round++) {
    const middle = Math.sqrt(low * high)
    if (seenOf(shapeOf(middle), large.rows).seen < large.distinct) low = middle
    else high = middle
  }
  const shape = shapeOf(low)
  // Of few repetitions chance makes more or fewer.
  const repeated = small.rows - seenOf(shape, small.rows).seen
  const isSeen = Math.abs(small.rows - small.distinct - repeated) <= closeEnough * small.distinct
  // As many for each row in both: they become more.
  const isGrowing = 1 - small.distinct / small.rows > 0.6 * (1 - large.distinct / large.rows)
  const isFull = large.distinct < 1.05 * small.distinct
  return isSeen && (isFull || !isGrowing) ? shape : null
}
