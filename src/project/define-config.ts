/** What stands in `assay.config.ts`, and the function that types it. */
import type { Architecture } from '../architecture/architecture.ts'
import type { PreludeSql } from './schema-source.ts'

/** How a database comes to its schema: SQL files, or a command of another tool. Paths are relative to the config's file. */
export interface SchemaConfig {
  /** Directory of SQL files, applied in name order. */
  readonly migrations?: string
  /** A command that migrates the database named in DATABASE_URL, such as `npx prisma migrate deploy`. */
  readonly command?: string
  /**
   * The command that takes back all of them, such as `alembic downgrade base`: `assay migrate test` tests the ways back.
   */
  readonly down?: string
  /** SQL that runs first, a platform's prelude: files, or a preset such as `supabase()`. */
  readonly before?: readonly (string | PreludeSql)[]
  /** Extensions that are created before anything else. */
  readonly extensions?: readonly string[]
}

export interface ArchitectureConfig {
  readonly architecture: Architecture
  readonly schema: SchemaConfig
  /** Directory of the committed evidence; `ledger` by default, `ledger/<name>` when there are several architectures. */
  readonly ledger?: string
  /**
   * `'forward'`: migrations have no way back of their own. What takes one back is the next migration, which
   * `assay migrate compensate` writes; `assay migrate test` makes it from each migration and proves it.
   */
  readonly direction?: 'both' | 'forward'
  /**
   * A file that `assay statistics export` wrote: the plans that declared queries get with these statistics are kept in
   * the ledger too, and `assay check` says which of them other statistics change.
   */
  readonly statistics?: string
}

/** One architecture, or several, each with its own schema. */
export type Config = ArchitectureConfig | { readonly architectures: readonly ArchitectureConfig[] }

/**
 * The configuration of a project, as the default export of `assay.config.ts`.
 *
 * @example
 * export default defineConfig({ architecture: commerce, schema: { migrations: 'migrations' } })
 * // create database …; the files of migrations/ in name order
 *
 * @example
 * export default defineConfig({
 *   architecture: commerce,
 *   schema: { migrations: 'migrations' },
 *   direction: 'forward',
 * })
 * // assay design writes up.sql, and no down.sql
 *
 * @example
 * export default defineConfig({
 *   architecture: commerce,
 *   schema: { migrations: 'migrations' },
 *   statistics: 'statistics.json',
 * })
 * // assay prove keeps the plans that queries get with production's statistics
 *
 * @example
 * export default defineConfig({
 *   architectures: [
 *     { architecture: commerce, schema: { migrations: 'migrations' } },
 *     { architecture: warehouse, schema: { command: 'npx prisma migrate deploy' } },
 *   ],
 * })
 * // create database … for each of them
 */
export const defineConfig = (config: Config): Config => config
