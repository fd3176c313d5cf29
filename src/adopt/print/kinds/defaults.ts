/** `t.defaults({ created_at: 'now()' })`: all of a table in one call. */
import { call, entry, object } from '../code.ts'
import { key } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'
import { condition } from '../sql-code.ts'
import { statedHere } from '../stated-here.ts'

export const printDefaults: PrintKind = (table, { catalog, sql }) => {
  const defaults = table.columns.flatMap(({ name, default: expression, generated }) => {
    const id = statedHere(catalog, table, 'default', name)
    return id === null || expression === null || generated !== null ? [] : [{ name, expression, id }]
  })
  if (defaults.length === 0) return { rules: [] }
  const entries = defaults.map(({ name, expression }) =>
    entry(key(name), condition(sql({ of: 'default', on: table.id, column: name, text: expression }))),
  )
  return { rules: [{ code: call('t.defaults', object(entries)), claims: defaults.map(({ id }) => id) }] }
}
