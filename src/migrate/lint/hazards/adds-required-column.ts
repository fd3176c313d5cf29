/** A new column must have a value that inserts of the application do not give. */
import { ident, qualified } from '../../../postgres/quote.ts'
import { changedColumnsOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const addsRequiredColumn: Hazard = {
  code: 'lint.adds-required-column',
  severity: 'error',
  title: 'Inserts of the application that runs now fail',
  measures: 'a new column of a table that was there must have a value, and has no default',
  why: 'the application that runs now does not know the column, so that its inserts leave it out',
  find: perStatement((trace, statement) =>
    changedColumnsOf(trace, statement).flatMap(({ table, before, after }) =>
      before === null && after?.notNull === true && after.default === null && !after.identity
        ? [
            {
              relation: nameOf(statement, table.oid),
              summary: `${nameOf(statement, table.oid)}.${after.name} must have a value and has no default`,
              fix: `Add it so that it may be null (or with a default), and require it in a later migration:
alter table ${qualified(table)} add column ${ident(after.name)} ${after.type};`,
            },
          ]
        : [],
    ),
  ),
}
