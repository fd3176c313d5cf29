/** A foreign key is added and all rows are looked up under its locks, which stand on both tables. */
import { lockDuring, lockWords, nameOf } from '../evidence.ts'
import type { Hazard } from '../hazard.ts'
import { findValidating } from '../validating.ts'

export const foreignKeyValidates: Hazard = {
  code: 'lint.foreign-key-validates',
  severity: 'error',
  title: 'A foreign key looks at all rows while nobody can write to either table',
  measures: 'a foreign key is new and valid, and its tables were scanned by the statement that added it',
  why: 'ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on both tables while it reads; VALIDATE CONSTRAINT lets writes go on',
  find: findValidating(
    'f',
    (statement, table, { name, references }) =>
      `the foreign key ${name} looks at all rows of ${nameOf(statement, table) ?? ''} and ${nameOf(statement, references) ?? ''} under ${lockWords(lockDuring(statement, table))} on both`,
  ),
}
