/** A platform's prelude, run once: the database that is read and its copy begin as copies of what it made. */
import { readLeftAlone } from '../adopt/baseline/write-baseline.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Server } from '../postgres/server.ts'
import { noPlatform, platformOf, type Platform } from './adopt-platform.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import { settlePreset } from './preset-roles.ts'
import { runSqlFile } from './schema-script.ts'

export interface Prelude {
  readonly platform: Platform
  /** A new database with what the prelude makes; its roles belong to the server and are made once. */
  readonly makeDatabase: (label: string) => Promise<string>
}

const ownSchemas = `
  select nspname::text as name from pg_catalog.pg_namespace
   where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')`

/** As the owner; what it makes is the platform's. */
export const openPrelude = async (server: Server, before: readonly MigrationFile[]): Promise<Prelude> => {
  if (before.length === 0)
    return { platform: noPlatform, makeDatabase: (label) => server.createDatabase(label) }
  const database = await server.createDatabase('prelude')
  const owner = await server.connect(database, 'owner')
  try {
    for (const file of before) {
      await runSqlFile(owner, file, { skipExtensionComments: true })
      await settlePreset(server, database, file)
    }
    const schemas = await owner.json<{ readonly name: string }>(ownSchemas)
    const leftAlone = await readLeftAlone(
      owner,
      schemas.map(({ name }) => name),
    )
    return {
      platform: platformOf(await readCatalog(owner), leftAlone),
      makeDatabase: (label) => server.clone(database, label),
    }
  } finally {
    await owner.end()
  }
}
