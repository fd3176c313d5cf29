/** `t.required('slug', 'name')`: what is not implied by the primary key, an identity or the column's type. */
import { primaryKeysOf } from '../../../catalog/primary-key.ts'
import { ownOrInherited } from '../../../rules/inherited.ts'
import { call } from '../code.ts'
import { text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'

export const printRequired: PrintKind = (table, { catalog }) => {
  const inKey = new Set(primaryKeysOf(catalog, table.id).flatMap((key) => key.facts.columns))
  const required = table.columns.flatMap(({ name, identity }) => {
    const id = ownOrInherited(catalog, table.id, 'required', name)
    return id === null || identity !== null || inKey.has(name) ? [] : [{ name, id }]
  })
  if (required.length === 0) return { rules: [] }
  const code = call('t.required', ...required.map(({ name }) => text(name)))
  return { rules: [{ code, claims: required.map(({ id }) => id) }] }
}
