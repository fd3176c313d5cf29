/** `t.generated({ subtotal: 'quantity * unit_price' })`: all of a table in one call. */
import { call, entry, object } from '../code.ts'
import { key } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'
import { condition } from '../sql-code.ts'
import { statedHere } from '../stated-here.ts'

export const printGenerated: PrintKind = (table, { catalog, sql }) => {
  const generated = table.columns.flatMap(({ name, default: expression, generated: storage }) => {
    const id = statedHere(catalog, table, 'generated', name)
    return id === null || expression === null || storage === null ? [] : [{ name, expression, id }]
  })
  if (generated.length === 0) return { rules: [] }
  const entries = generated.map(({ name, expression }) =>
    entry(key(name), condition(sql({ of: 'table', on: table.id, text: expression }))),
  )
  return { rules: [{ code: call('t.generated', object(entries)), claims: generated.map(({ id }) => id) }] }
}
