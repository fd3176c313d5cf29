/** Use case: test the migrations of a project that have no recorded pass, and record those that pass. */
import path from 'node:path'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { nearestName } from '../ground/nearest-name.ts'
import { shellCommand } from '../ground/shell-word.ts'
import type { Migration } from '../migrate/files/migration.ts'
import { numberOf } from '../migrate/files/migration-number.ts'
import { readMigrations } from '../migrate/files/read-migrations.ts'
import { stagesOf } from '../migrate/files/steps.ts'
import {
  makeTested,
  passOf,
  readTested,
  recordTested,
  type TestedMigration,
} from '../migrate/files/tested.ts'
import { withProver } from '../migrate/test/database-state.ts'
import type { FilledTable } from '../migrate/test/fill-rows.ts'
import { runStages } from '../migrate/test/run-stages.ts'
import { ownerOf } from '../migrate/test/stop-halfway.ts'
import { notReached, refused } from '../migrate/test/test-findings.ts'
import { testMigration, type MigrationTest } from '../migrate/test/test-migration.ts'
import { loadParser } from '../postgres/parse.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { loadProject } from './config.ts'
import type { OnProgress, ServerWish } from './migrated.ts'
import { applySchema } from './migrations.ts'
import type { Project, ProjectArchitecture } from './project.ts'
import { isError } from './prove-project.ts'

export interface TestMigrationsSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** Names of migrations, or their numbers; empty: those without a recorded pass. */
  readonly names: readonly string[]
  /** Those that have passed already, too. */
  readonly all: boolean
}

export interface TestedOne {
  readonly name: string
  readonly direction: TestedMigration['direction']
  readonly passed: boolean
  readonly findings: readonly Finding[]
  readonly filled: readonly FilledTable[]
  readonly stops: number
}

export interface ArchitectureMigrations {
  readonly architecture: string
  readonly tests: readonly TestedOne[]
  /** Passed before, and their text is the same. */
  readonly known: readonly string[]
  /** Of the record itself. */
  readonly problems: readonly Finding[]
  /** Absolute; null when the record was as it should be. */
  readonly written: string | null
}

export interface MigrationTests {
  readonly architectures: readonly ArchitectureMigrations[]
  readonly ok: boolean
}

interface Part {
  readonly part: ProjectArchitecture
  readonly migrations: readonly Migration[]
}

const noMigrations = ({ file }: Project): AssayError =>
  new AssayError('The schema does not come from migrations in SQL.', {
    code: 'migrate.no-migrations',
    exit: 2,
    asked: 'a directory of SQL files that can be run one by one',
    found: 'schema: { command } alone',
    mend: `Say schema: { migrations: 'migrations' } in ${file}; what a command of another tool applies, that tool has to test.`,
  })

const unknownName = (name: string, known: readonly string[]): AssayError => {
  const nearest = nearestName(name, known)
  return new AssayError(
    `There is no migration ${name}.${nearest === null ? '' : ` Did you mean ${nearest}?`}`,
    {
      code: 'migrate.unknown-name',
      exit: 2,
      asked: name,
      found:
        known.length === 0 ? 'no migration at all' : `${known.length} migrations, the last ${known.at(-1)}`,
      mend: nearest === null ? 'ls migrations' : shellCommand('assay', 'migrate', 'test', nearest),
    },
  )
}

const isNamed = (name: string, asked: string): boolean => name === asked || numberOf(name) === asked

const readParts = (project: Project, names: readonly string[]): readonly Part[] => {
  const parts = project.architectures.flatMap((part): Part[] => {
    const { directory, migrations } = part.schema
    return migrations === undefined
      ? []
      : [{ part, migrations: readMigrations(path.resolve(directory, migrations)) }]
  })
  if (parts.length === 0) throw noMigrations(project)
  const known = parts.flatMap(({ migrations }) => migrations.map(({ name }) => name))
  const unknown = names.find((asked) => !known.some((name) => isNamed(name, asked)))
  if (unknown !== undefined) throw unknownName(unknown, known)
  return parts
}

const catalogOf = (server: Server, database: string): Promise<Catalog> =>
  withProver(server, database, (db) => readCatalog(db))

/** The prover may become every role that there is; and migrations go on making roles, which admitting ends before PostgreSQL 16. */
const admitRoles = async (server: Server): Promise<void> => {
  await server.admitRoles()
  if (!server.isOwn && server.major < 16) await server.dropDatabase(await server.createDatabase('roles'))
}

