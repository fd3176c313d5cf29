/** The structure of the type that a column has: an enum or a domain that the schema made. */
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { typeId } from '../catalog/uses.ts'

export const userTypeId = (
  catalog: Catalog,
  table: Table,
  column: string,
  kind: 'enum' | 'domain',
): string | null => {
  const found = table.columns.find((c) => c.name === column)
  if (!found) return null
  const id = typeId(kind, { schema: found.typeSchema, name: found.typeName })
  return catalog.structures.has(id) ? id : null
}
