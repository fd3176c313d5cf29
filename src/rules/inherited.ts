/** Structures of a column that a child table has from its parent: they are listed once, at the parent. */
import type { Catalog } from '../catalog/structure.ts'
import { structureId } from '../ground/names.ts'

/** The id at the table, or at the nearest table that it inherits from; null when neither has it. */
export const ownOrInherited = (
  catalog: Catalog,
  table: string,
  kind: string,
  ...details: readonly string[]
): string | null => {
  const own = structureId(table, kind, ...details)
  if (catalog.structures.has(own)) return own
  const parent = catalog.tables.get(table)?.partitionOf ?? null
  return parent === null ? null : ownOrInherited(catalog, parent, kind, ...details)
}
