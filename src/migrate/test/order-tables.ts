/** Tables with those that they refer to before them; circles are broken where they are met. */
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'

export const parentsFirst = (catalog: Catalog, tables: readonly Table[]): readonly Table[] => {
  const wanted = new Set(tables.map(({ id }) => id))
  const seen = new Set<string>()
  const ordered: Table[] = []
  const place = (id: string): void => {
    const table = catalog.tables.get(id)
    if (!table || seen.has(id)) return
    seen.add(id)
    for (const { facts } of referencesOf(catalog, id)) place(facts.target)
    if (wanted.has(id)) ordered.push(table)
  }
  for (const { id } of tables) place(id)
  return ordered
}

/** These tables, those that they refer to at any depth, and those that refer to them. */
export const withNeighbours = (catalog: Catalog, ids: Iterable<string>): readonly Table[] => {
  const found = new Set<string>()
  const add = (id: string): void => {
    if (found.has(id) || !catalog.tables.has(id)) return
    found.add(id)
    for (const { facts } of referencesOf(catalog, id)) add(facts.target)
  }
  const touched = [...ids]
  for (const id of touched) add(id)
  for (const { id } of catalog.tables.values()) {
    const refers = referencesOf(catalog, id).some(({ facts }) => touched.includes(facts.target))
    if (refers) add(id)
  }
  return [...catalog.tables.values()].filter(({ id }) => found.has(id))
}
