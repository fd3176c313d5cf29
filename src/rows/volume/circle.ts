/**
 * Tables that require one another, row by row: which of their rows are written together, and which row stands beside
 * which, so that no row needs one that is written later. The largest table of a circle gives the pace. Pure.
 */
import type { TableVolume, VolumePlan } from './volume-plan.ts'

/** a * b / c without what floating point loses. */
const ratio = (a: number, b: number, c: number): { readonly floor: number; readonly isWhole: boolean } => {
  if (a * b <= Number.MAX_SAFE_INTEGER) return { floor: Math.floor((a * b) / c), isWhole: (a * b) % c === 0 }
  const product = BigInt(a) * BigInt(b)
  return { floor: Number(product / BigInt(c)), isWhole: product % BigInt(c) === 0n }
}

/** Rows of the largest table of the circle that this one is of. */
export const largestOf = ({ circles = [], tables }: VolumePlan, table: TableVolume): number => {
  const circle = circles.find((ids) => ids.includes(table.id)) ?? [table.id]
  return Math.max(...tables.filter(({ id }) => circle.includes(id)).map(({ count }) => count))
}

interface Counts {
  readonly from: number
  readonly to: number
  readonly largest: number
}

/** Different rows have different ones beside them as long as there are enough. */
export const besideRow = (n: number, { from, to, largest }: Counts): number => {
  const { floor, isWhole } = ratio(n, to, from)
  return to === largest && !isWhole ? floor + 1 : floor
}

/** Of `count` rows those that are written before row `at` of the largest table. */
const writtenBefore = (at: number, count: number, largest: number): number =>
  at === 0 ? 0 : Math.min(count, ratio(at - 1, count, largest).floor + 1)

/** The rows of a chunk, from (with it) to (without). */
export const circleRange = (
  chunk: number,
  size: number,
  { count, largest }: { readonly count: number; readonly largest: number },
): readonly [number, number] => [
  writtenBefore(chunk * size, count, largest),
  writtenBefore(Math.min(largest, (chunk + 1) * size), count, largest),
]
