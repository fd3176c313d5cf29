/** A new column of type timestamp without time zone. */
import { columnHazard, withType } from '../column-hazard.ts'

export const timestampWithoutZone = columnHazard(
  {
    code: 'lint.timestamp-without-zone',
    title: 'A moment without a time zone',
    measures: 'a new column has the type timestamp without time zone',
    why: 'which moment it means depends on who reads it; timestamptz takes the same room',
  },
  ({ type }) => /^timestamp(?:\(\d\))? without time zone/u.test(type),
  withType('timestamptz'),
)
