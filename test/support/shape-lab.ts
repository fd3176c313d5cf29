/** Expands and contracts a change of shape on a database that plain SQL makes, and runs its phases as a runner does. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { architecture } from 'assay'
import { expect } from 'vitest'
import type { Architecture } from '../../src/architecture/architecture.ts'
import { difference, isSame } from '../../src/catalog/difference.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import { fromHalfWay } from '../../src/migrate/design/half-way.ts'
import { volatileDefaults } from '../../src/migrate/design/design-round.ts'
import type { ShapeWish } from '../../src/migrate/expand/find-shapes.ts'
import type { ShapeLab } from '../../src/migrate/expand/lab.ts'
import { readPhases } from '../../src/migrate/expand/phase-files.ts'
import { contractShapes, expandShapes, type Expanded } from '../../src/migrate/expand/write-phases.ts'
import type { Direction } from '../../src/migrate/files/direction.ts'
import type { Migration } from '../../src/migrate/files/migration.ts'
import { readMigrations } from '../../src/migrate/files/read-migrations.ts'
import { runSqlFile } from '../../src/project/schema-script.ts'
import { stagesOf } from '../../src/migrate/files/steps.ts'
import { withProver } from '../../src/migrate/test/database-state.ts'
import { runStages } from '../../src/migrate/test/run-stages.ts'
import { testMigration } from '../../src/migrate/test/test-migration.ts'
import { loadParser } from '../../src/postgres/parse.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'

/** An architecture of these tables alone. */
export const declared = (...tables: readonly unknown[]): Architecture =>
  architecture('shop', {
    tables: Object.fromEntries(tables.map((t) => [(t as { name: string }).name, t])) as never,
  }) as Architecture

export interface ShapeProject {
  /** Its own database, in which phases run. */
  readonly database: string
  readonly directory: string
  readonly db: Session
  expand(wish?: Partial<ShapeWish>): Promise<Expanded>
  /** What comes next of every change that is under way, on a database where all that is written stands. */
  contract(keep?: string): Promise<Expanded>
  /** A migration of one's own, in the database and before what comes next. */
  before(sql: string): Promise<void>
  migrations(): readonly Migration[]
  /** Runs the phases of this name, and throws what PostgreSQL refuses. */
  run(phase: string, direction?: Direction): Promise<void>
  /** Findings of `assay migrate test` for every phase that is written. */
  test(): Promise<readonly string[]>
}

export const withShapeProject = async (
  server: Server,
  wish: {
    readonly sql: string
    readonly architecture: Architecture
    /** For which phases are written. Absent: the server's. */
    readonly major?: number
  },
  work: (project: ShapeProject) => Promise<void>,
): Promise<void> => {
  await loadParser()
  const { sql, architecture, major = server.major } = wish
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-shape-'))
  const bare = await server.createDatabase('bare')
  const setup = await server.connect(bare, 'owner')
  await setup.query(sql)
  await setup.end()
  await server.admitRoles()
  const database = await server.clone(bare, 'live')
  const db = await server.connect(database, 'owner')
  const migrations = (): readonly Migration[] => readMigrations(directory)
  const runOn = async (target: string, one: Migration, direction: Direction): Promise<void> => {
    const script = direction === 'up' ? one.up : one.down
    if (script === null) throw new Error(`${one.name} has no ${direction}`)
    const refusal = await runStages(() => server.connect(target, 'owner'), stagesOf(script))
    if (refusal !== null)
      throw new Error(`${one.name} ${direction}: ${refusal.fault.message}\n${refusal.step.text}`)
  }
  let template: string | null = null
  let applied = 0
  /** With all that is written so far: what comes next is run behind it. */
  const withTemplate = async <T>(use: (lab: ShapeLab) => Promise<T>): Promise<T> => {
    template ??= await server.clone(bare, 'migrated')
    for (const one of migrations().slice(applied)) {
      await runOn(template, one, 'up')
      applied += 1
    }
    await server.admitRoles()
    return await use({
      server,
      template,
      architecture,
      major,
      fromHalfWay,
      volatile: volatileDefaults,
      run: runFile,
    })
  }
  const runFile: ShapeLab['run'] = async (target, file, text) => {
    const owner = await server.connect(target, 'owner')
    try {
      await runSqlFile(owner, { file, text }, { skipExtensionComments: false })
    } finally {
      await owner.end()
    }
  }
  let number = 0
  const keep = (expanded: Expanded): Expanded => {
    for (const { purpose, files } of expanded.phases) {
      number += 1
      const place = path.join(directory, `${String(number).padStart(4, '0')}_${purpose}`)
      mkdirSync(place)
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(place, name), text)
    }
    return expanded
  }
  const catalogOf = (name: string) => withProver(server, name, (one) => readCatalog(one))
  try {
    await work({
      database,
      directory,
      db,
      migrations,
      before: async (text) => {
        number += 1
        const place = path.join(directory, `${String(number).padStart(4, '0')}_own`)
        mkdirSync(place)
        writeFileSync(path.join(place, 'up.sql'), text)
        await db.query(text)
      },
      expand: (stated) =>
        withTemplate(async (lab) =>
          keep(
            await expandShapes(
              lab,
              { set: [], back: [], fill: [], move: [], only: [], ...stated },
              number === 0 ? [] : readPhases(directory),
            ),
          ),
        ),
      contract: (time = '30 days') =>
        withTemplate(async (lab) =>
          keep(await contractShapes(lab, { only: [], keep: time }, readPhases(directory))),
        ),
      run: async (phase, direction = 'up') => {
        const asked = migrations().filter(({ name }) => name.endsWith(`_${phase}`))
        for (const one of direction === 'up' ? asked : asked.toReversed())
          await runOn(database, one, direction)
        await server.admitRoles()
      },
      test: async () => {
        const told: string[] = []
        const current = await server.clone(bare, 'tested')
        let known = await catalogOf(current)
        for (const migration of migrations()) {
          const before = await server.clone(current, 'before')
          await runOn(current, migration, 'up')
          await server.admitRoles()
          const catalogs = { before: known, after: await catalogOf(current) }
          known = catalogs.after
          const { findings } = await testMigration({ server, migration, before, catalogs })
          told.push(
            ...findings.map(
              (one) => `${migration.name}: ${one.severity} ${one.code} ${one.summary} ${one.why}`,
            ),
          )
          await server.dropDatabase(before)
        }
        await server.dropDatabase(current)
        return told
      },
    })
  } finally {
    await db.end()
    for (const one of [database, bare, ...(template === null ? [] : [template])])
      await server.dropDatabase(one)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What stands, as a test reads it: the same again when all was taken back. */
export interface Standing {
  readonly standing: readonly { readonly name: string }[]
  readonly catalog: Catalog
}

const leftBehind = `select attname::text as left from pg_attribute join pg_class c on c.oid = attrelid
    where attname like 'assay%' and c.relkind in ('r', 'p', 'v', 'm')
  union all select relname::text from pg_class where relname like 'assay%'`

/** From behind the way back of the switch: all is as before, then the whole change again, of which nothing is left. */
export const takeBackAndFinish = async (
  project: ShapeProject,
  before: Standing,
  standing: () => Promise<Standing['standing']>,
): Promise<void> => {
  const { db } = project
  await project.run('expand', 'down')
  expect(await standing()).toEqual(before.standing)
  const back = difference(before.catalog, await readCatalog(db))
  expect(isSame(back) ? null : back).toBe(null)

  for (const phase of ['expand', 'backfill', 'switch', 'contract']) await project.run(phase)
  await project.contract()
  await project.run('forget')
  expect(await db.json(leftBehind)).toEqual([])
}
