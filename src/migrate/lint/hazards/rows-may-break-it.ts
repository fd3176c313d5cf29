/** Rows that obey today's rules can make the migration fail. */
import type { Hazard } from '../hazard.ts'
import { dependsOnRows, refusals } from '../refusals.ts'

export const rowsMayBreakIt: Hazard = {
  code: 'lint.rows-may-break-it',
  severity: 'warning',
  title: 'Rows that are allowed today make the migration fail',
  measures:
    'PostgreSQL refused it for values of rows that obey every rule that was there before (duplicates, nulls, values that do not fit)',
  why: 'whether it passes depends on the rows that production has',
  find: refusals(
    (statement) =>
      dependsOnRows(statement) ? `${statement.fault!.message} (SQLSTATE ${statement.fault!.sqlstate})` : null,
    'Count the rows that break it first, and mend them in a migration before; or have it hold of new rows only (NOT VALID), and validate it when the old ones are mended.',
  ),
}
