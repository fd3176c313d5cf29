/** A statement that commits by itself stands in a transaction. */
import type { Hazard } from '../hazard.ts'
import { ownStates, refusals } from '../refusals.ts'

export const concurrentlyInTransaction: Hazard = {
  code: 'lint.concurrently-in-transaction',
  severity: 'error',
  title: 'A statement stands in a transaction and cannot run in one',
  measures: 'PostgreSQL refused it with 25001',
  why: 'CONCURRENTLY, VACUUM and their like commit by themselves between their phases',
  find: refusals(
    ({ fault }) => (fault?.sqlstate === ownStates.insideTransaction ? fault.message : null),
    'Put it into a file of its own, without begin and commit.',
  ),
}
