/** A foreign key is added and all rows are looked up under its locks, which stand on both tables. */
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

export const foreignKeyValidates: Hazard = {
  code: 'lint.foreign-key-validates',
  severity: 'error',
  title: 'A foreign key looks at all rows while nobody can write to either table',
  measures: 'a foreign key is new and valid, and its tables were scanned by the statement that added it',
  why: 'ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on both tables while it reads; VALIDATE CONSTRAINT lets writes go on',
  find: perStatement((trace, statement) => {
    const scanned = new Set(scansOf(trace, statement).map(({ oid }) => oid))
    const added = addedConstraintsOf(trace, statement).filter(
      ({ table, constraint }) =>
        constraint.kind === 'f' && constraint.validated && (scanned.has(table.oid) || table.kind === 'p'),
    )
    const [first] = added
    if (scanned.size === 0 || !first || !stopsWrites(lockDuring(statement, first.table.oid))) return []
    const { table, constraint } = first
    const sql = sqlNameOf(statement, table.oid)
    const [own, other] = [table.oid, constraint.references].map((oid) => nameOf(statement, oid))
    return [
      {
        relation: nameOf(statement, table.oid),
        summary: `the foreign key ${constraint.name} looks at all rows of ${own ?? ''} and ${other ?? ''} under ${lockWords(lockDuring(statement, table.oid))} on both`,
        fix: `Add it without looking at old rows, and validate it in a migration of its own:
alter table ${sql} add constraint ${ident(constraint.name)} ${constraint.definition} not valid;
alter table ${sql} validate constraint ${ident(constraint.name)};`,
      },
    ]
  }),
}
