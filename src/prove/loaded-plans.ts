/** The plans that statements with a budget were run with on loaded rows. */
import { planTree, type Wholes } from '../postgres/plan-tree.ts'
import { parsePlan } from '../postgres/plan.ts'
import type { Experiment } from '../rules/experiment.ts'
import { statementIn } from '../rules/query/text.ts'
import type { Observation, RulePlan } from './result.ts'

/** "with frequent values, it stays within the budget" → "with frequent values". */
const callWords = (title: string): string =>
  title.replace(/,? ?(?:it )?stays within the budget$/u, '') || 'every call'

export const hasBudget = ({ then }: Experiment): boolean => then.kind === 'plan' && then.within !== undefined

/** Null: it has no budget, or was refused. */
export const loadedPlan = (
  experiment: Experiment,
  observed: Observation,
  wholes: Wholes,
): RulePlan | null => {
  const plan =
    hasBudget(experiment) && observed.fault === null ? parsePlan(observed.rows[0]?.[0] ?? '') : null
  return (
    plan && {
      call: callWords(experiment.title),
      basis: 'loaded',
      tree: planTree(plan, wholes),
      plan,
      sql: statementIn(experiment.when.at(-1) ?? ''),
    }
  )
}
