/** Use case: test what is pending in a real database on a copy of it, whose rows were masked on the way. */
import path from 'node:path'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { historyFingerprint } from '../migrate/files/history-fingerprint.ts'
import type { Migration } from '../migrate/files/migration.ts'
import { isNamed } from '../migrate/files/migration-number.ts'
import { readMigrations } from '../migrate/files/read-migrations.ts'
import { stagesOf } from '../migrate/files/steps.ts'
import { readTested, type TestedMigration } from '../migrate/files/tested.ts'
import { isApplied, type JournalRow } from '../migrate/run/journal-row.ts'
import { readJournal } from '../migrate/run/journal.ts'
import { copyRows, type CopiedRows } from '../migrate/staging/copy-rows.ts'
import { withProver } from '../migrate/test/database-state.ts'
import { isDeclared } from '../migrate/test/declared-losses.ts'
import type { FilledTable } from '../migrate/test/fill-rows.ts'
import { runStages } from '../migrate/test/run-stages.ts'
import { ownerOf } from '../migrate/test/stop-halfway.ts'
import { notReached, refused } from '../migrate/test/test-findings.ts'
import { testMigration, type MigrationTest } from '../migrate/test/test-migration.ts'
import { parseConnectionUrl, withoutPassword } from '../postgres/connection-url.ts'
import { PgError } from '../postgres/fault.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { openLiveDatabase, type LiveDatabase } from './adopt-live.ts'
import { chooseArchitecture } from './choose-architecture.ts'
import { loadProject } from './config.ts'
import type { OnProgress } from './migrated.ts'
import { admitRoles, makeGround } from './migration-ground.ts'
import type { ProjectArchitecture } from './project.ts'
import { isError } from './prove-project.ts'
import { differsFromSource, notCopied, withoutValues } from './staging-findings.ts'
import { goesForward, testForward } from './test-forward.ts'
import { unknownName, type TestedOne } from './test-migrations.ts'

export interface TestFromSettings {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** The database whose rows are copied. It is only read. */
  readonly from: string
  readonly architecture?: string
  /** The last migration that ran there; null: what its journal says, or the recorded test that left such a schema. */
  readonly at: string | null
  /** How many rows of each table, with all that these refer to; null: all. */
  readonly rows: number | null
  /** `table` or `table.column` whose values may leave as they are. */
  readonly publicColumns: readonly string[]
  /** Of the pending ones; empty: all of them. */
  readonly names: readonly string[]
  readonly onProgress?: OnProgress
}

export interface TestedFrom {
  readonly architecture: string
  /** Without its password. */
  readonly from: string
  /** The last migration that ran there; null: none. */
  readonly at: string | null
  readonly copied: CopiedRows
  readonly tests: readonly TestedOne[]
  /** Of the copy. */
  readonly findings: readonly Finding[]
  readonly ok: boolean
}

const noMigrations = ({ architecture }: ProjectArchitecture): AssayError =>
  new AssayError(`${architecture.name} has no directory of SQL migrations.`, {
    code: 'migrate.no-migrations',
    exit: 2,
    asked: 'migrations that are pending in a database',
    found: 'schema: { command } alone',
    mend: "Say schema: { migrations: 'migrations' }.",
  })

const whereDoesItStand = (from: string, last: string): AssayError =>
  new AssayError('It cannot be told which migrations the database has.', {
    code: 'migrate.from-unknown',
    exit: 2,
    asked: `the migrations that ran in ${withoutPassword(from)}`,
    found: 'no journal of assay migrate, and a schema that no recorded test has left',
    why: 'what is pending is tested on the schema that the database has',
    mend: `Name the last one that ran there: --at ${last}`,
  })

const nothingPending = (from: string, last: string): AssayError =>
  new AssayError('Nothing is pending there.', {
    code: 'migrate.nothing-pending',
    exit: 2,
    asked: `migrations that have not run in ${withoutPassword(from)}`,
    found: `all of them ran, the last one ${last}`,
    mend: 'Write the next migration first, or name an earlier state of the database: --at …',
  })

const ranThere = (name: string): AssayError =>
  new AssayError(`${name} has run there already.`, {
    code: 'migrate.ran-already',
    exit: 2,
    asked: `a test of ${name} on the rows as they were before it`,
    found: 'a database that is behind it',
    mend: 'Name one that is pending, or none for all of them.',
  })

interface Live {
  readonly catalog: Catalog
  readonly journal: readonly JournalRow[] | null
}

