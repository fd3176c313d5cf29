/**
 * The history of a tool whose migrations are code (`schema.command`), as SQL: its own command runs against a server of
 * Assay's, and what it sent is written down, a migration at a time, so that it can be linted and tested.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import type { Migration } from '../migrate/files/migration.ts'
import { isSessionSetting } from '../migrate/files/session-settings.ts'
import { readMigrationAt } from '../migrate/files/read-migrations.ts'
import {
  behindLast,
  inOneTransaction,
  notBack,
  readsRows,
  runsAgain,
} from '../migrate/tools/history-findings.ts'
import { isRefusedHalfDone } from '../migrate/tools/half-done.ts'
import { recordedText } from '../migrate/tools/recorded-text.ts'
import { directivesIn, openSources, type SourceFile } from '../migrate/tools/source-files.ts'
import { splitHistory, type SentHistory, type SentMigration } from '../migrate/tools/split-history.ts'
import type { ToolTable } from '../migrate/tools/tool-tables.ts'
import { startTap } from '../migrate/tools/wire-tap.ts'
import { formatConnectionUrl, parseConnectionUrl } from '../postgres/connection-url.ts'
import { loadParser } from '../postgres/parse.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import type { ServerWish } from './migrated.ts'
import { makeGround } from './migration-ground.ts'
import type { ProjectArchitecture } from './project.ts'
import { runSchemaCommand } from './schema-command.ts'

export interface RecordedMigration extends Migration {
  /** Absolute: the file that a person wrote; null: it is not of this project. */
  readonly source: string | null
}

export interface RecordedHistory {
  readonly tool: string
  /** In the order in which the tool ran them. */
  readonly migrations: readonly RecordedMigration[]
  readonly findings: readonly Finding[]
  /** The architecture with a schema that begins where the first migration does. */
  readonly ground: ProjectArchitecture
}

interface Sent {
  readonly up: SentHistory
  readonly down: SentHistory | null
  /** Why not all of them went back. */
  readonly downFault: AssayError | null
}

const noMark = (command: string): AssayError =>
  new AssayError('It cannot be told which migration did what.', {
    code: 'history.no-marks',
    exit: 3,
    asked: command,
    found: 'statements, and no row of a migration tool that says which migration it ran',
    why: 'each tool writes down what it ran; Assay cuts what was sent where such a row is written',
    mend: "Let schema.command be the command that applies the migrations (alembic upgrade head, python manage.py migrate, npx knex migrate:latest), not one that loads a schema in one piece. Where the migrations are SQL files (Prisma, Drizzle, Flyway), name their directory instead: schema: { migrations: 'prisma/migrations' }, or for lint alone: assay lint --migrations prisma/migrations",
  })

const unread = (name: string, why: string): AssayError =>
  new AssayError(`What ${name} sent cannot be written as SQL.`, {
    code: 'history.unread',
    exit: 3,
    asked: 'the SQL of each migration',
    found: why,
    mend: 'Let the migration write the value into its SQL, or use a driver that sends values as text.',
  })

const unwritable = (directory: string, cause: unknown): AssayError =>
  new AssayError(`What the command sent cannot be written down: ${directory}`, {
    code: 'history.unwritable',
    exit: 3,
    found: cause instanceof Error ? cause.message : String(cause),
    why: 'findings name its lines',
    mend: `Make ${directory} a directory that this user can write.`,
    cause,
  })

/** Runs both ways against one database; who comes back has a server that nothing was left on. */
const recordBoth = async (
  server: Server,
  ground: ProjectArchitecture,
  command: string,
  down: string | null,
): Promise<Sent> => {
  const database = await makeGround(server, ground)
  const { directory } = ground.schema
  const { tls: _, ...address } = parseConnectionUrl(server.ownerUrl(database))
  const tap = await startTap(address)
  const url = formatConnectionUrl({ ...address, host: '127.0.0.1', port: tap.port })
  try {
    await runSchemaCommand(server, database, { directory, command }, url)
    const up = splitHistory(tap.take(), 'up')
    if (up.table === null || up.migrations.length === 0) throw noMark(command)
    if (down === null) return { up, down: null, downFault: null }
    const downFault = await runSchemaCommand(server, database, { directory, command: down }, url).then(
      () => null,
      (cause: unknown) => {
        if (cause instanceof AssayError && cause.code === 'schema.command-failed') return cause
        throw cause
      },
    )
    return { up, down: splitHistory(tap.take(), 'down', up.table), downFault }
  } finally {
    await tap.stop()
  }
}

/** As one part of a path: of a long name, its end. */
const fileName = (name: string): string => name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').slice(-100)

const hashOf = ({ text }: SourceFile): string =>
  createHash('sha256').update(text.replaceAll('\r\n', '\n'), 'utf8').digest('hex')

/** Of its file; of Django with its application, where names repeat. No two have one file. */
const nameOf = (
  table: ToolTable,
  { name }: SentMigration,
  source: SourceFile | null,
  taken: ReadonlySet<string>,
): string => {
  const stem =
    source === null || table.columns.length > 1 ? name : path.basename(source.file).replace(/\.[^.]+$/u, '')
  const names = [stem, `${stem}-${name}`, ...Array.from(taken, (_, n) => `${stem}-${n + 2}`)]
  return names.find((one) => !taken.has(fileName(one))) ?? stem
}

