/** Any other look at all rows while nobody can write: attaching a partition, a default partition, what is not foreseen. */
import { qualified } from '../../../postgres/quote.ts'
import {
  addedConstraintsOf,
  builtIndexesOf,
  changedColumnsOf,
  listed,
  lockTaken,
  lockWords,
  nameOf,
  rewritesOf,
  scansOf,
  stopsWrites,
} from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { statementKind } from '../statement-facts.ts'

/** Told by hazards of their own. */
const isToldElsewhere: ReadonlySet<string> = new Set([
  'IndexStmt',
  'TruncateStmt',
  'ReindexStmt',
  'RefreshMatViewStmt',
  'AlterDomainStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'SelectStmt',
])

export const scansUnderLock: Hazard = {
  code: 'lint.scans-under-lock',
  severity: 'error',
  title: 'All rows of a table are looked at while nobody can write to it',
  measures: 'a table was scanned under a lock that the same statement took, and for which writes wait',
  why: 'the longer the table, the longer everybody waits',
  find: perStatement((trace, statement) => {
    if (isToldElsewhere.has(statementKind(statement.text))) return []
    const told = new Set([
      ...rewritesOf(trace, statement),
      ...builtIndexesOf(trace, statement).map(({ table }) => table),
    ])
    const explained =
      addedConstraintsOf(trace, statement).some(
        ({ constraint }) => constraint.validated && 'cf'.includes(constraint.kind),
      ) ||
      changedColumnsOf(trace, statement).some(
        ({ before, after }) => before !== null && after !== null && after.notNull && !before.notNull,
      )
    const scanned = scansOf(trace, statement).filter(
      ({ oid }) => !told.has(oid) && stopsWrites(lockTaken(statement, oid)),
    )
    const [first] = scanned
    if (!first || (explained && !/\battach\s+partition\b/iu.test(statement.text))) return []
    const partition = statement.after.relations.get(first.oid)
    return [
      {
        relation: nameOf(statement, first.oid),
        summary: `all rows of ${listed(scanned.map(({ oid }) => nameOf(statement, oid)))} are looked at under ${lockWords(lockTaken(statement, first.oid))}`,
        fix:
          partition !== undefined && partition.bounds !== null
            ? `Have a CHECK that says what the bounds say validated before: no row is then looked at, and the CHECK can go afterwards:
alter table ${qualified(partition)} add constraint fits_partition check (${partition.bounds}) not valid;
alter table ${qualified(partition)} validate constraint fits_partition;`
            : 'Have what it looks for validated before, under a weaker lock, or do it in a window without traffic.',
      },
    ]
  }),
}
