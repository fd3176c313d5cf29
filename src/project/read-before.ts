/** The parts of a schema that run before the project's own migrations: files, and what a preset brings. */
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import type { PreludeSql } from './schema-source.ts'

/** What runs before the project's own files; `file` of a preset's part is its name. */
export const readBefore = (
  parts: readonly (string | PreludeSql)[],
  readFile: (part: string) => MigrationFile,
): readonly MigrationFile[] =>
  parts.map((part) =>
    typeof part === 'string' ? readFile(part) : { file: part.name, text: part.sql, preset: part },
  )