const textsOf = (
  sent: SentMigration,
  direction: 'up' | 'down',
  command: string,
  source: SourceFile | null,
  directory: string,
): string => {
  const lost = sent.statements.find((one) => one.unread !== null)
  if (lost?.unread != null) throw unread(sent.name, lost.unread)
  return recordedText({
    command,
    source: source === null ? null : path.relative(directory, source.file),
    directives: source === null ? [] : directivesIn(source.text)[direction],
    statements: sent.statements,
  })
}

const writeAll = (place: string, texts: ReadonlyMap<string, string>): void => {
  try {
    mkdirSync(place, { recursive: true })
    writeFileSync(path.join(path.dirname(place), '.gitignore'), '*\n')
    for (const name of readdirSync(place)) if (!texts.has(name)) rmSync(path.join(place, name))
    for (const [name, text] of texts) writeFileSync(path.join(place, name), text)
  } catch (cause) {
    throw unwritable(place, cause)
  }
}

/** Those that share a transaction with the one before them, and that one. Settings of the session were made before all. */
const sharing = (migrations: readonly SentMigration[]): readonly SentMigration[] => {
  const numbersOf = ({ statements }: SentMigration): ReadonlySet<number | null> =>
    new Set(statements.flatMap((one) => (isSessionSetting(one) ? [] : (one.transaction ?? []))))
  const isShared = (one: SentMigration | undefined, other: SentMigration | undefined): boolean =>
    one !== undefined &&
    other !== undefined &&
    [...numbersOf(one)].some((number) => numbersOf(other).has(number))
  return migrations.filter(
    (one, index) => isShared(one, migrations[index - 1]) || isShared(one, migrations[index + 1]),
  )
}

const build = (
  part: ProjectArchitecture,
  sent: Sent,
  command: string,
  down: string | null,
): RecordedHistory => {
  const { schema, architecture } = part
  const table = sent.up.table
  if (table === null) throw noMark(command)
  const place = path.join(schema.directory, '.assay', 'recorded', fileName(architecture.name))
  const sourceOf = openSources(schema.directory)
  const texts = new Map<string, string>()
  const taken = new Set<string>()
  const planned = sent.up.migrations.map((one) => {
    const source = sourceOf(one.name)
    const name = nameOf(table, one, source, taken)
    taken.add(fileName(name))
    const back = sent.down?.migrations.find((other) => other.name === one.name)
    const upFile = `${fileName(name)}.sql`
    const downFile = back === undefined ? null : `${fileName(name)}.down.sql`
    texts.set(upFile, textsOf(one, 'up', command, source, schema.directory))
    if (back !== undefined && downFile !== null)
      texts.set(downFile, textsOf(back, 'down', down ?? command, source, schema.directory))
    return { name, source, upFile, downFile, reads: [...new Set([...one.reads, ...(back?.reads ?? [])])] }
  })
  writeAll(place, texts)
  const migrations = planned.map(({ name, source, upFile, downFile }): RecordedMigration => {
    const read = readMigrationAt({
      name,
      isRepeatable: false,
      up: path.join(place, upFile),
      down: downFile === null ? null : path.join(place, downFile),
    })
    // A time of today in what was sent would make it another migration every day.
    return { ...read, hash: source === null ? read.hash : hashOf(source), source: source?.file ?? null }
  })
  const last = migrations.at(-1)?.name ?? ''
  const shared = sharing(sent.up.migrations)
  const ways = migrations.filter(
    (one) => one.down === null && one.directives.forward === null && one.source !== null,
  )
  const { command: _command, down: _down, ...ground } = schema
  return {
    tool: table.tool,
    migrations,
    ground: { ...part, schema: ground },
    findings: [
      ...planned.flatMap(({ name, reads, upFile }) =>
        reads.length === 0 ? [] : [readsRows(name, reads, path.join(place, upFile))],
      ),
      ...runsAgain(
        table.tool,
        migrations.flatMap(({ name, up, source }) =>
          source !== null && isRefusedHalfDone(up) ? [{ name, file: up.file }] : [],
        ),
      ),
      ...(sent.up.behind.length === 0 ? [] : [behindLast(sent.up.behind, last)]),
      ...(shared.length === 0 ? [] : [inOneTransaction(shared.map(({ name }) => name))]),
      ...(sent.downFault === null || ways.length === 0
        ? []
        : [
            notBack(
              ways.map(({ name }) => name),
              sent.downFault,
            ),
          ]),
    ],
  }
}

/**
 * null: the schema does not come from a command. Throws AssayError for a command that fails, and for one that says
 * nowhere which migration it runs. Its server is gone afterwards, with the roles that migrations make.
 */
export const recordHistory = async (
  part: ProjectArchitecture,
  ways: 'up' | 'both',
  { url, onProgress }: ServerWish,
): Promise<RecordedHistory | null> => {
  const { command, down: back, ...ground } = part.schema
  const down = ways === 'both' ? (back ?? null) : null
  if (command === undefined) return null
  await loadParser()
  onProgress?.(`recording ${command}`, 0, 1)
  const server = await startServer(url === undefined ? { tcp: true } : { url })
  try {
    return build(part, await recordBoth(server, { ...part, schema: ground }, command, down), command, down)
  } finally {
    await server.stop()
  }
}
