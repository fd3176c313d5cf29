/** The tables in which migration tools write down what they ran: a row that comes or goes says where a migration ends. */
import type { ParseNode } from '../../postgres/parse.ts'

export interface ToolTable {
  readonly tool: string
  /** Where its rows stand. */
  readonly name: string
  /** Which of its columns name a migration; several are joined by a dot. */
  readonly columns: readonly string[]
  /** What else it keeps for itself. */
  readonly others: readonly string[]
}

const row = (tool: string, name: string, columns: string, ...others: readonly string[]): ToolTable => ({
  tool,
  name,
  columns: columns.split(' '),
  others,
})

/** The first that fits by name and columns. */
export const toolTables: readonly ToolTable[] = [
  row('Alembic', 'alembic_version', 'version_num'),
  row('Django', 'django_migrations', 'app name'),
  row('Knex', 'knex_migrations', 'name', 'knex_migrations_lock'),
  row('Kysely', 'kysely_migration', 'name', 'kysely_migration_lock'),
  row('Rails', 'schema_migrations', 'version', 'ar_internal_metadata'),
  row('Sequelize', 'SequelizeMeta', 'name'),
  row('node-pg-migrate', 'pgmigrations', 'name'),
  row('MikroORM', 'mikro_orm_migrations', 'name'),
  row('Laravel', 'migrations', 'migration'),
  row('TypeORM', 'migrations', 'name', 'typeorm_metadata'),
  row('Liquibase', 'databasechangelog', 'id', 'databasechangeloglock'),
  row('Flyway', 'flyway_schema_history', 'script'),
  row('goose', 'goose_db_version', 'version_id'),
  row('sqlx', '_sqlx_migrations', 'version'),
  row('Diesel', '__diesel_schema_migrations', 'version'),
  row('Entity Framework', '__EFMigrationsHistory', 'MigrationId'),
]

/**
 * Ids of what such tools keep for themselves, also those whose rows name no migration. `isRun`: one of them makes this
 * schema; where none does, a table that is called `migrations` may be anybody's.
 */
export const keptByTools = (isRun: boolean): readonly string[] =>
  [
    ...toolTables.flatMap(({ name, others }) => [name, ...others]),
    '_prisma_migrations',
    'supabase_migrations.*',
    'drizzle.*',
  ].filter((id) => isRun || id !== 'migrations')

/** A row of a tool's table that came or went. */
export interface Mark {
  readonly table: ToolTable
  readonly migration: string
}

const isNode = (value: unknown): value is ParseNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const inside = (node: unknown, ...way: readonly (string | number)[]): unknown => {
  let found = node
  for (const part of way)
    found = Array.isArray(found) ? found[Number(part)] : isNode(found) ? found[part] : undefined
  return found
}

/** Whatever stands in a tree under a name, however deep. */
export const allIn = (node: unknown, name: string): readonly unknown[] => {
  if (Array.isArray(node)) return node.flatMap((one) => allIn(one, name))
  if (!isNode(node)) return []
  return Object.entries(node).flatMap(([key, value]) => [
    ...(key === name ? [value] : []),
    ...allIn(value, name),
  ])
}

const constantOf = (node: unknown): string | null => {
  const [constant] = allIn(node, 'A_Const')
  const text = inside(constant, 'sval', 'sval') ?? inside(constant, 'fval', 'fval')
  if (typeof text === 'string') return text
  const number = inside(constant, 'ival', 'ival')
  return typeof number === 'number' ? String(number) : null
}

/** `column = constant` anywhere in a condition. */
const comparedIn = (node: unknown): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const comparison of allIn(node, 'A_Expr')) {
    const fields = allIn(inside(comparison, 'lexpr'), 'fields').at(-1)
    const last = Array.isArray(fields) ? inside(fields.at(-1), 'String', 'sval') : null
    const value = constantOf(inside(comparison, 'rexpr'))
    if (typeof last === 'string' && value !== null) found.set(last, value)
  }
  return found
}

const insertedIn = (content: ParseNode): ReadonlyMap<string, string> => {
  const names = inside(content, 'cols')
  const values = inside(content, 'selectStmt', 'SelectStmt', 'valuesLists', 0, 'List', 'items')
  if (!Array.isArray(names) || !Array.isArray(values)) return new Map()
  return new Map(
    names.flatMap((column, index) => {
      const name = inside(column, 'ResTarget', 'name')
      const value = constantOf(values[index])
      return typeof name === 'string' && value !== null ? [[name, value] as const] : []
    }),
  )
}

const setIn = (content: ParseNode): ReadonlyMap<string, string> => {
  const targets = inside(content, 'targetList')
  return new Map(
    (Array.isArray(targets) ? targets : []).flatMap((target) => {
      const name = inside(target, 'ResTarget', 'name')
      const value = constantOf(inside(target, 'ResTarget', 'val'))
      return typeof name === 'string' && value !== null ? [[name, value] as const] : []
    }),
  )
}

const markOf = (relation: unknown, values: ReadonlyMap<string, string>): Mark | null => {
  const table = toolTables.find(
    ({ name, columns }) => name === relation && columns.every((column) => values.has(column)),
  )
  return table === undefined
    ? null
    : { table, migration: table.columns.map((column) => values.get(column) ?? '').join('.') }
}

/** What a statement writes down as run, or as taken back; null: it is no such statement. */
export const readMark = (kind: string, content: ParseNode, direction: 'up' | 'down'): Mark | null => {
  const relation = inside(content, 'relation', 'relname')
  if (kind === 'InsertStmt') return direction === 'up' ? markOf(relation, insertedIn(content)) : null
  if (kind === 'UpdateStmt') {
    // Alembic keeps one row and changes it.
    if (relation !== 'alembic_version') return null
    return markOf(relation, direction === 'up' ? setIn(content) : comparedIn(inside(content, 'whereClause')))
  }
  return kind === 'DeleteStmt' && direction === 'down'
    ? markOf(relation, comparedIn(inside(content, 'whereClause')))
    : null
}
