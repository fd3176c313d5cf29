/** A CHECK is added and all rows are looked at under its lock. */
import { lockDuring, lockWords, nameOf } from '../evidence.ts'
import type { Hazard } from '../hazard.ts'
import { findValidating } from '../validating.ts'

export const checkValidates: Hazard = {
  code: 'lint.check-validates',
  severity: 'error',
  title: 'A CHECK looks at all rows while nobody can read or write',
  measures: 'a CHECK is new and valid, and its table was scanned by the statement that added it',
  why: 'ADD CONSTRAINT holds ACCESS EXCLUSIVE while it reads; VALIDATE CONSTRAINT lets reads and writes go on',
  find: findValidating(
    'c',
    (statement, table, { name }) =>
      `the CHECK ${name} looks at all rows of ${nameOf(statement, table)} under ${lockWords(lockDuring(statement, table))}`,
  ),
}
