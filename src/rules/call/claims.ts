/**
 * The structures that a call stands on: the indexes that its statements find rows by, the keys by which an upsert knows
 * what stands already, and the indexes that find what points to rows that it deletes.
 */
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { nodesOf } from '../../postgres/plan-work.ts'
import type { Normal, RuleContext } from '../rule-kind.ts'
import { claimsOfPlans, keyKinds, plansOfForms } from '../query/claims.ts'
import type { CallRule } from './experiments.ts'
import { statementsOf } from './recorded.ts'

type Key = Structure<KeyFacts>

const keysOf = (table: string, catalog: Catalog): readonly Key[] =>
  keyKinds.flatMap((kind) => catalog.of(table, kind) as readonly Key[])

/** Its first columns are those of the foreign key, in any order. */
const finds = ({ facts }: Key, columns: readonly string[]): boolean => {
  const leading = facts.keys.slice(0, columns.length).map(({ column }) => column)
  return columns.every((column) => leading.includes(column))
}

/** Rows of tables that the call names, and that point to these tables. */
const indexesBehind = (tables: readonly string[], rule: CallRule, catalog: Catalog): readonly string[] =>
  rule.reads.flatMap((id) =>
    (catalog.of(id, 'references') as readonly Structure<ReferencesFacts>[])
      .filter(({ facts }) => tables.includes(facts.target))
      .flatMap(({ facts }) => keysOf(id, catalog).filter((key) => finds(key, facts.columns)))
      .map((key) => key.id),
  )

export const claimsOfCall = (
  rule: CallRule,
  { catalog, normal }: Pick<RuleContext, 'catalog'> & { readonly normal: Normal },
): readonly string[] => {
  const plans = plansOfForms(statementsOf(rule), normal, Boolean(rule.function))
  const nodes = plans.flatMap((plan) => nodesOf(plan))
  const arbiters = nodes.flatMap((node) => {
    const named = node['Conflict Arbiter Indexes']
    return Array.isArray(named) ? (named as readonly unknown[]) : []
  })
  const deleted = rule.reads.filter((id) => {
    const table = catalog.tables.get(id)
    return nodes.some(
      (node) =>
        node['Operation'] === 'Delete' &&
        node['Relation Name'] === table?.name &&
        node['Schema'] === table?.schema,
    )
  })
  return [
    ...new Set([
      ...claimsOfPlans(plans, rule.reads, catalog),
      ...rule.reads.flatMap((id) =>
        keysOf(id, catalog)
          .filter(({ name }) => arbiters.includes(name))
          .map((k) => k.id),
      ),
      ...indexesBehind(deleted, rule, catalog),
    ]),
  ]
}
