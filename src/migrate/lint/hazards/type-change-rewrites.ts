/** A column's type changes and every row is written anew. */
import { ident } from '../../../postgres/quote.ts'
import {
  changedColumnsOf,
  listed,
  lockDuring,
  lockWords,
  nameOf,
  rewritesOf,
  sqlNameOf,
} from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const typeChangeRewrites: Hazard = {
  code: 'lint.type-change-rewrites',
  severity: 'error',
  title: 'A new column type writes the whole table anew',
  measures: 'the type of a column differs, and the table has another file',
  why: 'reads and writes wait until every row and every index is written again, and the old file needs room beside the new one',
  find: perStatement((trace, statement) => {
    const rewritten = rewritesOf(trace, statement)
    const changed = changedColumnsOf(trace, statement).filter(
      ({ before, after }) => before !== null && after !== null && before.type !== after.type,
    )
    const [first] = changed
    if (rewritten.length === 0 || !first?.after) return []
    const { name, type } = first.after
    const table = sqlNameOf(statement, first.table.oid)
    return [
      {
        relation: nameOf(statement, first.table.oid),
        summary: `${listed(changed.map((c) => `${nameOf(statement, c.table.oid)}.${c.after?.name ?? ''}`))} gets another type, and all rows are written anew under ${lockWords(lockDuring(statement, first.table.oid))}`,
        fix: `Put a column of the new type beside it, fill it in batches while a trigger keeps it true, then exchange them:
alter table ${table} add column ${ident(`${name}_new`)} ${type};`,
      },
    ]
  }),
}
