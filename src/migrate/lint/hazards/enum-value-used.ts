/** A new label of an enum is used before it is committed. */
import type { Hazard } from '../hazard.ts'
import { ownStates, refusals } from '../refusals.ts'

export const enumValueUsed: Hazard = {
  code: 'lint.enum-value-used-in-transaction',
  severity: 'error',
  title: 'A new label of an enum is used in the transaction that adds it',
  measures: 'PostgreSQL refused it with 55P04',
  why: 'the label can be used when the transaction that added it has been committed',
  find: refusals(
    ({ fault }) => (fault?.sqlstate === ownStates.newLabel ? fault.message : null),
    'Add the label in a migration of its own, before the one that uses it.',
  ),
}
