/** Which tool's migrations a directory holds, by the names and texts of its files; who applies those that are no SQL. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface CodeHistory {
  readonly tool: string
  /** The command that applies them, for `schema.command`. */
  readonly apply: string
  /** The command that takes all of them back, for `schema.down`; null: it has none that does. */
  readonly back: string | null
}

interface Sign extends CodeHistory {
  readonly file: RegExp
  readonly says: RegExp
}

/** Liquibase's SQL files hold several migrations each, and grow. */
export const isLiquibaseSql = (text: string): boolean => /^\s*--\s*liquibase\s+formatted\s+sql\b/iu.test(text)

export const liquibaseCommand = 'liquibase update'

/** The first that fits: special words before general ones. */
const signs: readonly Sign[] = [
  {
    tool: 'Alembic',
    apply: 'alembic upgrade head',
    back: 'alembic downgrade base',
    file: /\.py$/u,
    says: /^down_revision\b/mu,
  },
  {
    tool: 'Django',
    apply: 'python manage.py migrate',
    back: 'python manage.py migrate APP zero',
    file: /\.py$/u,
    says: /migrations\.Migration\b/u,
  },
  {
    tool: 'Rails',
    apply: 'bin/rails db:migrate',
    back: 'bin/rails db:migrate VERSION=0',
    file: /\.rb$/u,
    says: /ActiveRecord::Migration/u,
  },
  {
    tool: 'TypeORM',
    apply: 'npx typeorm migration:run -d DATA_SOURCE_FILE',
    back: null,
    file: /\.[cm]?[jt]s$/u,
    says: /MigrationInterface|queryRunner/u,
  },
  {
    tool: 'Sequelize',
    apply: 'npx sequelize-cli db:migrate',
    back: 'npx sequelize-cli db:migrate:undo:all',
    file: /\.[cm]?[jt]s$/u,
    says: /queryInterface/u,
  },
  {
    tool: 'node-pg-migrate',
    apply: 'npx node-pg-migrate up',
    back: null,
    file: /\.[cm]?[jt]s$/u,
    says: /\bpgm\b/u,
  },
  {
    tool: 'Kysely',
    apply: 'npx kysely migrate:latest',
    back: null,
    file: /\.[cm]?[jt]s$/u,
    says: /\bKysely</u,
  },
  {
    tool: 'Knex',
    apply: 'npx knex migrate:latest',
    back: 'npx knex migrate:rollback --all',
    file: /\.[cm]?[jt]s$/u,
    says: /\bknex\b|exports\.up\b/u,
  },
  {
    tool: 'Liquibase',
    apply: liquibaseCommand,
    back: null,
    file: /\.(?:xml|ya?ml|json)$/u,
    says: /databaseChangeLog/u,
  },
  {
    tool: 'Ecto',
    apply: 'mix ecto.migrate',
    back: 'mix ecto.rollback --all',
    file: /\.exs$/u,
    says: /use Ecto\.Migration/u,
  },
  {
    tool: 'Laravel',
    apply: 'php artisan migrate',
    back: 'php artisan migrate:reset',
    file: /\.php$/u,
    says: /Schema::|Database\\Migrations\\Migration\b/u,
  },
]

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').slice(0, 20_000)
  } catch {
    return ''
  }
}

/** null when nothing tells: no file there is of a known kind. `versions/` of Alembic is looked into. */
export const codeHistoryOf = (directory: string): CodeHistory | null => {
  const names = readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile()) return [entry.name]
    if (entry.name !== 'versions') return []
    return readdirSync(path.join(directory, entry.name)).map((name) => path.join(entry.name, name))
  })
  for (const name of names.toSorted()) {
    const found = signs.filter(({ file }) => file.test(name))
    if (found.length === 0) continue
    const text = textOf(path.join(directory, name))
    const sign = found.find(({ says }) => says.test(text))
    if (sign) return { tool: sign.tool, apply: sign.apply, back: sign.back }
  }
  return null
}
