/** What a set of candidates comes to, and which of two is better. */

/** What a set comes to. The first that differs decides. */
export interface Total {
  /** Budgets that held without any candidate, and break. */
  readonly spoiled: number
  /** Budgets that break. */
  readonly broken: number
  readonly cost: number
  /** Of every call that counts. */
  readonly each: readonly number[]
}

export interface Judged<T> {
  readonly set: readonly T[]
  readonly total: Total
  readonly bytes: number
}

/** Of a page, in rows. */
const same = (a: number, b: number): boolean => Math.abs(a - b) < 0.05

export const isBetter = <T>(a: Judged<T>, b: Judged<T>): boolean => {
  if (a.total.spoiled !== b.total.spoiled) return a.total.spoiled < b.total.spoiled
  if (a.total.broken !== b.total.broken) return a.total.broken < b.total.broken
  if (!same(a.total.cost, b.total.cost)) return a.total.cost < b.total.cost
  return a.bytes < b.bytes
}
