/** The structure of the local database that statistics are projected onto, and whether they are of the same one. */
import { relationId, type RelationName } from '../../ground/names.ts'
import { AssayError } from '../../ground/errors.ts'
import type { Session } from '../../postgres/session.ts'
import { readStatistics } from './read-statistics.ts'
import type { DatabaseStatistics } from './statistics.ts'

export interface LocalStructure {
  readonly statistics: DatabaseStatistics
  /** Relation id → its file below the data directory. Of tables and indexes. */
  readonly files: ReadonlyMap<string, string>
  readonly domainChecks: readonly { readonly domain: RelationName; readonly name: string }[]
}

const filesSql = `
select n.nspname as schema, c.relname as name, pg_catalog.pg_relation_filepath(c.oid) as file
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm', 'i') and c.relpersistence <> 't' and c.oid >= 16384 and n.nspname !~ '^pg_'`

const domainChecksSql = `
select n.nspname as schema, t.typname as domain, c.conname as name
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_type t on t.oid = c.contypid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
 where c.contype = 'c' and t.oid >= 16384
 order by n.nspname collate "C", t.typname collate "C", c.conname collate "C"`

export const readLocalStructure = async (db: Session): Promise<LocalStructure> => {
  const files = await db.json<RelationName & { readonly file: string }>(filesSql)
  const checks = await db.json<{
    readonly schema: string
    readonly domain: string
    readonly name: string
  }>(domainChecksSql)
  return {
    statistics: await readStatistics(db),
    files: new Map(files.map((row) => [relationId(row), row.file])),
    domainChecks: checks.map(({ schema, domain, name }) => ({ domain: { schema, name: domain }, name })),
  }
}

const differencesOf = (there: DatabaseStatistics, here: DatabaseStatistics): readonly string[] => {
  const local = new Map(here.tables.map((table) => [relationId(table), table]))
  const source = new Set(there.tables.map(relationId))
  const ofTables = there.tables.flatMap((table) => {
    const id = relationId(table)
    const other = local.get(id)
    if (!other) return [`${id} is not here`]
    if (other.kind !== table.kind) return [`${id} is another kind of relation here`]
    const columns = new Map(other.columns.map((column) => [column.name, column]))
    const missing = table.columns.flatMap(({ name, type }) => {
      const column = columns.get(name)
      if (!column) return [`${id}.${name} is not here`]
      return column.type === type ? [] : [`${id}.${name} is ${type} there and ${column.type} here`]
    })
    const names = new Set(table.columns.map(({ name }) => name))
    const added = other.columns.filter(({ name }) => !names.has(name))
    return [...missing, ...added.map(({ name }) => `${id}.${name} is only here`)]
  })
  const added = here.tables.map(relationId).filter((id) => !source.has(id))
  return [...ofTables, ...added.map((id) => `${id} is only here`)]
}

const shown = 12

/** Indexes may differ: to see what a new one would do is what projections are for. Throws AssayError. */
export const assertSameSchema = (there: DatabaseStatistics, here: DatabaseStatistics): void => {
  const differences = differencesOf(there, here)
  if (differences.length === 0) return
  const more = differences.length > shown ? [`and ${differences.length - shown} more`] : []
  throw new AssayError('The statistics are of another version of the schema.', {
    code: 'statistics.other-schema',
    exit: 2,
    asked: 'the same tables and columns as the migrations make',
    found: [...differences.slice(0, shown), ...more].join('\n'),
    why: 'a column without statistics is estimated by a guess, and the plan would be that guess',
    mend: 'Export them again from a database that has the same migrations: assay statistics export --url … > statistics.json',
  })
}
