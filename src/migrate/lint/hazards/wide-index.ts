/** A new index of more than three columns. */
import { createdRelationsOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const wideIndex: Hazard = {
  code: 'lint.wide-index',
  severity: 'note',
  title: 'An index of more than three columns',
  measures: 'a new index that is not unique has more than three key columns',
  why: 'columns behind the third seldom find fewer rows, and every write pays for them',
  find: perStatement((trace, statement) =>
    createdRelationsOf(statement).flatMap(({ oid, index, table, name }) =>
      index !== null &&
      !index.unique &&
      index.columns.length > 3 &&
      // An exclusion constraint needs all of its columns.
      !statement.after.relations.get(table)?.constraints.some((one) => one.index === oid)
        ? [
            {
              relation: nameOf(statement, table),
              summary: `the index ${name} has ${index.columns.length} columns`,
              fix: 'Keep the columns that find the fewest rows, and give the others with INCLUDE where they are only read.',
            },
          ]
        : [],
    ),
  ),
}
