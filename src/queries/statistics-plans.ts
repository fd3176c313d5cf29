/**
 * The plans of queries with exported statistics: those for any value, since the values themselves did not leave, asked
 * by whoever most rows there are of.
 */
import type { Architecture } from '../architecture/architecture.ts'
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { relationId } from '../ground/names.ts'
import { loadParser } from '../postgres/parse.ts'
import { nodesOf } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'
import { planTree } from '../postgres/plan-tree.ts'
import { namesIn } from '../prove/names-in-text.ts'
import type { RulePlan } from '../prove/result.ts'
import { fitStatistics, type Misfit } from '../rows/projected/fit-statistics.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import type { Asker } from '../rules/experiment.ts'
import { settingsOfCommonAsker } from './advise/common-asker.ts'
import { alike, explainAll, type PlannedQuery, type ProjectionGround } from './project-plans.ts'

const conditions = /(?:Cond|Filter|Key)$/u

/** What its text and its plan say, policies and views with it. */
const wordsOf = (sql: string, plan: PlanNode): string =>
  [
    sql,
    ...nodesOf(plan).flatMap((node) =>
      Object.entries(node).flatMap(([key, value]) =>
        conditions.test(key) ? [value].flat().map(String) : [],
      ),
    ),
  ].join(' ')

const readsOf = (rule: QueryRule, plan: PlanNode): ReadonlySet<string> =>
  new Set([
    ...rule.reads,
    ...nodesOf(plan).flatMap((node) => {
      const { 'Relation Name': name, Schema: schema } = node
      return typeof name === 'string' && typeof schema === 'string' ? relationId({ schema, name }) : []
    }),
  ])

/** What a query needs to know, and the statistics are silent on. */
const missingFor = (
  rule: QueryRule,
  sql: string,
  plan: PlanNode,
  misfits: readonly Misfit[],
): readonly Misfit[] => {
  const [reads, isNamed] = [readsOf(rule, plan), namesIn(wordsOf(sql, plan))]
  return misfits.filter(({ table, column }) => reads.has(table) && (column === null || isNamed(column)))
}

const otherSchema = (rule: QueryRule, missing: readonly Misfit[]): AssayError =>
  new AssayError(`The exported statistics do not know what "${rule.sentence}" reads.`, {
    code: 'statistics.other-schema',
    exit: 2,
    found: missing.map(({ text }) => text).join(', '),
    why: 'they are of another version of the schema: what they do not know is estimated by a guess, and the plan would be that guess',
    mend: 'Export them again from a database that has these migrations and is analyzed: assay statistics export --url … > statistics.json',
  })

/** What says whose rows are whose. */
export interface Whose {
  readonly architecture: Architecture
  readonly catalog: Catalog
}

/** By id of the query; a text: why there is none; a fault: the statistics are of another version of the schema. */
export const statisticsPlans = async (
  { projector, wholes }: ProjectionGround,
  given: DatabaseStatistics,
  queries: readonly PlannedQuery[],
  { architecture, catalog }: Whose,
): Promise<ReadonlyMap<string, readonly RulePlan[] | string | AssayError>> => {
  const { statistics, misfits } = fitStatistics(given, projector.local)
  const found = new Map<string, readonly RulePlan[] | string | AssayError>()
  await loadParser()
  const settings = settingsOfCommonAsker(architecture, catalog, statistics)
  // Whoever asked on the loaded rows is nobody there.
  const asWho = (as: Asker | undefined): Asker | undefined => as && { ...as, settings }
  const calls = queries.flatMap(({ rule, experiments }) =>
    rule.forms.map((form) => ({ rule, form, as: asWho(experiments.find(({ as }) => as)?.as) })),
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
      const missing = missingFor(rule, form.sql, plan, misfits)
      if (missing.length > 0) {
        found.set(rule.id, otherSchema(rule, missing))
        continue
      }
      const known = found.get(rule.id) ?? []
      if (typeof known === 'string' || known instanceof AssayError) continue
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
