/** What a benchmark prints: one line of the table in docs/benchmarks.md, with what it is compared with. */

export interface BenchLine {
  readonly measure: string
  readonly value: string
  readonly reference?: string
}

/** A benchmark: what it says on the way goes to stderr, what it found is its answer. */
export type Bench = (say: (text: string) => void) => Promise<readonly BenchLine[]>

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Milliseconds that the work took. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** Three digits that matter: 812, 53.4, 1.07. */
export const figure = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
