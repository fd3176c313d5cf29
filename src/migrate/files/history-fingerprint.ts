/**
 * The fingerprint of what migrations make, the same in a clone and in production: without Assay's journal, the tables
 * of other migration tools, and what the architecture leaves to others.
 */
import { bookkeepingTables } from '../../adopt/print/bookkeeping.ts'
import { catalogFingerprint } from '../../catalog/fingerprint.ts'
import { standsIn } from '../../catalog/schema-of.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { isLeftAlone } from '../../prove/left-alone.ts'
import { isRowsPolicy } from './rows-policy.ts'

/** Where the journal stands. */
export const journalSchema = 'assay'

/** Where it is kept who changed the schema; a superuser's, and not the runner's. */
export const schemaLogSchema = 'assay_schema_log'

/** What stands in them is Assay's own, and no part of a schema. */
export const ownSchemas: readonly string[] = [journalSchema, schemaLogSchema]

/** Each has a table of its own in a schema that tools make for it. */
const toolSchemas = new Set(['drizzle', 'supabase_migrations'])

const isOfSchema = ({ id }: Structure, schema: string): boolean =>
  id === `schema:${schema}` || id.startsWith(`schema:${schema}/`)

/** By id, in the catalog's order. `leftAlone`: as the architecture says it. */
export const structuresOfHistory = (
  catalog: Catalog,
  leftAlone: readonly string[] = [],
): ReadonlyMap<string, Structure> => {
  const kept = bookkeepingTables(catalog)
  const schemas = [
    ...ownSchemas,
    ...[...kept.values()].map(({ table }) => table.schema).filter((schema) => toolSchemas.has(schema)),
  ]
  // An event trigger stands in no schema: it goes with the function that it calls.
  const callsOurs = ({ table, dependsOn }: Structure): boolean =>
    table === null &&
    dependsOn.some((id) => {
      const other = catalog.structures.get(id)
      return other !== undefined && other.kind === 'function' && standsIn(other, catalog, ownSchemas)
    })
  return new Map(
    [...catalog.structures].filter(
      ([, structure]) =>
        !callsOurs(structure) &&
        !isRowsPolicy(structure) &&
        !(structure.table !== null && kept.has(structure.table)) &&
        !standsIn(structure, catalog, ownSchemas) &&
        !schemas.some((schema) => isOfSchema(structure, schema)) &&
        !isLeftAlone(structure, catalog, { leftAlone }, new Set()),
    ),
  )
}

/**
 * Sixteen hex digits; of the server's major version, which prints definitions in its own way. `without`: ids of what
 * repeatable files make, which stands in a database before later migrations, and in their tests after them.
 */
export const historyFingerprint = (
  catalog: Catalog,
  leftAlone: readonly string[] = [],
  without: ReadonlySet<string> = new Set(),
): string => {
  const structures = structuresOfHistory(catalog, leftAlone)
  return catalogFingerprint({
    ...catalog,
    structures: without.size === 0 ? structures : new Map([...structures].filter(([id]) => !without.has(id))),
  })
}
