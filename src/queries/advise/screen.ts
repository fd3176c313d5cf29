/** Which candidates are worth building together: each is tried alone, and all of a table at once. */
import type { Candidate } from './candidate.ts'
import type { Tried, TryingMeter } from './meter.ts'
import type { Objective } from './objective.ts'

export interface Refused {
  readonly sql: string
  readonly why: string
}

export interface Screened {
  readonly kept: readonly Candidate[]
  /** Bytes of each on disk. */
  readonly bytes: ReadonlyMap<Candidate, number>
  readonly refused: readonly Refused[]
}

/** More of one table stand in each other's way, and are hardly better than these. */
const mostKept = 16

/** Less is a difference of one page. */
const gains = 0.999

const readingsText = ({ readings }: Tried, before: Objective['before']): string =>
  [...readings]
    .filter(([at, { cost }]) => cost !== before[at]!.cost)
    .map(([at, { cost, broken }]) => `${at} ${cost} ${broken === null}`)
    .join()

/** The weight of what it saves alone, budgets first. */
const gainOf = ({ readings }: Tried, meter: TryingMeter, { before, isTarget }: Objective): number =>
  [...readings].reduce((sum, [at, { cost, broken }]) => {
    const [was, { weight }] = [before[at]!, meter.calls[at]!]
    if (!isTarget(at)) return sum
    const mended = was.broken !== null && broken === null ? was.cost : 0
    return sum + weight * (Math.max(0, was.cost - cost) + mended)
  }, 0)

const helps = ({ readings }: Tried, { before, isTarget }: Objective): boolean =>
  [...readings].some(
    ([at, { cost, broken }]) =>
      isTarget(at) && (cost < before[at]!.cost * gains || (broken === null && before[at]!.broken !== null)),
  )

export const screen = async (
  meter: TryingMeter,
  candidates: readonly Candidate[],
  objective: Objective,
  onProgress?: (done: number, of: number) => void,
): Promise<Screened> => {
  const refused: Refused[] = []
  const tried = new Map<Candidate, Tried>()
  for (const [done, candidate] of candidates.entries()) {
    onProgress?.(done, candidates.length)
    const one = await meter.tryOut(candidate)
    if (one.refused === null) tried.set(candidate, one)
    else refused.push({ sql: candidate.create[0]!, why: one.refused })
  }
  // Two that only together make a plan: which ones any plan takes when it has all of them.
  const together = await meter.usedAmong([...tried.keys()])
  const useful = [...tried].filter(([one, how]) => together.has(one.name) || helps(how, objective))
  // Of those that do the same the smallest stands for all, and of these the one that was proposed first.
  const groups = new Map<
    string,
    { readonly candidate: Candidate; readonly how: Tried; readonly isTaken: boolean }
  >()
  for (const [candidate, how] of useful) {
    const text = `${candidate.draft.table.id} ${readingsText(how, objective.before)}`
    const known = groups.get(text)
    const isTaken = known?.isTaken === true || together.has(candidate.name)
    const isFirst = known === undefined || how.bytes < known.how.bytes
    groups.set(text, isFirst ? { candidate, how, isTaken } : { ...known, isTaken })
  }
  const kept: Candidate[] = []
  const ofTable = new Map<string, number>()
  const bySavings = [...groups.values()].toSorted(
    (a, b) =>
      Number(b.isTaken) - Number(a.isTaken) ||
      gainOf(b.how, meter, objective) - gainOf(a.how, meter, objective) ||
      a.how.bytes - b.how.bytes,
  )
  for (const { candidate } of bySavings) {
    const { id } = candidate.draft.table
    const number = ofTable.get(id) ?? 0
    if (number >= mostKept) continue
    ofTable.set(id, number + 1)
    kept.push(candidate)
  }
  return { kept, bytes: new Map([...tried].map(([one, { bytes }]) => [one, bytes])), refused }
}