/** Those that ran there, in their order. */
const appliedIn = (
  migrations: readonly Migration[],
  { catalog, journal }: Live,
  passes: readonly TestedMigration[],
  { at, from }: TestFromSettings,
  leftAlone: readonly string[] = [],
): readonly Migration[] => {
  const versioned = migrations.filter(({ kind }) => kind !== 'repeatable')
  const upTo = (name: string): readonly Migration[] =>
    versioned.slice(0, versioned.findIndex((one) => one.name === name) + 1)
  if (at === '0') return []
  if (at !== null) {
    const found = versioned.find(({ name }) => isNamed(name, at))
    if (found === undefined)
      throw unknownName(
        at,
        versioned.map(({ name }) => name),
      )
    return upTo(found.name)
  }
  if (journal !== null)
    return migrations.filter(({ name }) => isApplied(journal.find((row) => row.name === name)))
  const print = historyFingerprint(catalog, leftAlone)
  const pass = passes.findLast((one) => one.major === catalog.major && one.after === print)
  if (pass !== undefined && versioned.some(({ name }) => name === pass.name)) return upTo(pass.name)
  throw whereDoesItStand(from, versioned.at(-1)?.name ?? '0001_…')
}

const pendingOf = (
  migrations: readonly Migration[],
  applied: readonly Migration[],
  { names, from }: TestFromSettings,
): readonly Migration[] => {
  const known = migrations.map(({ name }) => name)
  for (const asked of names) {
    const found = migrations.find(({ name }) => isNamed(name, asked))
    if (found === undefined) throw unknownName(asked, known)
    if (applied.includes(found)) throw ranThere(found.name)
  }
  const pending = migrations.filter((one) => !applied.includes(one))
  if (pending.length === 0) throw nothingPending(from, applied.at(-1)?.name ?? '')
  const last = pending.findLastIndex(({ name }) => names.some((asked) => isNamed(name, asked)))
  return names.length === 0 ? pending : pending.slice(0, last + 1)
}

/** What the source would not show. */
const mayNotRead = (cause: unknown, from: string): unknown => {
  if (!(cause instanceof PgError) || cause.fault.sqlstate !== '42501') return cause
  const isHeldBack = cause.fault.message.includes('row-level security')
  const role = ident(parseConnectionUrl(from).user)
  return new AssayError('The rows of the database may not be read.', {
    code: 'migrate.from-rights',
    exit: 3,
    asked: `every row of ${withoutPassword(from)}`,
    found: `${cause.fault.message} (SQLSTATE 42501)`,
    why: isHeldBack
      ? 'row-level security would leave rows out, and a migration that fails on one of them would pass'
      : 'a migration is tested on all rows that it will meet',
    mend: isHeldBack
      ? `Name a role that sees every row; or, as a superuser:\nalter role ${role} bypassrls;`
      : `Name a role that may read all; or, as a superuser (for rows alone: usage of the schemas, select on tables and sequences):\ngrant pg_read_all_data to ${role};`,
    cause,
  })
}

interface Copying {
  readonly server: Server
  readonly part: ProjectArchitecture
  readonly settings: TestFromSettings
  readonly migrations: readonly Migration[]
  readonly passes: readonly TestedMigration[]
  readonly report: OnProgress
}

interface Copied {
  readonly database: string
  readonly catalog: Catalog
  readonly applied: readonly Migration[]
  readonly pending: readonly Migration[]
  readonly rows: CopiedRows
  readonly findings: readonly Finding[]
}

const runAll = async (server: Server, database: string, migrations: readonly Migration[]): Promise<void> => {
  for (const one of migrations) {
    const refusal = await runStages(ownerOf(server, database), stagesOf(one.up))
    if (refusal !== null)
      throw new AssayError(`${one.name} is refused: ${refusal.fault.message}`, {
        code: 'migrate.from-refused',
        exit: 1,
        asked: 'the migrations that ran there, run again without rows',
        found: `SQLSTATE ${refusal.fault.sqlstate}`,
        mend: `Correct it first: assay migrate test ${one.name}`,
      })
  }
}

const isPublic = (names: readonly string[], table: string, column: string): boolean =>
  isDeclared(
    names.map((what) => ({ what, because: null, direction: 'up', line: 0 })),
    { table, column },
  )

/** Who names a column counts on its values being there as they are. */
const refuseUnknown = (names: readonly string[], { tables }: Catalog): void => {
  const columns = [...tables.values()].flatMap((table) =>
    table.columns.map(({ name }) => ({ table: table.id, name })),
  )
  const strange = names.filter((what) => !columns.some(({ table, name }) => isPublic([what], table, name)))
  const [first] = strange
  if (first === undefined) return
  const known = [...new Set(columns.flatMap(({ table, name }) => [table, `${table}.${name}`]))]
  throw new AssayError(
    `--public names nothing that is there: ${strange.join(', ')}.${didYouMean(first, known)}`,
    {
      code: 'usage.public',
      exit: 2,
      asked: `--public ${strange.join(' ')}`,
      found: `no such table or column in the schema as it stands there; tables: ${[...tables.keys()].slice(0, 10).join(', ')}`,
      mend: 'Write table or table.column, as a shell takes it: --public people.note \'"shop"."Two words".note\'',
    },
  )
}

