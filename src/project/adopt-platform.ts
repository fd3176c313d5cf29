/** What a prelude (`schema.before`) makes belongs to the platform: it is neither declared nor made again. */
import { nothingLeftAlone, type LeftAlone } from '../adopt/baseline/left-alone.ts'
import { standsIn } from '../catalog/schema-of.ts'
import type { RelationName } from '../ground/names.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'

export interface Platform {
  /** For the baseline. */
  readonly leftAlone: LeftAlone
  readonly schemas: ReadonlySet<string>
  readonly tables: ReadonlySet<string>
  readonly structures: ReadonlySet<string>
}

export const noPlatform: Platform = {
  leftAlone: nothingLeftAlone,
  schemas: new Set(),
  tables: new Set(),
  structures: new Set(),
}

/** Of a database in which nothing but the prelude has run. */
export const platformOf = (catalog: Catalog, leftAlone: LeftAlone): Platform => ({
  leftAlone,
  schemas: new Set(leftAlone.schemas),
  tables: new Set(catalog.tables.keys()),
  structures: new Set(catalog.structures.keys()),
})

/** The catalog without the platform's part: whole schemas that it made, and what it made elsewhere. */
export const withoutPlatform = (catalog: Catalog, platform: Platform): Catalog => {
  if (platform.structures.size + platform.schemas.size === 0) return catalog
  const tables = new Map(
    [...catalog.tables].filter(
      ([id, { schema }]) => !platform.tables.has(id) && !platform.schemas.has(schema),
    ),
  )
  const isOwn = (structure: Structure): boolean => {
    if (platform.structures.has(structure.id)) return false
    if (structure.table !== null && catalog.tables.has(structure.table)) return tables.has(structure.table)
    return !standsIn(structure, catalog, platform.schemas)
  }
  const structures = new Map([...catalog.structures].filter(([, structure]) => isOwn(structure)))
  return {
    ...catalog,
    tables,
    structures,
    of: (table, kind) => catalog.of(table, kind).filter(({ id }) => structures.has(id)),
    dependents: (id) => catalog.dependents(id).filter((one) => structures.has(one.id)),
  }
}

/** As an architecture names it: whole schemas, and single tables in others. */
export const leftAloneOf = (platform: Platform, catalog: Catalog): readonly RelationName[] => [
  ...[...platform.schemas].toSorted().map((schema) => ({ schema, name: '*' })),
  ...[...catalog.tables.values()].filter(
    ({ id, schema }) => platform.tables.has(id) && !platform.schemas.has(schema),
  ),
]
