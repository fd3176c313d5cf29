/** DROP INDEX locks its whole table. */
import { ident } from '../../../postgres/quote.ts'
import { isIndex } from '../database-state.ts'
import { droppedRelationsOf, lockTaken, lockWords, nameOf, stopsReads } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const indexDroppedUnderLock: Hazard = {
  code: 'lint.index-dropped-under-lock',
  severity: 'warning',
  title: 'DROP INDEX locks its table',
  measures: 'an index is gone whose table stays, and the statement took ACCESS EXCLUSIVE of that table',
  why: 'it waits for every transaction that uses the table, and everybody who comes later waits behind it',
  find: perStatement((trace, statement) => {
    if (!/^drop\s+index\b/iu.test(statement.text)) return []
    return droppedRelationsOf(trace, statement).flatMap((index) =>
      isIndex(index) &&
      index.parents.length === 0 &&
      statement.after.relations.has(index.table) &&
      stopsReads(lockTaken(statement, index.table))
        ? [
            {
              relation: nameOf(statement, index.table),
              summary: `${index.name} is dropped under ${lockWords(lockTaken(statement, index.table))} on ${nameOf(statement, index.table)}`,
              fix: `Drop it beside the application, in a file of its own:
drop index concurrently ${ident(index.schema)}.${ident(index.name)};`,
            },
          ]
        : [],
    )
  }),
}
