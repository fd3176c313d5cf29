/** Row-level security is switched off. */
import { qualified } from '../../../postgres/quote.ts'
import { keptRelationsOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { isExisting, type MigrationTrace, type StatementTrace } from '../trace.ts'

type Switch = 'rowSecurity' | 'forceRowSecurity'

/** Before its transaction ends: nobody else ever sees the table without. */
const isOnAgain = (trace: MigrationTrace, off: StatementTrace, oid: number, is: Switch): boolean =>
  off.transaction !== null &&
  trace.statements
    .slice(trace.statements.indexOf(off) + 1)
    .some(
      (later) =>
        later.transaction === off.transaction &&
        later.fault === null &&
        keptRelationsOf(later).some(({ before, after }) => after.oid === oid && !before[is] && after[is]),
    )

export const disablesRowSecurity: Hazard = {
  code: 'lint.disables-row-security',
  severity: 'error',
  title: 'Row-level security is switched off',
  measures: 'relrowsecurity or relforcerowsecurity was true of a table that was there, and is no longer',
  why: 'everybody who may read the table sees the rows of everybody else',
  find: perStatement((trace, statement) =>
    keptRelationsOf(statement).flatMap(({ before, after }) => {
      const isOff = (is: Switch): boolean => before[is] && !after[is]
      const off = isOff('rowSecurity') ? 'rowSecurity' : isOff('forceRowSecurity') ? 'forceRowSecurity' : null
      if (off === null || !isExisting(trace, after.oid) || isOnAgain(trace, statement, after.oid, off))
        return []
      const word = off === 'rowSecurity' ? 'enable' : 'force'
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
