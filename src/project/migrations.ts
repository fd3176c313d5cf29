/** Makes the user's schema in an empty database: extensions, then `before` files, then migrations or a command. */
import path from 'node:path'
import type { Server } from '../postgres/server.ts'
import { listMigrations, readSqlFile } from './migration-files.ts'
import { runSchemaCommand } from './schema-command.ts'
import { createExtensions } from './schema-extensions.ts'
import { runSqlFile } from './schema-script.ts'
import type { SchemaSource } from './schema-source.ts'

/** Answers how many SQL files were run. */
export const applySchema = async (
  server: Server,
  database: string,
  schema: SchemaSource,
): Promise<{ readonly files: number }> => {
  const { directory, migrations, command, before = [], extensions = [] } = schema
  const files = [
    ...before.map((file) => path.resolve(directory, file)),
    ...(migrations === undefined ? [] : listMigrations(path.resolve(directory, migrations))),
  ].map(readSqlFile)
  await createExtensions(server, database, extensions)
  const owner = await server.connect(database, 'owner')
  try {
    for (const file of files) {
      await runSqlFile(owner, file, { skipExtensionComments: extensions.length > 0 })
    }
  } finally {
    await owner.end()
  }
  if (command !== undefined) await runSchemaCommand(server, database, { directory, command })
  return { files: files.length }
}
