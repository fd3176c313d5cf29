/** A new column of type char(n). */
import { columnHazard, withType } from '../column-hazard.ts'

export const charN = columnHazard(
  {
    code: 'lint.char-n',
    title: 'Char(n) is filled up with blanks',
    measures: 'a new column has the type character(n)',
    why: 'the blanks are stored and compared away, and nothing is quicker for it',
  },
  ({ type }) => /^character\(\d+\)/u.test(type),
  withType('text'),
)
