/** Whether a statement that is put otherwise gives the same rows, and what it costs. */
import { parsePlan } from '../../postgres/plan.ts'
import type { Observation } from '../../prove/result.ts'
import type { Experiment } from '../../rules/experiment.ts'
import { measuredCost } from './measured-cost.ts'

/** Other statements, asked as the experiment's are. */
export const asking = (experiment: Experiment, ...when: readonly string[]): Experiment => ({
  ...experiment,
  when,
  then: { kind: 'accepted' },
})

/** Without an order of its own the server may give the same rows in another one. */
export const rowsText = ({ rows }: Observation): string =>
  rows
    .map((row) => JSON.stringify(row))
    .toSorted()
    .join('\n')

/** Null: it was refused. */
export const costOf = ({ rows, fault }: Observation): number | null => {
  const plan = fault === null ? parsePlan(rows[0]?.[0] ?? '') : null
  return plan === null ? null : measuredCost(plan)
}
