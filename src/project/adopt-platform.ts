/** What a prelude (`schema.before`) makes belongs to the platform: it is neither declared nor made again. */
import { nothingLeftAlone, type LeftAlone } from '../adopt/baseline/left-alone.ts'
import { standsIn } from '../catalog/schema-of.ts'
import type { RelationName } from '../ground/names.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { ownSchemas } from '../migrate/files/history-fingerprint.ts'
import type { Finding } from '../prove/result.ts'

export interface Platform {
  /** For the baseline. */
  readonly leftAlone: LeftAlone
  /** Schemas that it makes. */
  readonly schemas: ReadonlySet<string>
  readonly tables: ReadonlySet<string>
  readonly structures: ReadonlySet<string>
  /** Another version of the platform may be there: whatever else stands in its schemas is its own. */
  readonly isWhole: boolean
}

export const noPlatform: Platform = {
  leftAlone: nothingLeftAlone,
  schemas: new Set(),
  tables: new Set(),
  structures: new Set(),
  isWhole: true,
}

/** Of a database in which nothing but the prelude has run. */
export const platformOf = (catalog: Catalog, leftAlone: LeftAlone): Platform => ({
  leftAlone,
  schemas: new Set(leftAlone.schemas),
  tables: new Set(catalog.tables.keys()),
  structures: new Set(catalog.structures.keys()),
  isWhole: true,
})

/** The project's files were run over it: what the prelude did not make, they did, wherever it stands. */
export const asPrelude = (platform: Platform): Platform => ({
  ...platform,
  leftAlone: { ...platform.leftAlone, schemas: [] },
  isWhole: false,
})

/** What a project puts on the tables of a platform and what can be made again there. */
const isPut = ({ kind, dependsOn }: Structure, catalog: Catalog, platform: Platform): boolean => {
  if (kind === 'policy') return true
  if (kind !== 'trigger') return false
  const functions = dependsOn
    .flatMap((id) => catalog.structures.get(id) ?? [])
    .filter((s) => s.table === null)
  return !platform.isWhole || functions.some((s) => !standsIn(s, catalog, platform.schemas))
}

const isTableOf = (platform: Platform, catalog: Catalog, id: string): boolean =>
  platform.tables.has(id) || (platform.isWhole && platform.schemas.has(catalog.tables.get(id)?.schema ?? ''))

/** The catalog without the platform's part; of its tables those stay on which the project has put something. */
export const withoutPlatform = (catalog: Catalog, platform: Platform): Catalog => {
  if (platform.structures.size + platform.schemas.size === 0) return catalog
  const isOwn = (structure: Structure): boolean => {
    if (platform.structures.has(structure.id)) return false
    const { table } = structure
    if (table !== null && catalog.tables.has(table))
      return !isTableOf(platform, catalog, table) || isPut(structure, catalog, platform)
    return !platform.isWhole || !standsIn(structure, catalog, platform.schemas)
  }
  const structures = new Map([...catalog.structures].filter(([, structure]) => isOwn(structure)))
  const touched = new Set([...structures.values()].flatMap(({ table }) => table ?? []))
  const tables = new Map(
    [...catalog.tables].filter(([id]) => touched.has(id) || !isTableOf(platform, catalog, id)),
  )
  return {
    ...catalog,
    tables,
    structures,
    of: (table, kind) => catalog.of(table, kind).filter(({ id }) => structures.has(id)),
    dependents: (id) => catalog.dependents(id).filter((one) => structures.has(one.id)),
  }
}

/** Assay's own schemas, where migrations, backfills and changes of the schema are noted, are there like a platform's. */
export const withJournal = (platform: Platform, catalog: Catalog): Platform => {
  const there = ownSchemas.filter((own) => [...catalog.tables.values()].some(({ schema }) => schema === own))
  if (there.length === 0) return platform
  return {
    ...platform,
    schemas: new Set([...platform.schemas, ...there]),
    leftAlone: { ...platform.leftAlone, schemas: [...platform.leftAlone.schemas, ...there] },
  }
}

const mostNamed = 20

/** What the project's files change on the platform's tables and no baseline makes again. */
export const platformFindings = (catalog: Catalog, platform: Platform): readonly Finding[] => {
  if (platform.isWhole) return []
  const changed = [...catalog.structures.values()].filter(
    (structure) =>
      structure.table !== null &&
      platform.tables.has(structure.table) &&
      !platform.structures.has(structure.id) &&
      !isPut(structure, catalog, platform),
  )
  if (changed.length === 0) return []
  const ids = changed.slice(0, mostNamed).map(({ id }) => id)
  const more = changed.length > mostNamed ? ` and ${changed.length - mostNamed} more` : ''
  return [
    {
      code: 'adopt.platform-changed',
      severity: 'warning',
      summary: `the SQL changes tables of the platform, and the baseline does not: ${ids.join(', ')}${more}`,
      why: 'a table that the prelude makes is left alone; of what is put on it, policies and triggers are made again',
      fix: 'Write it into a file that runs behind the prelude, and name that with --before; it is then the platform’s.',
    },
  ]
}

/** As an architecture names it: whole schemas, and single tables in others. */
export const leftAloneOf = (platform: Platform, catalog: Catalog): readonly RelationName[] => [
  ...[...platform.schemas].toSorted().map((schema) => ({ schema, name: '*' })),
  ...[...catalog.tables.values()].filter(
    ({ id, schema }) => platform.tables.has(id) && !platform.schemas.has(schema),
  ),
]
