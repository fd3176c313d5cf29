/**
 * How children share their parents, as a pure function both ways: which parent child `j` has, and which children a
 * parent has. The first child of each parent comes first (as far as there are enough), then the others by a power law.
 */

export interface Spread {
  readonly parentOf: (child: number) => number
  /** Whichever it is among the children of its parent, from 0. */
  readonly rankOf: (child: number) => number
  readonly childCount: (parent: number) => number
  /** Child number `rank` of a parent. */
  readonly childAt: (parent: number, rank: number) => number
}

/** The share of all that the first `x` (0 to 1) of `parents` have, and back; `skew` is the exponent of Zipf's law. */
const lawOf = (
  parents: number,
  skew: number,
): { share: (x: number) => number; back: (u: number) => number } => {
  if (skew === 0) return { share: (x) => x, back: (u) => u }
  if (Math.abs(skew - 1) < 1e-9) {
    const all = Math.log1p(parents)
    return { share: (x) => Math.log1p(x * parents) / all, back: (u) => Math.expm1(u * all) / parents }
  }
  const power = 1 - skew
  const all = (1 + parents) ** power - 1
  return {
    share: (x) => ((1 + x * parents) ** power - 1) / all,
    back: (u) => ((1 + u * all) ** (1 / power) - 1) / parents,
  }
}

export const makeSpread = (children: number, parents: number, skew: number): Spread => {
  const ones = children >= parents ? parents : 0
  const others = children - ones
  const law = lawOf(parents, skew)
  const ofOther = (k: number): number =>
    Math.min(parents - 1, Math.max(0, Math.floor(parents * law.back((k + 0.5) / others))))
  /** The first of the others whose parent is this one or a later one. */
  const firstOf = (parent: number): number => {
    if (others === 0 || parent <= 0) return 0
    if (parent >= parents) return others
    let at = Math.min(others, Math.max(0, Math.ceil(others * law.share(parent / parents) - 0.5)))
    // Floating point may miss by one.
    while (at > 0 && ofOther(at - 1) >= parent) at -= 1
    while (at < others && ofOther(at) < parent) at += 1
    return at
  }
  const parentOf = (child: number): number => (child < ones ? child : ofOther(child - ones))
  const single = ones > 0 ? 1 : 0
  return {
    parentOf,
    rankOf: (child) => (child < ones ? 0 : single + (child - ones - firstOf(parentOf(child)))),
    childCount: (parent) => single + firstOf(parent + 1) - firstOf(parent),
    childAt: (parent, rank) => (rank < single ? parent : ones + firstOf(parent) + rank - single),
  }
}
