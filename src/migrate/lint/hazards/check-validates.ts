/** A CHECK is added and all rows are looked at under its lock. */
import { ident } from '../../../postgres/quote.ts'
import {
  addedConstraintsOf,
  lockDuring,
  lockWords,
  nameOf,
  scansOf,
  sqlNameOf,
  stopsWrites,
} from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const checkValidates: Hazard = {
  code: 'lint.check-validates',
  severity: 'error',
  title: 'A CHECK looks at all rows while nobody can read or write',
  measures: 'a CHECK is new and valid, and its table was scanned by the statement that added it',
  why: 'ADD CONSTRAINT holds ACCESS EXCLUSIVE while it reads; VALIDATE CONSTRAINT lets reads and writes go on',
  find: perStatement((trace, statement) => {
    const scanned = new Map(scansOf(trace, statement).map((scan) => [scan.oid, scan]))
    const added = addedConstraintsOf(trace, statement).filter(
      ({ table, constraint }) =>
        constraint.kind === 'c' && constraint.validated && (scanned.has(table.oid) || table.kind === 'p'),
    )
    const [first] = added
    if (scanned.size === 0 || !first || !stopsWrites(lockDuring(statement, first.table.oid))) return []
    const { table, constraint } = first
    const sql = sqlNameOf(statement, table.oid)
    return [
      {
        relation: nameOf(statement, table.oid),
        summary: `the CHECK ${constraint.name} looks at all rows of ${nameOf(statement, table.oid)} under ${lockWords(lockDuring(statement, table.oid))}`,
        fix: `Add it without looking at old rows, and validate it in a migration of its own:
alter table ${sql} add constraint ${ident(constraint.name)} ${constraint.definition} not valid;
alter table ${sql} validate constraint ${ident(constraint.name)};`,
      },
    ]
  }),
}
