/**
 * Old times of a row that can stand together: two that have to follow one another (`leaves > arrives`) are not both as
 * old, and what a CHECK asks with them is put beside them.
 */
import type { Row } from '../../rows/rows.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import { differing } from './written-values.ts'

export const agedTogether = async ({ rows, table }: RuleContext, base: Row, aged: Row): Promise<Row> => {
  if (Object.keys(aged).length === 0) return aged
  const whole = await rows.solve(table, { pins: aged })
  if ('row' in whole) return { ...aged, ...differing(whole.row, base) }
  let pins: Row = {}
  let found: Row = {}
  for (const [name, value] of Object.entries(aged)) {
    const solved = await rows.solve(table, { pins: { ...pins, [name]: value } })
    if (!('row' in solved)) continue
    pins = { ...pins, [name]: value }
    found = { ...pins, ...differing(solved.row, base) }
  }
  return found
}
