/** Tables whose policies tell rows apart by a column: what other tables that have it are held against. */
import { printExpression } from '../../catalog/expression/text.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { identityComparisons, type Comparison } from '../../rules/policies/identity-comparisons.ts'
import { guardedTables, rolesSql, type Policy } from './table-policies.ts'

export interface Sibling {
  readonly table: Table
  readonly policy: Policy
  readonly comparison: Comparison
}

/** `users.id = current_user_id()` says who a user is; that other tables have an id too says nothing. */
const isOwnKey = (catalog: Catalog, table: Table, column: string): boolean =>
  primaryKeysOf(catalog, table.id).some(
    ({ facts }) => facts.columns.length === 1 && facts.columns[0] === column,
  )

export const siblingsOf = (catalog: Catalog): readonly Sibling[] =>
  guardedTables(catalog)
    .filter(({ table }) => table.rowSecurity)
    .flatMap(({ table, policies }) =>
      policies.flatMap((policy) =>
        [policy.facts.using, policy.facts.withCheck]
          .flatMap((sql) => (sql === null ? [] : identityComparisons(sql)))
          .filter(({ column }) => table.columns.some(({ name }) => name === column))
          .filter(({ column }) => !isOwnKey(catalog, table, column))
          .map((comparison) => ({ table, policy, comparison })),
      ),
    )

export const typeOf = (table: Table, column: string): string | undefined =>
  table.columns.find(({ name }) => name === column)?.type

/** As it stands where it is all that the policy says, else the comparison alone. */
export const conditionOf = (policy: Policy, { node }: Comparison): string | null => {
  const own = printExpression(node)
  const whole = [policy.facts.using, policy.facts.withCheck].find(
    (sql) => sql !== null && own !== null && printExpression(parseExpression(sql)) === own,
  )
  return whole ?? own
}

/** What it would be mended with. */
const mendKey = ({ policy, comparison }: Sibling): string =>
  JSON.stringify([conditionOf(policy, comparison), rolesSql(policy.facts.roles)])

/** As most siblings are guarded: a policy for one role would shut out the others. Of equals the first. */
export const commonest = (siblings: readonly Sibling[]): Sibling | undefined => {
  const counts = new Map<string, number>()
  for (const one of siblings) counts.set(mendKey(one), (counts.get(mendKey(one)) ?? 0) + 1)
  return siblings.toSorted((a, b) => counts.get(mendKey(b))! - counts.get(mendKey(a))!)[0]
}
