/** Tests a migration that is written down as text, on a database that a schema makes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import type { Migration } from '../../src/migrate/files/migration.ts'
import { readMigrations } from '../../src/migrate/files/read-migrations.ts'
import { stagesOf } from '../../src/migrate/files/steps.ts'
import { withProver } from '../../src/migrate/test/database-state.ts'
import { runStages } from '../../src/migrate/test/run-stages.ts'
import { testMigration, type MigrationTest } from '../../src/migrate/test/test-migration.ts'
import { loadParser } from '../../src/postgres/parse.ts'
import type { Server } from '../../src/postgres/server.ts'

export type MigrationFiles = Readonly<Record<string, string>>

/** Reads files as a migrations directory; the directory is gone when `work` is done. */
const withMigrationFiles = async <T>(
  files: MigrationFiles,
  work: (migrations: readonly Migration[]) => Promise<T>,
): Promise<T> => {
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-migration-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(directory, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    return await work(readMigrations(directory))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Ground {
  readonly database: string
  readonly catalog: Catalog
}

const grounds = new WeakMap<Server, Map<string, Promise<Ground>>>()

/** A schema is made once for each server. */
const groundOf = (server: Server, schema: string): Promise<Ground> => {
  const own = grounds.get(server) ?? new Map<string, Promise<Ground>>()
  grounds.set(server, own)
  const make = async (): Promise<Ground> => {
    const database = await server.createDatabase('lab')
    const owner = await server.connect(database, 'owner')
    await owner.query(schema)
    await owner.end()
    await server.admitRoles()
    return { database, catalog: await withProver(server, database, (db) => readCatalog(db)) }
  }
  const ground = own.get(schema) ?? make()
  own.set(schema, ground)
  return ground
}

/** Tests the one migration that the files are. */
export const testFiles = async (
  server: Server,
  schema: string,
  files: MigrationFiles,
): Promise<MigrationTest> => {
  await loadParser()
  const ground = await groundOf(server, schema)
  return withMigrationFiles(files, async ([migration]) => {
    const after = await server.clone(ground.database, 'lab-after')
    try {
      await runStages(() => server.connect(after, 'owner'), stagesOf(migration!.up))
      await server.admitRoles()
      const catalogs = {
        before: ground.catalog,
        after: await withProver(server, after, (db) => readCatalog(db)),
      }
      return await testMigration({ server, migration: migration!, before: ground.database, catalogs })
    } finally {
      await server.dropDatabase(after)
    }
  })
}
