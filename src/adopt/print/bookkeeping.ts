/** Tables in which migration tools keep what they have done: known by name and columns, and left alone. */
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Finding } from '../../prove/result.ts'

interface Bookkeeping {
  readonly tool: string
  /** In any schema. */
  readonly name: string
  /** All of them have to be there; others may, as later versions of the tool add some. */
  readonly columns: readonly string[]
}

const known: readonly Bookkeeping[] = [
  {
    tool: 'Assay',
    name: 'migrations',
    columns: 'name kind direction state hash steps steps_done done_hash step_begun ordinal allowed'.split(
      ' ',
    ),
  },
  { tool: 'Django', name: 'django_migrations', columns: ['id', 'app', 'name', 'applied'] },
  { tool: 'Alembic', name: 'alembic_version', columns: ['version_num'] },
  { tool: 'Prisma', name: '_prisma_migrations', columns: ['id', 'checksum', 'migration_name', 'started_at'] },
  { tool: 'Drizzle', name: '__drizzle_migrations', columns: ['id', 'hash', 'created_at'] },
  { tool: 'TypeORM', name: 'migrations', columns: ['id', 'timestamp', 'name'] },
  {
    tool: 'TypeORM',
    name: 'typeorm_metadata',
    columns: ['type', 'database', 'schema', 'table', 'name', 'value'],
  },
  { tool: 'Rails', name: 'schema_migrations', columns: ['version'] },
  { tool: 'Rails', name: 'ar_internal_metadata', columns: ['key', 'value', 'created_at', 'updated_at'] },
  { tool: 'Knex', name: 'knex_migrations', columns: ['id', 'name', 'batch', 'migration_time'] },
  { tool: 'Knex', name: 'knex_migrations_lock', columns: ['index', 'is_locked'] },
  { tool: 'Kysely', name: 'kysely_migration', columns: ['name', 'timestamp'] },
  { tool: 'Kysely', name: 'kysely_migration_lock', columns: ['id', 'is_locked'] },
  {
    tool: 'Flyway',
    name: 'flyway_schema_history',
    columns: ['installed_rank', 'version', 'script', 'checksum'],
  },
  {
    tool: 'Liquibase',
    name: 'databasechangelog',
    columns: ['id', 'author', 'filename', 'dateexecuted', 'md5sum'],
  },
  { tool: 'Liquibase', name: 'databasechangeloglock', columns: ['id', 'locked', 'lockgranted', 'lockedby'] },
  { tool: 'Sequelize', name: 'SequelizeMeta', columns: ['name'] },
  { tool: 'node-pg-migrate', name: 'pgmigrations', columns: ['id', 'name', 'run_on'] },
  { tool: 'golang-migrate', name: 'schema_migrations', columns: ['version', 'dirty'] },
  { tool: 'goose', name: 'goose_db_version', columns: ['id', 'version_id', 'is_applied', 'tstamp'] },
  { tool: 'Ecto', name: 'schema_migrations', columns: ['version', 'inserted_at'] },
  { tool: 'Laravel', name: 'migrations', columns: ['id', 'migration', 'batch'] },
  { tool: 'MikroORM', name: 'mikro_orm_migrations', columns: ['id', 'name', 'executed_at'] },
  { tool: 'sqlx', name: '_sqlx_migrations', columns: ['version', 'description', 'installed_on', 'checksum'] },
  { tool: 'Diesel', name: '__diesel_schema_migrations', columns: ['version', 'run_on'] },
  { tool: 'Entity Framework', name: '__EFMigrationsHistory', columns: ['MigrationId', 'ProductVersion'] },
  {
    tool: 'Sqitch',
    name: 'changes',
    columns: ['change_id', 'script_hash', 'project', 'committer_email', 'planner_email'],
  },
  { tool: 'dbmate', name: 'schema_migrations', columns: ['version'] },
  { tool: 'Supabase', name: 'schema_migrations', columns: ['version', 'statements', 'name'] },
]

/** A few columns more than the tool's own may be a later version; many make it a table of another purpose. */
const mostOthers = 5

export interface BookkeepingTable {
  readonly table: Table
  readonly tool: string
}

/** The tool whose table it is; null for any other table. */
const toolOf = (table: Table): string | null => {
  const names = table.columns.map((column) => column.name)
  const fits = known.filter(
    (one) =>
      one.name === table.name &&
      one.columns.every((column) => names.includes(column)) &&
      names.length <= one.columns.length + mostOthers,
  )
  // The one that says most about it.
  return fits.toSorted((a, b) => b.columns.length - a.columns.length)[0]?.tool ?? null
}

/** By relation id. A table that a table of the application refers to is the application's. */
export const bookkeepingTables = (catalog: Catalog): ReadonlyMap<string, BookkeepingTable> => {
  const found = [...catalog.tables.values()].flatMap((table): readonly BookkeepingTable[] => {
    const tool = toolOf(table)
    return tool === null ? [] : [{ table, tool }]
  })
  const ids = new Set(found.map(({ table }) => table.id))
  const referred = new Set(
    [...catalog.tables.values()]
      .filter(({ id }) => !ids.has(id))
      .flatMap(({ id }) => referencesOf(catalog, id).map((reference) => reference.facts.target)),
  )
  return new Map(found.filter(({ table }) => !referred.has(table.id)).map((one) => [one.table.id, one]))
}

export const bookkeepingFinding = ({ table, tool }: BookkeepingTable): Finding => ({
  code: 'adopt.bookkeeping',
  severity: 'note',
  structure: `${table.id}/table`,
  summary: `${table.id} is where ${tool} keeps which migrations ran, and is left alone`,
  why: 'it belongs to the tool and not to the data: the architecture names it under leftAlone, and nothing is asked of it',
  fix: 'nothing has to be done; if it is your own after all, take it out of leftAlone and declare it with table(…)',
})
