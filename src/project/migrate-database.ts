/** Use cases of assay migrate up, down, plan, status, baseline and resolve: on the one database that --url names. */
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { readPhases } from '../migrate/expand/phase-files.ts'
import { standingChanges, type StandingChange } from '../migrate/expand/standing-changes.ts'
import type { Migration } from '../migrate/files/migration.ts'
import { readMigrations } from '../migrate/files/read-migrations.ts'
import { readTested } from '../migrate/files/tested.ts'
import { isLiquibaseSql, liquibaseCommand } from '../migrate/files/tool-history.ts'
import { parseAllowed } from '../migrate/run/gate.ts'
import { readJournal } from '../migrate/run/journal.ts'
import {
  planRun,
  runMigrations,
  type PlannedRun,
  type Repository,
  type RunResult,
  type RunWish,
} from '../migrate/run/migrate.ts'
import { recordBaseline, resolveMigration } from '../migrate/run/record.ts'
import type { Resolution } from '../migrate/run/resolutions.ts'
import { refuseOtherHistory } from '../migrate/run/other-history.ts'
import { openMigrationSession, type MigrationSession } from '../migrate/run/session.ts'
import { watchServer } from '../migrate/run/watch-server.ts'
import { ConnectionLost } from '../postgres/fault.ts'
import { loadParser } from '../postgres/parse.ts'
import { statusOfAll, type DatabaseStatus } from '../migrate/run/status.ts'
import { ident } from '../postgres/quote.ts'
import { readLedger } from '../prove/ledger/ledger.ts'
import { loadProject } from './config.ts'
import type { OnProgress } from './migrated.ts'
import type { Project, ProjectArchitecture } from './project.ts'

export interface MigrateSettings {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** The one database that is written to. */
  readonly url?: string
  /** Which one, when the configuration has several. */
  readonly architecture?: string
  /** Gates that are overridden, as given: `untested,drift`. */
  readonly allow?: readonly string[]
  readonly to?: string
  readonly steps?: number
  /** Seconds that another runner is waited for. */
  readonly wait?: number
  /** Seconds that a statement waits for a lock, and how often its stage is tried again. */
  readonly lockTimeout?: number
  readonly lockRetries?: number
  /** Version of Assay, for the journal. */
  readonly assay: string
  readonly onProgress?: OnProgress
}

const noUrl = (): AssayError =>
  new AssayError('It is not said which database is meant.', {
    code: 'usage.no-url',
    exit: 2,
    found: 'no --url (DATABASE_URL is not read)',
    why: 'a database that nobody named is never written to',
    mend: 'Name it: --url postgres://user@host:5432/database',
  })

const choose = (project: Project, wanted: string | undefined): ProjectArchitecture => {
  const names = project.architectures.map((part) => part.architecture.name)
  const [only] = project.architectures
  if (wanted === undefined && only !== undefined && names.length === 1) return only
  const found = project.architectures.find((part) => part.architecture.name === wanted)
  if (found) return found
  throw new AssayError(
    wanted === undefined
      ? 'The configuration has several architectures: one database has one of them.'
      : `There is no architecture ${wanted}.${didYouMean(wanted, names)}`,
    {
      code: 'usage.architecture',
      exit: 2,
      ...(wanted === undefined ? {} : { asked: wanted }),
      found: names.join(', '),
      mend: `Name it: --architecture ${names[0] ?? '…'}`,
    },
  )
}

const byCommand = ({ architecture, schema }: ProjectArchitecture): AssayError =>
  new AssayError(`The schema of ${architecture.name} is made by a command of another tool.`, {
    code: 'migrate.by-command',
    exit: 2,
    asked: 'migrations in SQL files',
    found: `schema: { command: '${schema.command ?? ''}' }`,
    why: 'what another tool runs as code, only that tool can apply',
    mend: `Let it migrate the database: DATABASE_URL=… ${schema.command ?? ''}\nor write what is to come as SQL files: schema: { migrations: 'migrations' }`,
  })

const ofLiquibase = ({ up }: Migration): AssayError =>
  new AssayError(`${up.file} is a changelog of Liquibase.`, {
    code: 'migrate.changelog',
    exit: 2,
    asked: 'migrations in SQL files',
    found: '`--liquibase formatted sql` at its head: a file with several migrations, to which more are added',
    why: 'run as one migration it would be an edited one as soon as it grows, and its contexts and preconditions would not be asked',
    mend: `Let Liquibase migrate the database, and say so in assay.config.ts, for lint, proofs and \`assay migrate test\`:\nschema: { command: '${liquibaseCommand}' }`,
  })

const readRepository = async (part: ProjectArchitecture): Promise<Repository> => {
  const { directory, migrations } = part.schema
  if (migrations === undefined) throw byCommand(part)
  const [tested, ledger] = await Promise.all([readTested(part.ledger), readLedger(part.ledger)])
  const read = readMigrations(path.resolve(directory, migrations))
  const changelog = read.find(({ up }) => isLiquibaseSql(up.text))
  if (changelog !== undefined) throw ofLiquibase(changelog)
  return {
    migrations: read,
    tested,
    ledger,
    leftAlone: part.architecture.leftAlone ?? [],
    temporary: part.architecture.temporary ?? [],
  }
}

/** `citext with schema extensions` → `citext`. */
const extensionName = (text: string): string => text.trim().split(/\s/u)[0] ?? text

const makesExtension = (sql: string, name: string): boolean =>
  /\bcreate\s+extension\b/iu.test(sql) && sql.toLowerCase().includes(name.toLowerCase())