/** Before the first migration. */
const makeGround = async (server: Server, { architecture, schema }: ProjectArchitecture): Promise<string> => {
  const database = await server.createDatabase(architecture.name)
  const { migrations: _, ...ground } = schema
  await applySchema(server, database, ground)
  await admitRoles(server)
  return database
}

interface Testing {
  readonly server: Server
  readonly part: ProjectArchitecture
  readonly onProgress: OnProgress
}

const untested = { filled: [], stops: 0 }

const isPassed = ({ findings }: Pick<MigrationTest, 'findings'>): boolean => !findings.some(isError)

const directionOf = ({ directives }: Migration): TestedOne['direction'] =>
  directives.forward === null ? 'both' : 'forward'

/** Applies all of them in their order, and tests the wanted ones as they stand before each. */
const testInOrder = async (
  { server, part, onProgress }: Testing,
  migrations: readonly Migration[],
  wanted: ReadonlySet<string>,
): Promise<{ readonly tests: readonly TestedOne[]; readonly passes: readonly TestedMigration[] }> => {
  const tests: TestedOne[] = []
  const passes: TestedMigration[] = []
  const last = migrations.findLastIndex(({ name }) => wanted.has(name))
  const add = (migration: Migration, test: MigrationTest): void => {
    const { name } = migration
    tests.push({ name, direction: directionOf(migration), passed: isPassed(test), ...test })
  }
  const current = await makeGround(server, part)
  let catalog: Catalog | null = null
  for (const [i, migration] of migrations.slice(0, last + 1).entries()) {
    const isWanted = wanted.has(migration.name)
    if (isWanted) onProgress(`testing ${migration.name}`, tests.length, wanted.size)
    if (isWanted) catalog ??= await catalogOf(server, current)
    const before = isWanted ? await server.clone(current, 'before') : null
    const refusal = await runStages(ownerOf(server, current), stagesOf(migration.up))
    if (refusal !== null) {
      const findings = [refused(migration, migration.up, 'up', refusal, false)]
      add(migration, { findings, ...untested })
      for (const next of migrations.slice(i + 1, last + 1))
        if (wanted.has(next.name)) add(next, { findings: [notReached(next, migration)], ...untested })
      break
    }
    await admitRoles(server)
    if (before === null || catalog === null) {
      catalog = null
      continue
    }
    const after = await catalogOf(server, current)
    const test = await testMigration({ server, migration, before, catalogs: { before: catalog, after } })
    await server.dropDatabase(before)
    add(migration, test)
    if (isPassed(test)) passes.push(makeTested(migration, catalog, after, part.architecture.leftAlone))
    catalog = after
  }
  return { tests, passes }
}

const testPart = async (
  server: Server,
  { part, migrations }: Part,
  { names, all, onProgress = () => undefined }: TestMigrationsSettings,
): Promise<ArchitectureMigrations> => {
  const { passes: recorded, problems } = await readTested(part.ledger)
  const isKnown = (one: Migration): boolean => passOf(recorded, one, server.major) !== null
  const wanted = migrations.filter((one) =>
    names.length > 0 ? names.some((asked) => isNamed(one.name, asked)) : all || !isKnown(one),
  )
  const { tests, passes } =
    wanted.length === 0
      ? { tests: [], passes: [] }
      : await testInOrder({ server, part, onProgress }, migrations, new Set(wanted.map(({ name }) => name)))
  return {
    architecture: part.architecture.name,
    tests,
    known: migrations.filter((one) => !wanted.includes(one) && isKnown(one)).map(({ name }) => name),
    problems,
    written: await recordTested(part.ledger, migrations, passes),
  }
}

/** Throws AssayError or AssayErrors for what keeps them from being tested at all. */
export const testMigrations = async (settings: TestMigrationsSettings): Promise<MigrationTests> => {
  const { url, onProgress } = settings
  const project = await loadProject(settings.directory)
  await loadParser()
  const parts = readParts(project, settings.names)
  onProgress?.('starting PostgreSQL', 0, 1)
  const server = await startServer({
    ...(url === undefined ? {} : { url }),
    onProgress: (text) => onProgress?.(text, 0, 1),
  })
  try {
    const architectures: ArchitectureMigrations[] = []
    for (const part of parts) architectures.push(await testPart(server, part, settings))
    const ok = architectures.every(
      ({ tests, problems }) => tests.every(({ passed }) => passed) && !problems.some(isError),
    )
    return { architectures, ok }
  } finally {
    await server.stop()
  }
}
