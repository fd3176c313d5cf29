/** Databases that another tool has migrated: it is not guessed what ran there, a baseline says it. */
import { AssayError } from '../../ground/errors.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Migration } from '../files/migration.ts'

interface ToolTable {
  readonly tool: string
  readonly name: string
  /** Selects the last that ran as `last`, from the table; null: its rows do not name files. */
  readonly lastSql: ((table: string) => string) | null
}

const tools: readonly ToolTable[] = [
  {
    tool: 'Prisma',
    name: '_prisma_migrations',
    lastSql: (table) =>
      `select migration_name as last from ${table} where finished_at is not null and rolled_back_at is null order by migration_name collate "C" desc limit 1`,
  },
  {
    tool: 'Flyway',
    name: 'flyway_schema_history',
    lastSql: (table) =>
      `select pg_catalog.regexp_replace(script, '\\.sql$', '') as last from ${table} where success and version is not null order by installed_rank desc limit 1`,
  },
  { tool: 'Drizzle', name: '__drizzle_migrations', lastSql: null },
  { tool: 'dbmate, Rails or golang-migrate', name: 'schema_migrations', lastSql: null },
  { tool: 'goose', name: 'goose_db_version', lastSql: null },
  { tool: 'sqlx', name: '_sqlx_migrations', lastSql: null },
  { tool: 'node-pg-migrate', name: 'pgmigrations', lastSql: null },
  { tool: 'Knex', name: 'knex_migrations', lastSql: null },
  { tool: 'Kysely', name: 'kysely_migration', lastSql: null },
  { tool: 'Liquibase', name: 'databasechangelog', lastSql: null },
  { tool: 'Alembic', name: 'alembic_version', lastSql: null },
  { tool: 'Django', name: 'django_migrations', lastSql: null },
  { tool: 'Sequelize', name: 'SequelizeMeta', lastSql: null },
]

const tablesSql = `
  select n.nspname as schema, c.relname as name from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relname in (${tools.map(({ name }) => literal(name)).join(', ')})
  order by n.nspname collate "C", c.relname collate "C"`

/** Throws AssayError when another tool's record is there and ours is not: what it ran would run once more. */
export const refuseOtherHistory = async (db: Session, migrations: readonly Migration[]): Promise<void> => {
  const tables = await db.json<{ readonly schema: string; readonly name: string }>(tablesSql)
  for (const table of tables) {
    const known = tools.find(({ name }) => name === table.name)
    if (known === undefined) continue
    const from = qualified(table)
    const [filled] = await db.json<{ has: boolean }>(`select exists (select from ${from}) as has`)
    if (filled?.has !== true) continue
    // Another version of the tool may name its columns otherwise: then a person says which one ran last.
    const [row] =
      known.lastSql === null ? [] : await db.json<{ last: string }>(known.lastSql(from)).catch(() => [])
    const last = migrations.find(({ name }) => name === row?.last)?.name
    const baseline = `${shellCommand('assay', 'migrate', 'baseline', '--to', last ?? 'NAME')} --url …`
    throw new AssayError(`${known.tool} has migrated this database.`, {
      code: 'migrate.other-history',
      exit: 4,
      asked: 'to run migrations of which Assay does not know whether they ran',
      found: `rows in ${from}${last === undefined ? '' : `, the last one is ${last}`}`,
      why: 'what ran already would run a second time',
      mend: `Go on with ${known.tool}; or say once which migrations stand here, and let Assay run what follows:\n${baseline}`,
      next: last === undefined ? [] : [baseline],
    })
  }
}
