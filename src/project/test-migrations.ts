/** Use case: test the migrations of a project that have no recorded pass, and record those that pass. */
import path from 'node:path'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { nearestName } from '../ground/nearest-name.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { testPair } from '../migrate/compensate/test-pair.ts'
import type { Migration } from '../migrate/files/migration.ts'
import { isNamed } from '../migrate/files/migration-number.ts'
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
import { writtenForNewer } from '../migrate/files/written-for.ts'
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
import { admitRoles, makeGround } from './migration-ground.ts'
import type { Project, ProjectArchitecture } from './project.ts'
import { recordHistory } from './record-history.ts'
import { isError } from './prove-project.ts'
import { asForward, goesForward, testForward } from './test-forward.ts'

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
  /** Names of those that run, and are tested only by name. */
  readonly others: ReadonlySet<string>
  /** Of how they were read. */
  readonly problems: readonly Finding[]
}

const noMigrations = ({ file }: Project): AssayError =>
  new AssayError('The schema does not come from migrations in SQL.', {
    code: 'migrate.no-migrations',
    exit: 2,
    asked: 'a directory of SQL files that can be run one by one',
    found: 'schema: { command } alone',
    mend: `Say schema: { migrations: 'migrations' } in ${file}; what a command of another tool applies, that tool has to test.`,
  })

export const unknownName = (name: string, known: readonly string[]): AssayError => {
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

const readPart = async (part: ProjectArchitecture, wish: ServerWish): Promise<readonly Part[]> => {
  const { directory, migrations } = part.schema
  if (migrations !== undefined)
    return [
      {
        part,
        migrations: readMigrations(path.resolve(directory, migrations)),
        others: new Set(),
        problems: [],
      },
    ]
  const recorded = await recordHistory(part, 'both', wish)
  if (recorded === null) return []
  const { ground, migrations: all, findings } = recorded
  // Those of a package are its authors' to test.
  const others = all.every(({ source }) => source === null) ? [] : all.filter(({ source }) => source === null)
  return [
    { part: ground, migrations: all, others: new Set(others.map(({ name }) => name)), problems: findings },
  ]
}

const readParts = async (
  project: Project,
  names: readonly string[],
  wish: ServerWish,
): Promise<readonly Part[]> => {
  const parts: Part[] = []
  for (const part of project.architectures) parts.push(...(await readPart(part, wish)))
  if (parts.length === 0) throw noMigrations(project)
  const known = parts.flatMap(({ migrations }) => migrations.map(({ name }) => name))
  const unknown = names.find((asked) => !known.some((name) => isNamed(name, asked)))
  if (unknown !== undefined) throw unknownName(unknown, known)
  return parts
}

const catalogOf = (server: Server, database: string): Promise<Catalog> =>
  withProver(server, database, (db) => readCatalog(db))

interface Testing {
  readonly server: Server
  readonly part: ProjectArchitecture
  readonly onProgress: OnProgress
}

const untested = { filled: [], stops: 0 }

const isPassed = ({ findings }: Pick<MigrationTest, 'findings'>): boolean => !findings.some(isError)

/** What one of the wanted migrations takes back, as it was when that one ran. */
interface Kept {
  readonly index: number
  /** A copy of the database before it. */
  readonly before: string
  readonly catalogs: { readonly before: Catalog; readonly after: Catalog }
}

const directionOf = ({ directives }: Migration, isForward: boolean): TestedOne['direction'] =>
  directives.forward === null && !isForward ? 'both' : 'forward'

const nothingToTakeBack = ({ name, up, directives }: Migration): Finding => ({
  code: 'migrate.compensates-nothing',
  severity: 'error',
  summary: `${name} says that it takes ${directives.compensates ?? ''} back, and no migration of that name stands before it`,
  why: 'what it does cannot be held against what it should undo',
  fix: 'Correct the name in: -- assay: compensates …',
  where: { file: up.file, line: 1 },
})

/** Behind the one that it takes back, with all between them. */
const testTakingBack = async (
  server: Server,
  migrations: readonly Migration[],
  at: number,
  kept: ReadonlyMap<string, Kept>,
): Promise<readonly Finding[]> => {
  const last = migrations[at]
  const name = last?.directives.compensates ?? null
  if (last === undefined || name === null) return []
  const found = kept.get(name)
  const first = found && migrations[found.index]
  if (found === undefined || first === undefined) return [nothingToTakeBack(last)]
  const between = migrations.slice(found.index + 1, at)
  return testPair({ server, first, between, last, before: found.before, catalogs: found.catalogs })
}

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
    const direction = directionOf(migration, goesForward(migration, part.direction))
    tests.push({ name, direction, passed: isPassed(test), ...test })
  }
  const takenBack = new Set(
    migrations.flatMap((one) => (wanted.has(one.name) ? (one.directives.compensates ?? []) : [])),
  )
  const kept = new Map<string, Kept>()
  const current = await makeGround(server, part)
  let catalog: Catalog | null = null
  for (const [i, migration] of migrations.slice(0, last + 1).entries()) {
    const isWanted = wanted.has(migration.name)
    if (isWanted) onProgress(`testing ${migration.name}`, tests.length, wanted.size)
    const isKept = takenBack.has(migration.name)
    if (isWanted || isKept) catalog ??= await catalogOf(server, current)
    const before = isWanted || isKept ? await server.clone(current, 'before') : null
    const refusal = await runStages(ownerOf(server, current), stagesOf(migration.up))
    if (refusal !== null) {
      const told = refused(migration, migration.up, 'up', refusal, false)
      const older = writtenForNewer([migration], server.major)
      const findings = [older === null ? told : { ...told, fix: older }]
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
    const catalogs = { before: catalog, after }
    catalog = after
    if (isWanted) {
      const isForward = goesForward(migration, part.direction)
      const own = isForward
        ? await testForward({ server, migration, before, after: current, catalogs })
        : await testMigration({ server, migration, before, catalogs })
      const test = {
        ...own,
        findings: [...own.findings, ...(await testTakingBack(server, migrations, i, kept))],
      }
      add(migration, test)
      const said = isForward ? asForward(migration) : migration
      if (isPassed(test)) passes.push(makeTested(said, catalogs.before, after, part.architecture.leftAlone))
    }
    if (isKept) kept.set(migration.name, { index: i, before, catalogs })
    else await server.dropDatabase(before)
  }
  return { tests, passes }
}

