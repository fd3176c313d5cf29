/** Whose schema is scored: that of a project's configuration, or of SQL files alone, for which no rule is declared. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { startServer } from '../postgres/start.ts'
import type { Server } from '../postgres/server.ts'
import type { Finding } from '../prove/result.ts'
import { loadProject } from './config.ts'
import { areLarge, readDumpFile } from './dump-file.ts'
import { dumpSteps } from './dump-steps.ts'
import { loadFindings } from './load-findings.ts'
import { loadScript } from './load-script.ts'
import { withMigrated, type ServerWish } from './migrated.ts'
import { notPostgres } from './not-postgres.ts'
import { readBefore } from './read-before.ts'
import type { Project } from './project.ts'
import { createExtensions } from './schema-extensions.ts'
import type { SchemaSource } from './schema-source.ts'

export interface ScoreSource {
  /** Where the config is looked for, upwards; without one, where the suite runs. */
  readonly directory: string
  /** Which of several architectures. */
  readonly architecture?: string
  /** Instead of a configuration. */
  readonly migrations?: string
  readonly sql?: readonly string[]
  readonly extensions?: readonly string[]
  /** Variables of psql that they name. */
  readonly variables?: ReadonlyMap<string, string>
}

const bare = (directory: string, { migrations, sql = [], extensions = [] }: ScoreSource): Project => ({
  directory,
  file: path.join(directory, 'assay.config.ts'),
  architectures: [
    {
      architecture: { name: path.basename(directory) || 'database', tables: [], identity: null },
      ledger: path.join(directory, 'ledger'),
      schema: {
        directory,
        // Paths of the command line are those of the working directory.
        before: sql.map((file) => path.resolve(file)),
        ...(migrations === undefined ? {} : { migrations: path.resolve(migrations) }),
        extensions,
      },
    },
  ],
})

const notOne = (found: readonly string[], asked: string | undefined): AssayError =>
  new AssayError(
    asked === undefined
      ? 'The configuration has several architectures, and a suite is run against one database.'
      : `The configuration has no architecture ${JSON.stringify(asked)}.`,
    {
      code: 'score.architecture',
      exit: 2,
      found: found.join(', '),
      mend: `Name one: assay score … --architecture ${found[0] ?? 'NAME'}`,
    },
  )

const noMigrations = (directory: string): AssayError =>
  new AssayError(`There is no directory ${directory}.`, {
    code: 'schema.migrations',
    exit: 3,
    asked: `--migrations ${directory}`,
    found: 'no such directory',
    mend: 'Name the one that holds the SQL files: assay score --migrations DIR --suite …',
  })

/** Nobody needs one to judge a suite. */
const withoutConfig = (cause: unknown): unknown =>
  cause instanceof AssayError && cause.code === 'config.not-found'
    ? new AssayError(cause.message, {
        code: cause.code,
        exit: 2,
        asked: cause.asked ?? 'a configuration',
        found: cause.found ?? 'none',
        why: 'it would say where the schema comes from',
        mend: 'Name the SQL that makes the schema; no configuration is needed:\nassay score --migrations DIR --suite …\nassay score --sql FILE --suite …',
        cause,
      })
    : cause

/** A project of one architecture. */
export const readScoreSource = async (source: ScoreSource): Promise<Project> => {
  const { directory, architecture, migrations, sql = [] } = source
  if (migrations !== undefined && !existsSync(migrations)) throw noMigrations(migrations)
  if (migrations !== undefined || sql.length > 0) return bare(path.resolve(directory), source)
  const project = await loadProject(directory).catch((cause: unknown) => {
    throw withoutConfig(cause)
  })
  const chosen = project.architectures.filter(
    (one) => architecture === undefined || one.architecture.name === architecture,
  )
  if (chosen.length === 1) return { ...project, architectures: chosen }
  throw notOne(
    project.architectures.map((one) => one.architecture.name),
    architecture,
  )
}

export interface DumpWish extends ServerWish {
  /** Variables of psql that the SQL names. */
  readonly variables?: ReadonlyMap<string, string>
}

/** The schema on a server of its own, which is gone when the work is done. */
export interface ScoreGround {
  readonly server: Server
  readonly template: string
  /** What of a dump could not be loaded. */
  readonly findings: readonly Finding[]
}

const withDump = async <T>(
  { before = [], extensions = [] }: SchemaSource,
  { url, tcp = false, onProgress, variables = new Map() }: DumpWish,
  work: (ground: ScoreGround) => Promise<T>,
): Promise<T> => {
  const files = readBefore(before, (file) => readDumpFile(file))
  const steps = dumpSteps(files, { variables })
  onProgress?.('starting PostgreSQL', 0, 1)
  const isLarge = areLarge(before.filter((part) => typeof part === 'string'))
  const server = await startServer({ tcp, isLarge, ...(url === undefined ? {} : { url }) })
  try {
    const template = await server.createDatabase('dump')
    await createExtensions(server, template, extensions)
    const loaded = await loadScript(steps, {
      server,
      database: template,
      asMigrations: false,
      onProgress: (done, of) => onProgress?.('loading', done, of),
    }).catch((cause: unknown) => {
      throw notPostgres(files, cause)
    })
    await server.admitRoles()
    return await work({ server, template, findings: loadFindings(loaded) })
  } finally {
    await server.stop()
  }
}

/** `isDump`: the SQL files are read as pg_dump writes them and psql runs them, without their rows. */
export const withScoreGround = <T>(
  project: Project,
  isDump: boolean,
  wish: DumpWish,
  work: (ground: ScoreGround) => Promise<T>,
): Promise<T> =>
  isDump
    ? withDump(project.architectures[0]!.schema, wish, work)
    : withMigrated(project, wish, async ([migrated]) =>
        work({ server: migrated!.server, template: migrated!.template, findings: [] }),
      )
