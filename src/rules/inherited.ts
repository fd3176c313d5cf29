/** Structures of a column that a child table has from its parent: they are listed once, at the parent. */
import { parentsOf } from '../catalog/parents.ts'
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
  const found = catalog.tables.get(table)
  for (const parent of found ? parentsOf(found) : []) {
    const above = ownOrInherited(catalog, parent, kind, ...details)
    if (above !== null) return above
  }
  return null
}

/** The table and all that it inherits from, at every height, each once. */
export const withAncestors = (catalog: Catalog, table: string): readonly string[] => {
  const found = catalog.tables.get(table)
  const above = found ? parentsOf(found).flatMap((parent) => withAncestors(catalog, parent)) : []
  return [...new Set([table, ...above])]
}
