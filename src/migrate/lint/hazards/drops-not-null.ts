/** A column may be null from now on. */
import { changedColumnsOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const dropsNotNull: Hazard = {
  code: 'lint.drops-not-null',
  severity: 'note',
  title: 'A column may be null from now on',
  measures: 'a column that could not be null can be',
  why: 'an application that runs now does not expect it: it fails on the first null that it reads',
  find: perStatement((trace, statement) =>
    changedColumnsOf(trace, statement).flatMap(({ table, before, after }) =>
      before !== null && after !== null && before.notNull && !after.notNull
        ? [
            {
              relation: nameOf(statement, table.oid),
              summary: `${nameOf(statement, table.oid)}.${after.name} may be null from now on`,
              fix: 'Release an application that takes a null first, and write none before.',
            },
          ]
        : [],
    ),
  ),
}
