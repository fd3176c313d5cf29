/** A new column of type json. */
import { columnHazard, withType } from '../column-hazard.ts'

export const jsonNotJsonb = columnHazard(
  {
    code: 'lint.json-not-jsonb',
    title: 'Json has no equality and no index',
    measures: 'a new column has the type json',
    why: 'SELECT DISTINCT, GROUP BY and UNION over it fail, and every read parses the text again',
  },
  ({ type }) => /^json(?:\[\])?$/u.test(type),
  (bad) => withType(bad.column.type.replace('json', 'jsonb'))(bad),
)
