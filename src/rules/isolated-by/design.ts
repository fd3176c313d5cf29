/** The DDL that isolates a table: row-level security that binds its owner too, and one policy for every command. */
import type { Architecture } from '../../architecture/architecture.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import { ident } from '../../postgres/quote.ts'
import { structureName, tableText } from '../ddl.ts'
import { tenantPredicate } from './identity.ts'

export interface IsolationDesign {
  readonly enable: string
  readonly force: string
  readonly policyName: string
  /** Null when no setting of the identity carries the tenant. */
  readonly predicate: string | null
  /** Null with the predicate. */
  readonly policy: string | null
}

/** The pieces, so that a mend can name the one that is missing. */
export const designIsolation = (
  rule: IsolatedByRule,
  architecture: Pick<Architecture, 'identity' | 'tables'>,
): IsolationDesign => {
  const table = tableText(rule.table)
  const policyName = structureName(rule.table, 'isolated', 'by', rule.column)
  const predicate = tenantPredicate(rule, architecture)
  return {
    enable: `alter table ${table} enable row level security;`,
    force: `alter table ${table} force row level security;`,
    policyName,
    predicate,
    policy:
      predicate === null
        ? null
        : `create policy ${ident(policyName)} on ${table} using (${predicate}) with check (${predicate});`,
  }
}

/** All of it, in order. */
export const isolationDdl = (
  rule: IsolatedByRule,
  architecture: Pick<Architecture, 'identity' | 'tables'>,
): readonly string[] => {
  const { enable, force, policy } = designIsolation(rule, architecture)
  return [enable, force, ...(policy === null ? [] : [policy])]
}
