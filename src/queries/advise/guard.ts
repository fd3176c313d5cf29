/** What candidates do to declared calls: which of their budgets break, and what each candidate costs them. */
import type { CallMeter, CallReading } from './call-meter.ts'
import type { Candidate } from './candidate.ts'
import type { AdvisedCall, CallPrice } from './result.ts'

/** A budget that holds with nothing of what is advised, and breaks. */
export interface Harm {
  readonly of: string
  readonly sentence: string
  readonly why: string
}

/** Without the budgets of declared calls it would be advised. */
export interface KeptOut {
  readonly candidate: Candidate
  /** Budgets that break with it, beside what is advised. */
  readonly harms: readonly Harm[]
}

export interface Guard {
  /** What these break together. */
  harmsOf(set: readonly Candidate[]): Promise<readonly Harm[]>
  /** What calls cost more with one of a set than with its others alone; calls that it does not concern are left out. */
  pricesOf(candidate: Candidate, set: readonly Candidate[]): Promise<readonly CallPrice[]>
  /** Every declared call, without and with a set. */
  tell(set: readonly Candidate[]): Promise<readonly Omit<AdvisedCall, 'mend'>[]>
}

const difference = (beside: number, without: number): number => Math.round((beside - without) * 100) / 100

const priceOf = (
  { cost: beside }: CallReading,
  { cost: without }: CallReading,
): Omit<CallPrice, 'id' | 'title'> | null =>
  beside === null || without === null
    ? null
    : {
        buffersPerRow: difference(beside.buffers, without.buffers),
        walPerRow: beside.wal === null || without.wal === null ? null : difference(beside.wal, without.wal),
        indexEntriesPerRow: difference(beside.indexEntries, without.indexEntries),
      }

const partsOf = (broken: string | null): readonly string[] => broken?.split('; ') ?? []

/** Which limit it is, whatever was counted. */
const limitOf = (part: string): string => part.replaceAll(/\d[\d.,]*(?=.*, the budget)/gu, '')

/** Limits that hold before and break after. */
const newlyBroken = (before: CallReading, after: CallReading): readonly string[] => {
  const known = new Set(partsOf(before.broken).map(limitOf))
  return partsOf(after.broken).filter((part) => !known.has(limitOf(part)))
}

export const makeGuard = (meter: CallMeter): Guard => ({
  async harmsOf(set) {
    const harms: Harm[] = []
    for (const [at, { of, sentence, title }] of meter.calls.entries()) {
      const before = await meter.read(at, [])
      // What is refused without it says nothing of it.
      if (before.cost === null) continue
      const broken = newlyBroken(before, await meter.read(at, set))
      if (broken.length > 0) harms.push({ of, sentence, why: `${title}: ${broken.join('; ')}` })
    }
    return harms
  },
  async pricesOf(candidate, set) {
    const others = set.filter((one) => one !== candidate)
    const prices: CallPrice[] = []
    for (const [at, { of: id, title }] of meter.calls.entries()) {
      const [beside, without] = [await meter.read(at, set), await meter.read(at, others)]
      const price = beside === without ? null : priceOf(beside, without)
      if (price !== null) prices.push({ id, title, ...price })
    }
    return prices
  },
  async tell(set) {
    const told: Omit<AdvisedCall, 'mend'>[] = []
    for (const [at, { of: id, sentence, title }] of meter.calls.entries()) {
      const [before, after] = [await meter.read(at, []), await meter.read(at, set)]
      told.push({
        id,
        sentence,
        title,
        before: before.cost,
        after: after.cost,
        brokenBefore: before.broken,
        brokenAfter: after.broken,
      })
    }
    return told
  },
})
