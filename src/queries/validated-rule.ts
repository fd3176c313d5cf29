/** A validated query or write as a proof tells its rules, with its plans: what the report's page of it shows. */
import type { Wholes } from '../postgres/plan-tree.ts'
import { loadedPlan } from '../prove/loaded-plans.ts'
import type { ExperimentResult, RulePlan, RuleResult, RuleSweep, RuleTimes } from '../prove/result.ts'
import type { TestedRule } from '../prove/write-tests.ts'

interface Measured {
  /** Absent: none of its calls has a plan. */
  readonly wholes?: Wholes
  /** Those that were not run. */
  readonly plans?: readonly RulePlan[]
  readonly sweeps?: readonly RuleSweep[]
  readonly times: readonly RuleTimes[]
}

export const validatedRule = (
  { rule, sentence, claims, design, unsolved, notes = [], missing, absent, table }: TestedRule,
  results: readonly ExperimentResult[],
  { wholes, plans = [], sweeps = [], times }: Measured,
): RuleResult => {
  const run = wholes
    ? results.flatMap(({ experiment, observed }) => loadedPlan(experiment, observed, wholes) ?? [])
    : []
  return {
    id: rule.id,
    kind: rule.kind,
    table: rule.table,
    sentence,
    at: rule.at,
    claims,
    ...(missing === null ? {} : { missing: { columns: table === null ? null : absent } }),
    green: missing === null && results.length > 0 && results.every(({ holds }) => holds),
    red: null,
    experiments: results,
    unsolved,
    notes,
    design,
    plans: [...run, ...plans],
    sweeps,
    times,
  }
}
