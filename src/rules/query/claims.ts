/**
 * The indexes that a query asks for: those that its plan takes where no table is read whole, and those that begin with
 * the same column. Which of these it needs, their mutants show. Who has a budget of estimates asks for the statistics of
 * its tables, too.
 */
import type { QueryForm, QueryRule } from '../../architecture/kinds/query.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { relationObjectId } from '../../catalog/uses.ts'
import type { PlanNode } from '../../postgres/plan.ts'
import { nodesOf, textIn } from '../../postgres/plan-work.ts'
import { statementsOf } from '../call/recorded.ts'
import { relationOfId } from '../ddl.ts'
import type { Normal, RuleKind } from '../rule-kind.ts'
import { withFixedValues } from './fixed-values.ts'

export const keyKinds = ['index', 'unique', 'primaryKey', 'excludes'] as const

type Key = Structure<KeyFacts>

/** Of the tables that it reads, and of those that they are partitions of. */
const keysOf = (reads: readonly string[], catalog: Catalog): readonly Key[] =>
  reads.flatMap((id) => keyKinds.flatMap((kind) => catalog.of(id, kind) as readonly Key[]))

const leadingOf = ({ facts, table }: Key): string =>
  `${table} ${facts.keys[0]?.column ?? facts.keys[0]?.expression ?? ''}`

/** Its condition finds rows; without one it is read for its order, or because nothing else was let. */
const serves = (node: PlanNode, plan: PlanNode): boolean =>
  'Index Cond' in node ||
  'Order By' in node ||
  (node['Node Type'] !== 'Bitmap Index Scan' &&
    nodesOf(plan).some((one) => one['Node Type'] === 'Limit') &&
    !nodesOf(plan).some((one) => one['Node Type'] === 'Sort'))

/** A partition's index has a name of its own, and the keys of its whole. */
const isPartOf = (node: PlanNode, { facts }: Key): boolean => {
  const [first] = facts.keys
  const text = `${textIn(node, 'Index Cond')} ${textIn(node, 'Order By')}`
  return first?.column !== null && first?.column !== undefined && text.includes(first.column)
}

const keysIn = (plan: PlanNode, keys: readonly Key[]): readonly Key[] =>
  nodesOf(plan)
    .filter((node) => typeof node['Index Name'] === 'string' && serves(node, plan))
    .flatMap((node) => {
      const named = keys.filter(({ name }) => name === node['Index Name'])
      return named.length > 0 ? named : keys.filter((key) => isPartOf(node, key))
    })

/** Of generic plans of statements that read these tables. */
export const claimsOfPlans = (
  plans: readonly PlanNode[],
  reads: readonly string[],
  catalog: Catalog,
): readonly string[] => {
  const keys = keysOf(reads, catalog)
  const taken = plans.flatMap((plan) => keysIn(plan, keys))
  const leading = new Set(taken.map(leadingOf))
  const alike = keys.filter((key) => key.kind === 'index' && leading.has(leadingOf(key)))
  return [...new Set([...taken, ...alike].map(({ id }) => id))]
}

/**
 * As each is for any values, and with the constants that its declaration sends. `isGuess`: nobody declared their texts.
 * Needs `loadParser()`.
 */
export const plansOfForms = (
  forms: readonly QueryForm[],
  normal: Normal,
  isGuess: boolean,
): readonly PlanNode[] =>
  forms.flatMap((form) => {
    const fixed = withFixedValues(form)
    const plan = normal.statement(form.sql, form.parameters.length, isGuess)
    const more = fixed === form ? null : normal.statement(fixed.sql, fixed.parameters.length, true)
    return [plan, more].flatMap((one) => one ?? [])
  })

const statisticsOf = ({ budget, reads }: QueryRule, catalog: Catalog): readonly string[] =>
  budget.estimate === undefined
    ? []
    : reads.flatMap((id) => catalog.of(id, 'statistics').map((one) => one.id))

/** What keeps an answer: without it the query has nothing to read. */
const keptAnswersOf = ({ reads }: QueryRule, catalog: Catalog): readonly string[] =>
  reads
    .map((id) => relationObjectId('materializedView', relationOfId(id)))
    .filter((id) => catalog.structures.has(id))

export const claimsOfQuery: RuleKind<QueryRule>['claims'] = (rule, { catalog, normal }) => [
  ...statisticsOf(rule, catalog),
  ...keptAnswersOf(rule, catalog),
  ...claimsOfPlans(plansOfForms(statementsOf(rule), normal, Boolean(rule.function)), rule.reads, catalog),
]
