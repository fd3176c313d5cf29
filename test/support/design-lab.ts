/** Designs migrations for a declaration on a database made by plain SQL, and runs them as a project would. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import { designMigrations, type Design } from '../../src/migrate/design/design-migrations.ts'
import type { Server } from '../../src/postgres/server.ts'
import { runSqlFile } from '../../src/project/schema-script.ts'

export interface DesignOptions {
  readonly only?: readonly string[]
  readonly drop?: boolean
  readonly direct?: boolean
  readonly name?: string
  readonly standing?: readonly string[]
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
    catalogAfter: (sql) => withDatabase(sql, catalogOf),
  }
}
