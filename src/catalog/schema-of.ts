/** In which schema a structure stands: its table's, its own, or that of the object that it is on. */
import { idPart } from '../ground/names.ts'
import type { Catalog, Structure } from './structure.ts'

const named = (facts: unknown): string | null => {
  if (typeof facts !== 'object' || facts === null) return null
  if ('schema' in facts && typeof facts.schema === 'string') return facts.schema
  return 'object' in facts ? named(facts.object) : null
}

/** null for what stands in none, such as an extension. */
const schemaOf = ({ id, table, facts }: Structure, catalog: Catalog): string | null => {
  const found = table === null ? undefined : catalog.tables.get(table)
  if (found !== undefined) return found.schema
  return named(facts) ?? named(catalog.structures.get(id.slice(0, id.lastIndexOf('/')))?.facts)
}

/** Whether it stands in one of these schemas, or on one of them, as a grant or a comment does. */
export const standsIn = (structure: Structure, catalog: Catalog, schemas: Iterable<string>): boolean => {
  const own = schemaOf(structure, catalog)
  return [...schemas].some((schema) => schema === own || structure.id.startsWith(`schema:${idPart(schema)}/`))
}
