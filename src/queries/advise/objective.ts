/** What a set of candidates comes to: the budgets that break, and what the calls cost that advice is for. */
import type { Candidate } from './candidate.ts'
import type { Total } from './judged.ts'
import type { Meter, Reading } from './meter.ts'

export interface Objective {
  /** Of all calls, with nothing that is advised. */
  readonly before: readonly Reading[]
  readonly isTarget: (call: number) => boolean
}

export const totalOf = (
  meter: Meter,
  { before, isTarget }: Objective,
  readings: readonly Reading[],
): Total => {
  let [spoiled, broken, cost] = [0, 0, 0]
  const each: number[] = []
  for (const [at, reading] of readings.entries()) {
    if (reading.broken !== null && before[at]!.broken === null) spoiled += 1
    if (!isTarget(at)) continue
    if (reading.broken !== null) broken += 1
    cost += meter.calls[at]!.weight * reading.cost
    each.push(reading.cost)
  }
  return { spoiled, broken, cost, each }
}

export const readAll = (meter: Meter, present: readonly Candidate[]): Promise<readonly Reading[]> =>
  meter.read(
    meter.calls.map((_, at) => at),
    present,
  )
