/**
 * All sets of candidates, without looking at most of them: what a set comes to with every candidate that is still open
 * is the best that the open ones can make of it, and where that is no better than what is known none of them is tried.
 * It holds as far as more candidates never make a call dearer: PostgreSQL's planner may be wrong about that.
 */
import { isBetter, type Judged } from './judged.ts'

interface Sets<T> {
  readonly candidates: readonly T[]
  judge(set: readonly T[]): Promise<Judged<T>>
  fits(set: readonly T[]): boolean
  holds(set: readonly T[]): Promise<boolean>
}

interface Searched<T> {
  readonly best: Judged<T>
  /** Nothing was left out for want of time. */
  readonly isWhole: boolean
}

/** Each is a look into what is known of the calls, or a plan of some of them. */
const mostLooks = 1_000

/** `known`: what has to be beaten. */
export const searchSets = async <T>(sets: Sets<T>, known: Judged<T>): Promise<Searched<T>> => {
  let [best, looks] = [known, 0]

  /** Less of the disk alone is no reason to look further: taking away comes afterwards. */
  const mayBeat = ({ set, total }: Judged<T>): boolean => isBetter({ set, total, bytes: Infinity }, best)

  const within = async (taken: readonly T[], open: readonly T[], most: Judged<T>): Promise<void> => {
    if (looks >= mostLooks || !mayBeat(most)) return
    if (sets.fits(most.set) && (await sets.holds(most.set))) {
      best = most
      return
    }
    const [next, ...rest] = open
    if (next === undefined) return
    const without = [...taken, ...rest]
    if (sets.fits([...taken, next])) await within([...taken, next], rest, most)
    looks += 1
    await within(taken, rest, await sets.judge(without))
  }

  const all = await sets.judge(sets.candidates)
  await within([], sets.candidates, all)
  return { best, isWhole: looks < mostLooks }
}