/** What proofs are given before the first migration; here a person with the right to has to make it. */
const refuseMissingExtensions = async (
  { db }: MigrationSession,
  { extensions = [] }: ProjectArchitecture['schema'],
  { migrations }: Repository,
): Promise<void> => {
  if (extensions.length === 0) return
  const found = await db.json<{ name: string }>('select extname as name from pg_catalog.pg_extension')
  const missing = extensions
    .map(extensionName)
    .filter((name) => !found.some((one) => one.name === name))
    .filter((name) => !migrations.some(({ up }) => makesExtension(up.text, name)))
  if (missing.length === 0) return
  throw new AssayError(
    `The database lacks ${missing.length === 1 ? 'the extension' : 'extensions'} ${missing.join(', ')}.`,
    {
      code: 'migrate.extension',
      exit: 3,
      asked: `extensions: [${missing.map((name) => `'${name}'`).join(', ')}] in assay.config.ts`,
      found: 'no migration makes it, and it is not there',
      why: 'proofs have it before the first migration runs',
      mend: `As a role that may, in ${db.address.database}:\n${missing.map((name) => `create extension ${ident(name)};`).join('\n')}`,
    },
  )
}

type TargetCommand = RunWish['direction'] | 'plan' | 'status' | 'baseline' | 'resolve'

/** Between two migrations, or before the first one. */
const lostOutside = (command: TargetCommand, why: string, { db }: MigrationSession): AssayError =>
  new AssayError('The connection was lost.', {
    code: 'migrate.connection-lost',
    exit: 3,
    asked: `${db.address.host}:${db.address.port}`,
    found: why,
    why: 'the journal in the database knows what was committed',
    mend: 'Run the same command again, it goes on from there.',
    next: command === 'up' || command === 'down' ? [`assay migrate ${command} --url …`] : [],
  })

const defaultLockSeconds = 3
const defaultRetries = 8
const defaultWaitSeconds = 60

const withTarget = async <T>(
  command: TargetCommand,
  settings: MigrateSettings,
  work: (session: MigrationSession, repository: Repository, part: ProjectArchitecture) => Promise<T>,
): Promise<T> => {
  const { url, lockTimeout = defaultLockSeconds } = settings
  if (url === undefined || url === '') throw noUrl()
  const part = choose(await loadProject(settings.directory), settings.architecture)
  const repository = await readRepository(part)
  const use = command === 'status' ? 'read' : 'write'
  const session = await openMigrationSession(url, Math.round(lockTimeout * 1000), use)
  const watch = watchServer(session.db)
  try {
    return await work({ ...session, watch }, repository, part)
  } catch (cause) {
    if (!(cause instanceof ConnectionLost)) throw cause
    throw lostOutside(command, watch.why() ?? cause.message, session)
  } finally {
    watch.stop()
    await session.db.end()
  }
}

const wishOf = (settings: MigrateSettings, direction: RunWish['direction']): RunWish => ({
  direction,
  to: settings.to ?? null,
  steps: settings.steps ?? null,
  allowed: parseAllowed(settings.allow ?? []),
  waitSeconds: settings.wait ?? defaultWaitSeconds,
  retries: settings.lockRetries ?? defaultRetries,
  assay: settings.assay,
  ...(settings.onProgress ? { onProgress: settings.onProgress } : {}),
})

/** Throws AssayError or AssayErrors: see runMigrations. */
export const migrateDatabase = (
  settings: MigrateSettings,
  direction: RunWish['direction'],
): Promise<RunResult> => {
  const wish = wishOf(settings, direction)
  return withTarget(direction, settings, async (session, repository, { schema }) => {
    if (direction === 'up') await refuseMissingExtensions(session, schema, repository)
    return runMigrations(session, repository, wish)
  })
}

/** What would run, stage by stage, and what each gate says. Nothing is written. */
export const planDatabase = (
  settings: MigrateSettings,
  direction: RunWish['direction'],
): Promise<PlannedRun> => {
  const wish = wishOf(settings, direction)
  return withTarget('plan', settings, (session, repository) => planRun(session, repository, wish))
}

export interface ProjectStatus extends DatabaseStatus {
  /** Changes of shape, and in which phase each stands. */
  readonly changes: readonly StandingChange[]
  /** By the name of a migration that is one: `{ change, phase }`. */
  readonly phaseOfMigration: ReadonlyMap<string, { readonly change: string; readonly phase: string }>
}

export const statusOfDatabase = (settings: MigrateSettings): Promise<ProjectStatus> =>
  withTarget('status', settings, async ({ db }, { migrations }, { schema }) => {
    await loadParser()
    const rows = await readJournal(db, 'read')
    if (rows === null) await refuseOtherHistory(db, migrations)
    const status = statusOfAll(migrations, rows)
    const applied = status.migrations.filter(({ standing }) => standing === 'applied').map(({ name }) => name)
    const phases = readPhases(path.resolve(schema.directory, schema.migrations ?? '.'))
    return {
      ...status,
      changes: standingChanges(phases, new Set(applied)),
      phaseOfMigration: new Map(
        phases.map(({ migration, shape, phase }) => [migration, { change: shape.name, phase }]),
      ),
    }
  })

/** Answers the names that were recorded. */
export const baselineDatabase = (
  settings: MigrateSettings & { readonly to: string },
): Promise<readonly string[]> => {
  const wish = wishOf(settings, 'up')
  return withTarget('baseline', settings, (session, repository) =>
    recordBaseline(session, repository, settings.to, wish),
  )
}

export const resolveInDatabase = (settings: MigrateSettings, name: string, as: Resolution): Promise<void> => {
  const wish = wishOf(settings, 'up')
  return withTarget('resolve', settings, (session, repository) =>
    resolveMigration(session, repository, name, as, wish),
  )
}
