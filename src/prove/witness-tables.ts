/** The tables whose experiments may notice that a structure changed: its own and those that it has to do with. */
import type { Catalog, Structure } from '../catalog/structure.ts'

/** Table → tables with a structure that depends on one of its own (children of its keys). */
const dependentTables = (catalog: Catalog): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const structure of catalog.structures.values()) {
    for (const id of structure.dependsOn) {
      const table = catalog.structures.get(id)?.table
      if (table == null || structure.table === null) continue
      const others = found.get(table) ?? new Set()
      found.set(table, others.add(structure.table))
    }
  }
  return found
}

/** Of a structure: its table, those of its dependents, those of what it depends on, and its table's children. */
export const makeTablesTouched = (catalog: Catalog): ((structure: Structure) => ReadonlySet<string>) => {
  const children = dependentTables(catalog)
  return (structure) => {
    const near = [
      structure,
      ...catalog.dependents(structure.id),
      ...structure.dependsOn.flatMap((id) => catalog.structures.get(id) ?? []),
    ]
    const tables = new Set(near.flatMap((s) => s.table ?? []))
    if (structure.table !== null) for (const child of children.get(structure.table) ?? []) tables.add(child)
    return tables
  }
}
