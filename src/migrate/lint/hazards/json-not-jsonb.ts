/** A new column of type json. */
import { columnHazard } from '../column-hazard.ts'

export const jsonNotJsonb = columnHazard(
  {
    code: 'lint.json-not-jsonb',
    title: 'Json has no equality and no index',
    measures: 'a new column has the type json',
    why: 'SELECT DISTINCT, GROUP BY and UNION over it fail, and every read parses the text again',
  },
  ({ type }) => /^json(?:\[\])?$/u.test(type),
  ({ type }) => type.replace('json', 'jsonb'),
)
