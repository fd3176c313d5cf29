/** Which candidates together, within limits: sets of those that stand, with what the calls cost and what is taken of the disk. */
import type { IndexWeight } from '../index-cost.ts'
import type { Candidate } from './candidate.ts'
import { chooseSet } from './choose.ts'
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
}

/** Of what was found worth building, and stands. */
export const chooseCandidates = async (
  limits: AdviceLimits,
  sizes: TableSizes,
  meter: Meter,
  objective: Objective,
  { kept, bytes }: Screened,
  weighing: Weighing,
): Promise<Chosen> => {
  const weights = limits.writes === null ? new Map<Candidate, IndexWeight>() : await weighing(kept)
  const remembered = remembering(meter)
  const bytesOf = (one: Candidate): number => {
    const { id } = one.draft.table
    return ((bytes.get(one) ?? 0) / Math.max(1, sizes.here(id))) * sizes.there(id)
  }
  const all = await readAll(remembered, kept)
  const used = new Set(all.flatMap(({ uses }) => uses))
  const find = (within: AdviceLimits): Promise<readonly Candidate[]> =>
    chooseSet<Candidate>({
      candidates: kept,
      starts: [kept.filter(({ name, informs }) => informs || used.has(name))],
      isLimited: within.storage !== null || within.writes !== null,
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
      // Of equal ones that which was proposed first.
      bytes: (one) => bytesOf(one) + kept.indexOf(one) / 1_000,
    })
  const set = await find(limits)
  const isLimited = limits.storage !== null || limits.writes !== null
  const free = isLimited ? await find({ storage: null, writes: null }) : set
  return { set, isCut: free.some((one) => !set.includes(one)) }
}
