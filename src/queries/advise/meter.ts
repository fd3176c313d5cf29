/** What calls cost while some candidates are there and others are not. Two do it: loaded-meter.ts, projected-meter.ts. */
import type { Candidate } from './candidate.ts'

/** One call of a statement. */
export interface Call {
  /** Id of its statement. */
  readonly of: string
  readonly title: string
  /** How much its cost counts. */
  readonly weight: number
  /** Relation ids: candidates on others say nothing of it. */
  readonly reads: ReadonlySet<string>
}

export interface Reading {
  readonly cost: number
  /** Why its budget breaks; null: it holds. */
  readonly broken: string | null
  /** Indexes that its plan reads. */
  readonly uses: readonly string[]
}

export interface Meter {
  readonly calls: readonly Call[]
  /** Candidates that are built; `read` takes the others of them away. */
  readonly standing: readonly Candidate[]
  /** Of these calls (by their place), with exactly these of the candidates that stand. */
  read(calls: readonly number[], present: readonly Candidate[]): Promise<readonly Reading[]>
}

export interface Tried {
  /** PostgreSQL's words, where it refuses the candidate. */
  readonly refused: string | null
  /** By place of the call; absent: it does not read the table. */
  readonly readings: ReadonlyMap<number, Reading>
  /** On disk. */
  readonly bytes: number
}

/** One that also says what a candidate does before it stands. */
export interface TryingMeter extends Meter {
  tryOut(candidate: Candidate): Promise<Tried>
  /** Names of those that plans take when all of them are there. */
  usedAmong(candidates: readonly Candidate[]): Promise<ReadonlySet<string>>
}

interface Known {
  readonly present: ReadonlySet<Candidate>
  /** Of these without which it would be another plan. */
  readonly needed: ReadonlySet<Candidate>
  readonly reading: Reading
}

/** A plan may change without it though it does not name it. */
const alwaysCounts = ({ informs, draft }: Candidate): boolean => informs || draft.table.kind === 'partitioned'

const isWithin = (inner: ReadonlySet<Candidate>, outer: ReadonlySet<Candidate>): boolean =>
  [...inner].every((one) => outer.has(one))

export interface RememberingMeter extends Meter {
  /** The least that the call was seen to cost. */
  leastOf(call: number): number
}

/** A plan that wins among many wins among fewer of them, as long as it is possible: most sets need not be tried. */
export const remembering = (meter: Meter): RememberingMeter => {
  const known = meter.calls.map((): Known[] => [])
  return {
    ...meter,
    leastOf: (call) => Math.min(...known[call]!.map(({ reading }) => reading.cost)),
    async read(calls, all) {
      const sets = calls.map(
        (at) => new Set(all.filter(({ draft }) => meter.calls[at]!.reads.has(draft.table.id))),
      )
      const find = (at: number, set: ReadonlySet<Candidate>): Reading | undefined =>
        known[at]!.find(({ present, needed }) => isWithin(set, present) && isWithin(needed, set))?.reading
      const unknown = calls.filter((at, i) => find(at, sets[i]!) === undefined)
      const readings = unknown.length === 0 ? [] : await meter.read(unknown, all)
      for (const [i, at] of unknown.entries()) {
        const present = sets[calls.indexOf(at)]!
        const reading = readings[i]!
        const needed = new Set(
          [...present].filter((one) => alwaysCounts(one) || reading.uses.includes(one.name)),
        )
        known[at]!.push({ present, needed, reading })
      }
      return calls.map((at, i) => find(at, sets[i]!)!)
    },
  }
}
