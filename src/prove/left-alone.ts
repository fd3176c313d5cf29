/** What an architecture leaves to others: single tables, and whole schemas (`auth.*`) with everything in them. */
import type { Architecture } from '../architecture/architecture.ts'
import { standsIn } from '../catalog/schema-of.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'

/** A part of an id as PostgreSQL holds the name. */
const asNamed = (part: string): string =>
  part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part

export const isLeftAlone = (
  structure: Structure,
  catalog: Catalog,
  leftAlone: NonNullable<Architecture['leftAlone']>,
): boolean => {
  if (leftAlone.length === 0) return false
  if (structure.table !== null && leftAlone.includes(structure.table)) return true
  const schemas = leftAlone.filter((id) => id.endsWith('.*')).map((id) => asNamed(id.slice(0, -2)))
  return standsIn(structure, catalog, schemas)
}
