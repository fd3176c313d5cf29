/** Every row is written anew, for another reason than a column's type or value. */
import { changedColumnsOf, listed, lockDuring, lockWords, nameOf, rewritesOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { statementKind } from '../statement-facts.ts'

const fixes: Readonly<Record<string, string>> = {
  VacuumStmt:
    'Let plain VACUUM give the room back to new rows, or have pg_repack write the table anew beside the application.',
  RepackStmt:
    'Let plain VACUUM give the room back to new rows, or have pg_repack write the table anew beside the application.',
  ClusterStmt:
    'Have pg_repack order the rows beside the application; CLUSTER keeps everybody out until it is done.',
  RefreshMatViewStmt: 'See lint.refresh-blocks-reads.',
}

export const rewritesTable: Hazard = {
  code: 'lint.rewrites-table',
  severity: 'error',
  title: 'The whole table is written anew',
  measures:
    'the table has another file than before (VACUUM FULL, CLUSTER, LOGGED, access method, tablespace)',
  why: 'reads and writes wait until every row and every index is written again, and the old file needs room beside the new one',
  find: perStatement((trace, statement) => {
    const rewritten = rewritesOf(trace, statement).filter(
      (oid) => trace.before.relations.get(oid)?.kind === 'r',
    )
    const isOfColumns = changedColumnsOf(trace, statement).some(
      ({ before, after }) =>
        after !== null &&
        (before === null ? after.default !== null || after.identity : before.type !== after.type),
    )
    const [first] = rewritten
    if (first === undefined || isOfColumns) return []
    const reason = statement.events.rewrites.find(({ oid }) => oid === first)?.reason
    return [
      {
        relation: nameOf(statement, first),
        summary: `all rows of ${listed(rewritten.map((oid) => nameOf(statement, oid)))} are written anew under ${lockWords(lockDuring(statement, first))}${reason === undefined ? '' : ` (${reason})`}`,
        fix:
          fixes[statementKind(statement.text)] ??
          'Do it in a window without traffic, or make a new table beside it, keep both true by triggers, and exchange them.',
      },
    ]
  }),
}
