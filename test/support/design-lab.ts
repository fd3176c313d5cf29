/** Designs migrations for a declaration on a database made by plain SQL, and runs them as a project would. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Architecture } from '../../src/architecture/architecture.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import { designMigrations, type Design } from '../../src/migrate/design/design-migrations.ts'
import { readMigrations } from '../../src/migrate/files/read-migrations.ts'
import { testMigration } from '../../src/migrate/test/test-migration.ts'
import { loadParser } from '../../src/postgres/parse.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Finding } from '../../src/prove/result.ts'
import { runSqlFile } from '../../src/project/schema-script.ts'

export interface DesignOptions {
  readonly only?: readonly string[]
  readonly drop?: boolean
  readonly direct?: boolean
  readonly name?: string
  readonly standing?: readonly string[]
}

export interface DesignTested {
  readonly design: Design
  readonly findings: readonly Finding[]
}

export interface DesignLab {
  /** Designs for the declaration on a fresh database with this SQL run by its owner. */
  design(sql: string, architecture: Architecture, options?: DesignOptions): Promise<Design>
  /** The same, and what the database is after the designed migrations ran on it. */
  designAndRun(
    sql: string,
    architecture: Architecture,
    options?: DesignOptions,
  ): Promise<{ readonly design: Design; readonly catalog: Catalog }>
  /** What `assay migrate test` finds in each designed migration, in their order. */
  designAndTest(sql: string, architecture: Architecture, options?: DesignOptions): Promise<DesignTested>
  /** What a database is in which this SQL was run. */
  catalogAfter(sql: string): Promise<Catalog>
}

export const openDesignLab = (server: Server): DesignLab => {
  const run = async (database: string, name: string, text: string): Promise<void> => {
    const owner = await server.connect(database, 'owner')
    try {
      await runSqlFile(owner, { file: name, text }, { skipExtensionComments: false })
    } finally {
      await owner.end()
    }
  }
  const catalogOf = async (database: string): Promise<Catalog> => {
    const db = await server.connect(database, 'prover')
    try {
      return await readCatalog(db)
    } finally {
      await db.end()
    }
  }
  const withDatabase = async <T>(sql: string, work: (database: string) => Promise<T>): Promise<T> => {
    const database = await server.createDatabase('designlab')
    try {
      await run(database, 'before.sql', sql)
      await server.admitRoles()
      return await work(database)
    } finally {
      await server.dropDatabase(database)
    }
  }
  const designOn = (template: string, architecture: Architecture, options: DesignOptions): Promise<Design> =>
    designMigrations({
      architecture,
      server,
      template,
      only: options.only ?? [],
      drop: options.drop ?? false,
      online: options.direct !== true,
      name: options.name ?? null,
      standing: options.standing ?? [],
      run,
      workers: 1,
    })
  return {
    design: (sql, architecture, options = {}) =>
      withDatabase(sql, (template) => designOn(template, architecture, options)),
    designAndRun: (sql, architecture, options = {}) =>
      withDatabase(sql, async (template) => {
        const design = await designOn(template, architecture, options)
        for (const { name, up } of design.migrations) await run(template, name, up)
        return { design, catalog: await catalogOf(template) }
      }),
    designAndTest: (sql, architecture, options = {}) =>
      withDatabase(sql, async (template) => {
        const design = await designOn(template, architecture, options)
        await loadParser()
        const directory = mkdtempSync(path.join(tmpdir(), 'assay-designed-'))
        const findings: Finding[] = []
        try {
          for (const { name, up, down, isForward } of design.migrations) {
            mkdirSync(path.join(directory, name))
            writeFileSync(path.join(directory, name, 'up.sql'), up)
            if (!isForward) writeFileSync(path.join(directory, name, 'down.sql'), down)
          }
          for (const migration of design.migrations.length === 0 ? [] : readMigrations(directory)) {
            const before = await server.clone(template, 'before')
            await run(template, migration.name, migration.up.text)
            await server.admitRoles()
            const catalogs = { before: await catalogOf(before), after: await catalogOf(template) }
            findings.push(...(await testMigration({ server, migration, before, catalogs })).findings)
            await server.dropDatabase(before)
          }
        } finally {
          rmSync(directory, { recursive: true, force: true })
        }
        return { design, findings }
      }),
    catalogAfter: (sql) => withDatabase(sql, catalogOf),
  }
}
