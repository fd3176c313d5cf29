/** A column of a table that people use is taken away. */
import { ident } from '../../../postgres/quote.ts'
import { changedColumnsOf, nameOf, sqlNameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const dropsColumn: Hazard = {
  code: 'lint.drops-column',
  severity: 'warning',
  title: 'A column is dropped',
  measures: 'a column number of a table that was there is gone',
  why: 'its values are lost, and an application that runs now and names it (or every column, as many mappers do) fails',
  find: perStatement((trace, statement) =>
    changedColumnsOf(trace, statement).flatMap(({ table, before, after }) =>
      before === null || after !== null
        ? []
        : [
            {
              relation: nameOf(statement, table.oid),
              summary: `${nameOf(statement, table.oid)}.${before.name} is dropped`,
              fix: before.notNull
                ? `Release an application that does not name it first. So that it can leave the column out, in a migration before:
alter table ${sqlNameOf(statement, table.oid)} alter column ${ident(before.name)} drop not null;`
                : 'Release an application that does not name it first, and allow this finding when that is done.',
            },
          ],
    ),
  ),
}
