/** Policies of a table whose row-level security is off: PostgreSQL asks none of them. */
import { structureId } from '../../ground/names.ts'
import { qualified } from '../../postgres/quote.ts'
import type { FindingKind } from './finding-kind.ts'
import { guardedTables } from './table-policies.ts'

export const policiesAsleep: FindingKind = {
  codes: ['adopt.policies-asleep'],
  find: async ({ catalog }) =>
    guardedTables(catalog)
      .filter(({ table }) => !table.rowSecurity)
      .map(({ table, policies }) => ({
        code: 'adopt.policies-asleep',
        severity: 'error',
        structure: structureId(table.id, 'table'),
        summary: `${table.id}: row-level security is off, so ${policies.length === 1 ? 'its policy' : `its ${policies.length} policies`} (${policies.map(({ name }) => name).join(', ')}) ${policies.length === 1 ? 'is' : 'are'} never asked`,
        reason: 'a table has policies, and row-level security is off',
        why: 'CREATE POLICY does not turn row-level security on: who has the privilege sees and writes every row',
        fix: `turn it on:\nalter table ${qualified(table)} enable row level security;`,
      })),
}
