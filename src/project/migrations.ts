/** Makes the user's schema in an empty database: extensions, then `before` files, then migrations or a command. */
import path from 'node:path'
import type { Server } from '../postgres/server.ts'
import { listMigrations, readSqlFile, type MigrationFile } from '../migrate/files/migration-files.ts'
import { readBefore } from './read-before.ts'
import { runSchemaCommand } from './schema-command.ts'
import { settlePreset } from './preset-roles.ts'
import { createExtensions, extensionSchemas } from './schema-extensions.ts'
import { runSqlFile } from './schema-script.ts'
import type { SchemaSource } from './schema-source.ts'

/** What runs before the migrations: SQL files, and presets. */
export const readBeforeFiles = ({ directory, before = [] }: SchemaSource): readonly MigrationFile[] =>
  readBefore(before, (file) => readSqlFile(path.resolve(directory, file)))

/** The SQL files of a schema with their texts, in the order in which they are run. */
export const readSchemaFiles = (schema: SchemaSource): readonly MigrationFile[] => [
  ...readBeforeFiles(schema),
  ...(schema.migrations === undefined
    ? []
    : listMigrations(path.resolve(schema.directory, schema.migrations)).map(readSqlFile)),
]

/** Runs some of them, in a database that has what comes before them. */
export const runSchemaFiles = async (
  server: Server,
  database: string,
  files: readonly MigrationFile[],
  { extensions = [] }: SchemaSource,
): Promise<void> => {
  const madeSchemas = extensionSchemas(extensions)
  let owner = await server.connect(database, 'owner')
  try {
    for (const file of files) {
      await runSqlFile(owner, file, { skipExtensionComments: extensions.length > 0, madeSchemas })
      if (!(await settlePreset(server, database, file))) continue
      // A session keeps the settings that it began with.
      await owner.end()
      owner = await server.connect(database, 'owner')
    }
  } finally {
    await owner.end()
  }
}

/** Answers how many SQL files were run. */
export const applySchema = async (
  server: Server,
  database: string,
  schema: SchemaSource,
): Promise<{ readonly files: number }> => {
  const { directory, command, extensions = [] } = schema
  const files = readSchemaFiles(schema)
  await createExtensions(server, database, extensions)
  await runSchemaFiles(server, database, files, schema)
  if (command !== undefined) await runSchemaCommand(server, database, { directory, command })
  return { files: files.length }
}
