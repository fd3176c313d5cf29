/** The plans of queries with exported statistics: those for any value, since the values themselves did not leave. */
import { AssayError } from '../ground/errors.ts'
import { planTree } from '../postgres/plan-tree.ts'
import type { RulePlan } from '../prove/result.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import { alike, explainAll, type PlannedQuery, type ProjectionGround } from './project-plans.ts'

/** By id of the query; a text: why there is none. Throws AssayError for statistics of another schema. */
export const statisticsPlans = async (
  { projector, wholes }: ProjectionGround,
  statistics: DatabaseStatistics,
  queries: readonly PlannedQuery[],
): Promise<ReadonlyMap<string, readonly RulePlan[] | string>> => {
  const found = new Map<string, readonly RulePlan[] | string>()
  const calls = queries.flatMap(({ rule, experiments }) =>
    rule.forms.map((form) => ({ rule, form, as: experiments.find(({ as }) => as)?.as })),
  )
  for (const group of alike(calls, () => ({}))) {
    const statements = group.map(({ form }) => ({ sql: form.sql, parameters: null }))
    const plans = await explainAll(projector, statistics, group[0].as, statements)
    for (const [i, { rule, form }] of group.entries()) {
      const plan = plans[i]!
      if (plan instanceof AssayError) {
        found.set(rule.id, `${plan.message} ${plan.mend}`)
        continue
      }
      const known = found.get(rule.id) ?? []
      if (typeof known === 'string') continue
      const told: RulePlan = {
        call: `with the exported statistics${form.call === null ? '' : `, the call ${form.call}`}`,
        basis: 'statistics',
        tree: planTree(plan, wholes),
        plan,
        sql: form.sql,
      }
      found.set(rule.id, [...known, told])
    }
  }
  return found
}
