/** A key whose numbers come to an end. */
import { columnHazard, withType, type IsBad } from '../column-hazard.ts'

const isKey: IsBad = (column, table) =>
  column.identity ||
  table.constraints.some(
    ({ kind, columns }) => kind === 'p' && columns.length === 1 && columns[0] === column.position,
  )

export const smallKey = columnHazard(
  {
    code: 'lint.small-key',
    title: 'A key that ends at two thousand million',
    measures: 'a new identity or single-column primary key is integer or smallint',
    why: 'when it is used up every insert fails, and making it wider writes the whole table and all that reference it anew',
  },
  (column, table) => /^(?:integer|smallint)$/u.test(column.type) && isKey(column, table),
  withType('bigint'),
)
