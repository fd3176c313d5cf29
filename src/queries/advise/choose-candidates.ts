/**
 * Which candidates together, within limits and the budgets of declared writes: sets of those that stand, with what the
 * calls cost and what is taken of the disk.
 */
import type { IndexWeight } from '../index-cost.ts'
import type { Candidate } from './candidate.ts'
import { chooseSet, type Choosing } from './choose.ts'
import type { Guard, KeptOut } from './guard.ts'
import { isWithinLimits, type AdviceLimits } from './limits.ts'
import { remembering, type Meter } from './meter.ts'
import { readAll, totalOf, type Objective } from './objective.ts'
import type { Weighing } from './priced.ts'
import type { Screened } from './screen.ts'

/** How many rows a table has where it is measured, and where it is meant for. */
export interface TableSizes {
  here(table: string): number
  there(table: string): number
}

interface Chosen {
  readonly set: readonly Candidate[]
  /** With no limits there would be more. */
  readonly isCut: boolean
  readonly keptOut: readonly KeptOut[]
  /** No set within the limits is better, as far as more candidates never make a call dearer. */
  readonly isBest: boolean
  /** What the calls cost, each with the best plan that was seen of it: no set costs less. Of the first `told` calls. */
  readonly leastOf: (told: number) => number
  /** Candidates of which nobody knows what writing them costs. */
  readonly unweighed: readonly Candidate[]
}

/** So many sets are counted whatever is known of others. */
const mostCounted = 150

/** Whether no call is harmed; of very many sets those are not counted any more that hold a set which harms one. */
const harmless = (guard: Guard): ((set: readonly Candidate[]) => Promise<boolean>) => {
  const harmful: (readonly Candidate[])[] = []
  let counted = 0
  return async (set) => {
    if (counted >= mostCounted && harmful.some((one) => one.every((each) => set.includes(each)))) return false
    counted += 1
    const holds = (await guard.harmsOf(set)).length === 0
    if (!holds) harmful.push(set)
    return holds
  }
}

export interface ChoosingParts {
  readonly limits: AdviceLimits
  readonly sizes: TableSizes
  readonly meter: Meter
  readonly objective: Objective
  readonly screened: Screened
  readonly weighing: Weighing
  /** Null: no call that has a budget is declared. */
  readonly guard: Guard | null
}

/** Of what was found worth building, and stands. */
export const chooseCandidates = async (parts: ChoosingParts): Promise<Chosen> => {
  const { limits, sizes, meter, objective, weighing, guard } = parts
  const { kept, bytes } = parts.screened
  const weights = limits.writes === null ? new Map<Candidate, IndexWeight>() : await weighing(kept)
  const remembered = remembering(meter)
  const bytesOf = (one: Candidate): number => {
    const { id } = one.draft.table
    return ((bytes.get(one) ?? 0) / Math.max(1, sizes.here(id))) * sizes.there(id)
  }
  const all = await readAll(remembered, kept)
  const used = new Set(all.flatMap(({ uses }) => uses))
  const harms = guard !== null && kept.length > 0 && (await guard.harmsOf(kept)).length > 0
  const isHarmless = guard === null ? null : harmless(guard)
  const find = (within: AdviceLimits, isGuarded: boolean): Promise<Choosing<Candidate>> =>
    chooseSet<Candidate>({
      candidates: kept,
      starts: [kept.filter(({ name, informs }) => informs || used.has(name))],
      isLimited: within.storage !== null || within.writes !== null || (isGuarded && harms),
      total: async (set) => totalOf(remembered, objective, await readAll(remembered, set)),
      fits: (set) =>
        isWithinLimits(
          set.map((one) => ({
            table: one.draft.table.id,
            bytes: bytesOf(one),
            wal: weights.get(one)?.walPerInsert ?? null,
          })),
          within,
        ),
      holds: (set) => (isGuarded && isHarmless !== null ? isHarmless(set) : Promise.resolve(true)),
      // Of equal ones that which was proposed first.
      bytes: (one) => bytesOf(one) + kept.indexOf(one) / 1_000,
    })
  const { set, isBest } = await find(limits, true)
  const isLimited = limits.storage !== null || limits.writes !== null
  const free = isLimited ? (await find({ storage: null, writes: null }, true)).set : set
  const unguarded = harms ? (await find(limits, false)).set : set
  const keptOut: KeptOut[] = []
  for (const candidate of unguarded.filter((one) => !set.includes(one))) {
    const own = await guard!.harmsOf([...set, candidate])
    if (own.length > 0) keptOut.push({ candidate, harms: own })
  }
  return {
    set,
    isBest,
    keptOut,
    isCut: free.some((one) => !set.includes(one)),
    leastOf: (told) =>
      meter.calls.slice(0, told).reduce((sum, { weight }, at) => {
        return objective.isTarget(at) ? sum + weight * remembered.leastOf(at) : sum
      }, 0),
    unweighed: limits.writes === null ? [] : set.filter((one) => weights.get(one)?.walPerInsert === null),
  }
}
