/** The DDL of declared policies: row-level security as it is asked for, and each policy by its name. */
import type { DeclaredPolicy, PoliciesRule } from '../../architecture/kinds/policies.ts'
import { policyDdl } from '../../catalog/dependency/dependent-ddl.ts'
import { tableText } from '../ddl.ts'

/** `create policy …`, without a semicolon. */
const policyText = (table: string, policy: DeclaredPolicy): string =>
  policyDdl(tableText(table), { ...policy, comment: null }).create[0]!

/** All of it, in order. */
export const policiesDdl = (rule: PoliciesRule): readonly string[] => {
  const alter = `alter table ${tableText(rule.table)}`
  return [
    ...(rule.enabled ? [`${alter} enable row level security;`] : []),
    ...(rule.forced ? [`${alter} force row level security;`] : []),
    ...rule.policies.map((policy) => `${policyText(rule.table, policy)};`),
  ]
}
