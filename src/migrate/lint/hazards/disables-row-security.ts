/** Row-level security is switched off. */
import { qualified } from '../../../postgres/quote.ts'
import { keptRelationsOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { isExisting } from '../trace.ts'

export const disablesRowSecurity: Hazard = {
  code: 'lint.disables-row-security',
  severity: 'error',
  title: 'Row-level security is switched off',
  measures: 'relrowsecurity or relforcerowsecurity was true of a table that was there, and is no longer',
  why: 'everybody who may read the table sees the rows of everybody else',
  find: perStatement((trace, statement) =>
    keptRelationsOf(statement).flatMap(({ before, after }) => {
      const isOff =
        (before.rowSecurity && !after.rowSecurity) || (before.forceRowSecurity && !after.forceRowSecurity)
      if (!isOff || !isExisting(trace, after.oid)) return []
      const word = before.rowSecurity && !after.rowSecurity ? 'enable' : 'force'
      return [
        {
          relation: nameOf(statement, after.oid),
          summary: `row-level security of ${nameOf(statement, after.oid)} is ${word === 'force' ? 'not forced for its owner any more' : 'switched off'}`,
          fix: `Have the migration run as a role with BYPASSRLS instead, or switch it on again in the same transaction:
alter table ${qualified(after)} ${word} row level security;`,
        },
      ]
    }),
  ),
}
