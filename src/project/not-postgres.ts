/** SQL files that are of another language altogether. */
import { AssayError } from '../ground/errors.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import { foreignDialect } from './dump-file.ts'

/** A syntax error in what is another language altogether is told as that. */
export const notPostgres = (files: readonly MigrationFile[], cause: unknown): unknown => {
  if (!(cause instanceof AssayError) || cause.code !== 'schema.statement') return cause
  if (!/\(SQLSTATE 42601\)/u.test(cause.found ?? '')) return cause
  const dialect = files.map(({ text }) => foreignDialect(text)).find((name) => name !== null)
  if (dialect === undefined || dialect === null) return cause
  return new AssayError('This is not SQL for PostgreSQL.', {
    code: 'adopt.not-postgres',
    exit: 2,
    asked: 'a dump of a PostgreSQL database, or SQL that makes one',
    found: `${cause.found ?? ''}; it looks like ${dialect}`,
    mend: 'Name what PostgreSQL itself prints:\npg_dump --schema-only … > schema.sql\n--sql schema.sql',
    ...(cause.where ? { where: cause.where } : {}),
    cause,
  })
}
