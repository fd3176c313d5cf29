/** `t.required('slug', 'name')`: what is not implied by the primary key, an identity or the column's type; a CHECK may say it too. */
import { checksRefusingNull } from '../../../catalog/not-null.ts'
import { partitionParent } from '../../../catalog/partition/whole.ts'
import { primaryKeysOf } from '../../../catalog/primary-key.ts'
import { call } from '../code.ts'
import { text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'
import { statedHere } from '../stated-here.ts'

export const printRequired: PrintKind = (table, { catalog }) => {
  const inKey = new Set(primaryKeysOf(catalog, table.id).flatMap((key) => key.facts.columns))
  const required = table.columns.flatMap(({ name, identity }) => {
    if (identity !== null || inKey.has(name)) return []
    const id = statedHere(catalog, table, 'required', name)
    const checks = checksRefusingNull(catalog, table.id, name).filter(
      (check) => check.table === table.id || check.table === null || partitionParent(catalog, table) === null,
    )
    const claims = id === null ? checks.map((check) => check.id) : [id]
    return claims.length === 0 ? [] : [{ name, claims }]
  })
  if (required.length === 0) return { rules: [] }
  const code = call('t.required', ...required.map(({ name }) => text(name)))
  return { rules: [{ code, claims: required.flatMap(({ claims }) => claims) }] }
}
