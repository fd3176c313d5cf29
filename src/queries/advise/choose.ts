/**
 * Which candidates together: from nothing one after the other, and from all that any plan reads; then taking away, adding
 * and exchanging as long as it helps; then what of all sets may be better still (search-sets.ts). What it is compared with
 * stands in bench/advise.ts: every set.
 */
import { isBetter, type Judged, type Total } from './judged.ts'
import { searchSets } from './search-sets.ts'

export interface Choice<T> {
  readonly candidates: readonly T[]
  /** Sets to begin with, beside the empty one. */
  readonly starts: readonly (readonly T[])[]
  total(set: readonly T[]): Promise<Total>
  /** Whether it stays within what is allowed. */
  fits(set: readonly T[]): boolean
  /** Something may not fit, or not hold. */
  readonly isLimited: boolean
  /** Whether nothing is harmed that no total tells of. Asked only of sets that would be taken. */
  holds(set: readonly T[]): Promise<boolean>
  /** Of sets that are as good the one that takes less. */
  bytes(candidate: T): number
}

export interface Choosing<T> {
  readonly set: readonly T[]
  /** No set is better, as far as more candidates never make a call dearer. */
  readonly isBest: boolean
}

/** So often it goes through all of them. */
const mostRounds = 12

/** What the last few bring may be less than what they cost to have: of one call, and of all together. */
const negligible = (now: number, then: number): boolean => then <= now * 1.02 + 0.5
const mostLost = 0.02
const lighter = 0.75

/** A thousand sets. */
const mostTriedAll = 10

export const setsOf = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_one, at) => (bits >> at) & 1))

export const chooseSet = async <T>(choice: Choice<T>): Promise<Choosing<T>> => {
  const judge = async (set: readonly T[]): Promise<Judged<T>> => ({
    set,
    total: await choice.total(set),
    bytes: set.reduce((sum, one) => sum + choice.bytes(one), 0),
  })

  /** The best of some sets, or what there is. */
  const bestOf = async (now: Judged<T>, sets: readonly (readonly T[])[]): Promise<Judged<T>> => {
    let best = now
    for (const set of sets.filter((one) => choice.fits(one))) {
      const next = await judge(set)
      if (isBetter(next, best) && (await choice.holds(set))) best = next
    }
    return best
  }

  const others = (set: readonly T[]): readonly T[] => choice.candidates.filter((one) => !set.includes(one))

  /** Where not all fits, one that is large may stand in the way of several. */
  const refilled = async (now: Judged<T>): Promise<readonly (readonly T[])[]> => {
    const sets: (readonly T[])[] = []
    for (const gone of choice.isLimited ? now.set : []) {
      let next = await judge(now.set.filter((one) => one !== gone))
      for (;;) {
        const room = others(next.set).filter((one) => one !== gone)
        const fuller = await bestOf(
          next,
          room.map((one) => [...next.set, one]),
        )
        if (fuller === next) break
        next = fuller
      }
      sets.push(next.set)
    }
    return sets
  }

  const improve = async (from: Judged<T>): Promise<Judged<T>> => {
    let now = from
    for (let round = 0; round < mostRounds; round++) {
      const before = now
      now = await bestOf(
        now,
        now.set.map((_, at) => now.set.toSpliced(at, 1)),
      )
      now = await bestOf(
        now,
        others(now.set).map((one) => [...now.set, one]),
      )
      if (now === before)
        now = await bestOf(
          now,
          now.set.flatMap((_, at) => others(now.set).map((one) => now.set.with(at, one))),
        )
      if (now === before) now = await bestOf(now, await refilled(now))
      if (now === before) return now
    }
    return now
  }

  /** As much of a set as is allowed: what is missed least for its size goes first. */
  const fitting = async (set: readonly T[]): Promise<readonly T[]> => {
    let now = await judge(set)
    while (!choice.fits(now.set) || !(await choice.holds(now.set))) {
      const from = now
      const fewer: Judged<T>[] = []
      for (const one of from.set) fewer.push(await judge(from.set.filter((other) => other !== one)))
      const missed = ({ total, bytes }: Judged<T>): number =>
        (total.cost - from.total.cost + (total.broken - from.total.broken) * from.total.cost) /
        Math.max(1, from.bytes - bytes)
      now = fewer.toSorted((x, y) => missed(x) - missed(y))[0]!
    }
    return now.set
  }

  /** Without what brings next to nothing, and with what does nearly the same for less. */
  const pruned = async (from: Judged<T>): Promise<Judged<T>> => {
    const most = from.total.cost * (1 + mostLost)
    let now = from
    for (;;) {
      const sets = now.set.flatMap((one, at) => [
        now.set.toSpliced(at, 1),
        ...others(now.set)
          .filter((other) => choice.bytes(other) < choice.bytes(one) * lighter)
          .map((other) => now.set.with(at, other)),
      ])
      const judged: Judged<T>[] = []
      for (const set of sets.filter((one) => choice.fits(one))) judged.push(await judge(set))
      const fewer = judged
        .filter(({ total }) => total.spoiled <= now.total.spoiled && total.broken <= now.total.broken)
        .filter(
          ({ total }) =>
            total.cost <= most && total.each.every((cost, at) => negligible(from.total.each[at]!, cost)),
        )
        .toSorted((a, b) => a.bytes - b.bytes || a.total.cost - b.total.cost)
      let least: Judged<T> | null = null
      for (const one of fewer) if (least === null && (await choice.holds(one.set))) least = one
      if (least === null) return now
      now = least
    }
  }

  let best = await judge([])
  // What fits together cannot be reached by small steps: so few sets are simply all tried.
  if (choice.isLimited && choice.candidates.length <= mostTriedAll) {
    const all: Judged<T>[] = []
    for (const set of setsOf(choice.candidates).filter((one) => choice.fits(one))) all.push(await judge(set))
    const inOrder = all.toSorted((a, b) => (isBetter(a, b) ? -1 : isBetter(b, a) ? 1 : 0))
    for (const one of inOrder) {
      if (!isBetter(one, best)) break
      if (!(await choice.holds(one.set))) continue
      best = one
      break
    }
    return { set: (await pruned(best)).set, isBest: true }
  }
  for (const start of [[], ...choice.starts]) {
    const found = await improve(await judge(await fitting(start)))
    if (isBetter(found, best)) best = found
  }
  const searched = await searchSets({ ...choice, judge }, best)
  return { set: (await pruned(searched.best)).set, isBest: searched.isWhole }
}