const testPart = async (
  server: Server,
  { part, migrations, others, problems: read }: Part,
  { names, all, onProgress = () => undefined }: TestMigrationsSettings,
): Promise<ArchitectureMigrations> => {
  const { passes: recorded, problems } = await readTested(part.ledger)
  // A pass of one that goes forward is none where it is to go both ways.
  const isKnown = (one: Migration): boolean =>
    passOf(recorded, one, server.major)?.direction === directionOf(one, goesForward(one, part.direction))
  const wanted = migrations.filter((one) =>
    names.length > 0
      ? names.some((asked) => isNamed(one.name, asked))
      : !others.has(one.name) && (all || !isKnown(one)),
  )
  const { tests, passes } =
    wanted.length === 0
      ? { tests: [], passes: [] }
      : await testInOrder({ server, part, onProgress }, migrations, new Set(wanted.map(({ name }) => name)))
  return {
    architecture: part.architecture.name,
    tests,
    known: migrations.filter((one) => !wanted.includes(one) && isKnown(one)).map(({ name }) => name),
    problems: [...read, ...problems],
    written: await recordTested(part.ledger, migrations, passes),
  }
}

/** Throws AssayError or AssayErrors for what keeps them from being tested at all. */
export const testMigrations = async (settings: TestMigrationsSettings): Promise<MigrationTests> => {
  const { url, onProgress } = settings
  const project = await loadProject(settings.directory)
  await loadParser()
  const parts = await readParts(project, settings.names, settings)
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
