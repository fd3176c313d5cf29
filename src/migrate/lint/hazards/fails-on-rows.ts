/** PostgreSQL refuses the migration because of rows that are there. */
import type { Hazard } from '../hazard.ts'
import { dependsOnRows, ownStates, refusals } from '../refusals.ts'

export const failsOnRows: Hazard = {
  code: 'lint.fails-on-rows',
  severity: 'error',
  title: 'The migration fails where there are rows',
  measures: 'PostgreSQL ran it on an empty database, and refused it on one whose rows obey every rule',
  why: 'tests on empty databases pass, and production is where it fails',
  find: refusals(
    (statement) =>
      statement.fault === null ||
      dependsOnRows(statement) ||
      Object.values(ownStates).includes(statement.fault.sqlstate as never)
        ? null
        : `${statement.fault.message} (SQLSTATE ${statement.fault.sqlstate})`,
    'Say what becomes of the rows that are there: a default, or a column that may be null until it is filled.',
  ),
}
