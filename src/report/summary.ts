/** The figures of a proof for JSON: one architecture's, or the sum of several; null is what was not looked at. */
import type { ProveResult, ProveSummary } from '../prove/result.ts'

type Steps = readonly ('green' | 'red' | 'mutate')[]

type Seen<T> = { readonly [K in keyof T]: T[K] | null }

export interface ReportedSummary extends Omit<ProveSummary, 'red' | 'mutants' | 'seconds'> {
  readonly red: number | null
  readonly mutants: ProveSummary['mutants'] | null
  readonly seconds: Seen<ProveSummary['seconds']>
  /** By name; only when the configuration has several. */
  readonly architectures?: Readonly<Record<string, ReportedSummary>>
}

type Numbers = Readonly<Record<string, number>>

const sum = <T extends Numbers>(first: T, others: readonly T[]): T =>
  Object.fromEntries(
    Object.entries(first).map(([key, value]) => [
      key,
      // Seconds have thousandths, which do not add up exactly.
      Math.round(others.reduce((total, other) => total + (other[key] ?? 0), value) * 1000) / 1000,
    ]),
  ) as T

const total = (summaries: readonly ProveSummary[]): ProveSummary => {
  const [first, ...others] = summaries
  const { mutants, seconds, observed: _observed, ...counts } = first!
  const observed = summaries.reduce((n, s) => n + (s.observed ?? 0), 0)
  return {
    ...(observed === 0 ? {} : { observed }),
    ...sum(counts, others),
    mutants: sum(
      mutants,
      others.map((s) => s.mutants),
    ),
    seconds: sum(
      seconds,
      others.map((s) => s.seconds),
    ),
  }
}

const seen = (summary: ProveSummary, steps: Steps): ReportedSummary => {
  const isRed = steps.includes('red')
  const isMutated = steps.includes('mutate')
  const { seconds } = summary
  return {
    ...summary,
    red: isRed ? summary.red : null,
    mutants: isMutated ? summary.mutants : null,
    seconds: { ...seconds, red: isRed ? seconds.red : null, mutate: isMutated ? seconds.mutate : null },
  }
}

/** At least one result; the sums stand at the top, so that they are read in one way whatever the number. */
export const reportedSummary = (
  results: readonly Pick<ProveResult, 'architecture' | 'summary'>[],
  steps: Steps,
): ReportedSummary => ({
  ...seen(total(results.map((result) => result.summary)), steps),
  ...(results.length === 1
    ? {}
    : {
        architectures: Object.fromEntries(
          results.map((result) => [result.architecture, seen(result.summary, steps)]),
        ),
      }),
})
