/** A column becomes NOT NULL and all rows are looked at under the lock. */
import { ident } from '../../../postgres/quote.ts'
import {
  changedColumnsOf,
  lockDuring,
  lockWords,
  nameOf,
  scansOf,
  sqlNameOf,
  stopsWrites,
} from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const notNullScans: Hazard = {
  code: 'lint.not-null-scans',
  severity: 'error',
  title: 'NOT NULL looks at all rows while nobody can read or write',
  measures:
    'a column that may be null no longer may (SET NOT NULL, or a primary key), and its table was scanned',
  why: 'the scan holds ACCESS EXCLUSIVE; PostgreSQL leaves it out where a validated CHECK says the same already',
  find: perStatement((trace, statement) => {
    const scanned = new Set(scansOf(trace, statement).map(({ oid }) => oid))
    const changed = changedColumnsOf(trace, statement).filter(
      ({ table, before, after }) =>
        before !== null &&
        after !== null &&
        !before.notNull &&
        after.notNull &&
        (scanned.has(table.oid) || table.kind === 'p'),
    )
    const [first] = changed
    if (scanned.size === 0 || !first?.after || !stopsWrites(lockDuring(statement, first.table.oid))) return []
    const { table, after } = first
    const sql = sqlNameOf(statement, table.oid)
    const name = ident(`${after.name}_not_null`)
    const column = ident(after.name)
    return [
      {
        relation: nameOf(statement, table.oid),
        summary: `${nameOf(statement, table.oid)}.${after.name} becomes NOT NULL, and all rows are looked at under ${lockWords(lockDuring(statement, table.oid))}`,
        fix:
          trace.major >= 18
            ? `Add it without looking at old rows, and validate it in a migration of its own:
alter table ${sql} add constraint ${name} not null ${column} not valid;
alter table ${sql} validate constraint ${name};`
            : `Have a CHECK validated first, each in a migration of its own; SET NOT NULL then looks at nothing:
alter table ${sql} add constraint ${name} check (${column} is not null) not valid;
alter table ${sql} validate constraint ${name};
alter table ${sql} alter column ${column} set not null;
alter table ${sql} drop constraint ${name};`,
      },
    ]
  }),
}