const copyFrom = async (live: LiveDatabase, copying: Copying): Promise<Copied> => {
  const { server, part, settings, migrations, passes, report } = copying
  const { leftAlone } = part.architecture
  const { db } = live
  report('reading the database', 0, 1)
  const source: Live = { catalog: await readCatalog(db), journal: await readJournal(db, 'read') }
  const applied = appliedIn(migrations, source, passes, settings, leftAlone)
  const pending = pendingOf(migrations, applied, settings)
  report('migrating the copy', 0, 1)
  const database = await makeGround(server, part)
  await runAll(server, database, applied)
  await admitRoles(server)
  const admin = await server.connect(database, 'administrator')
  try {
    const catalog = await readCatalog(admin)
    const isOther =
      catalog.major === source.catalog.major &&
      historyFingerprint(catalog, leftAlone) !== historyFingerprint(source.catalog, leftAlone)
    refuseUnknown(settings.publicColumns, catalog)
    const rows = await copyRows({
      source: db,
      sourceCatalog: source.catalog,
      copy: admin,
      catalog,
      rows: settings.rows,
      isPublic: (table, column) => isPublic(settings.publicColumns, table, column),
      programs: migrations.flatMap(({ up, down }) => [up.text, down?.text ?? '']),
      onTable: (table, done, of) => report(`copying ${table}`, done, of),
    })
    const findings = [...(isOther ? [differsFromSource] : []), ...notCopied(rows)]
    return { database, catalog, applied, pending, rows, findings }
  } finally {
    await admin.end()
  }
}

/** In their order, each on what those before it left of the copy. */
const testAll = async (
  { server, part, report }: Copying,
  { database, catalog: first, pending, rows }: Copied,
): Promise<readonly TestedOne[]> => {
  const given: readonly FilledTable[] = rows.tables.map(({ table, rows: count }) => ({
    table,
    rows: count,
    problem: null,
  }))
  const tests: TestedOne[] = []
  let catalog = first
  for (const [i, migration] of pending.entries()) {
    report(`testing ${migration.name}`, i, pending.length)
    const isForward = goesForward(migration, part.direction)
    const direction = isForward || migration.directives.forward !== null ? 'forward' : 'both'
    const add = (test: MigrationTest): void => {
      const findings = test.findings.map(withoutValues)
      tests.push({ ...test, name: migration.name, direction, passed: !findings.some(isError), findings })
    }
    const before = await server.clone(database, 'before')
    const refusal = await runStages(ownerOf(server, database), stagesOf(migration.up))
    if (refusal !== null) {
      add({ findings: [refused(migration, migration.up, 'up', refusal, true)], filled: given, stops: 0 })
      for (const next of pending.slice(i + 1)) {
        const findings = [notReached(next, migration)]
        tests.push({ name: next.name, direction: 'both', passed: false, findings, filled: [], stops: 0 })
      }
      return tests
    }
    await admitRoles(server)
    const after = await withProver(server, database, (db) => readCatalog(db))
    const parts = { server, before, catalogs: { before: catalog, after }, given }
    add(
      isForward
        ? await testForward({ ...parts, migration, after: database })
        : await testMigration({ ...parts, migration }),
    )
    await server.dropDatabase(before)
    catalog = after
  }
  return tests
}

/** Nothing is recorded: a pass is of rows that are made anew, for whoever has the repository. */
export const testFrom = async (settings: TestFromSettings): Promise<TestedFrom> => {
  const report: OnProgress = settings.onProgress ?? (() => undefined)
  const project = await loadProject(settings.directory)
  const part = chooseArchitecture(project, settings.architecture, 'assay migrate test --from …')
  if (part.schema.migrations === undefined) throw noMigrations(part)
  await loadParser()
  const migrations = readMigrations(path.resolve(part.schema.directory, part.schema.migrations))
  const { passes } = await readTested(part.ledger)
  report('starting PostgreSQL', 0, 1)
  const server = await startServer({})
  try {
    const live = await openLiveDatabase(settings.from, 'assay migrate test')
    const copying: Copying = { server, part, settings, migrations, passes, report }
    let copied: Copied
    try {
      copied = await live.read(async () => {
        try {
          return await copyFrom(live, copying)
        } catch (cause) {
          throw mayNotRead(cause, settings.from)
        }
      })
    } finally {
      await live.close()
    }
    const tests = await testAll(copying, copied)
    const { applied, rows, findings } = copied
    return {
      architecture: part.architecture.name,
      from: withoutPassword(settings.from),
      at: applied.findLast(({ kind }) => kind !== 'repeatable')?.name ?? null,
      copied: rows,
      tests,
      findings,
      ok: tests.every(({ passed }) => passed) && !findings.some(isError),
    }
  } finally {
    await server.stop()
  }
}
