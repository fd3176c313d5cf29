/**
 * Use case: one statement over a table that is in use, in short batches; what is known of the backfills of a database;
 * and the word to whoever runs one to pause. It goes on by itself when the server was away for a while.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { readSqlFile } from '../migrate/files/migration-files.ts'
import { seeAllRows } from '../migrate/backfill/all-rows.ts'
import type { KeyedTable } from '../migrate/backfill/keyed-table.ts'
import { readKeyedTable } from '../migrate/backfill/keyed-table.ts'
import { keyBehindSql, rangeCondition, type Key } from '../migrate/backfill/key-range.ts'
import {
  firstSize,
  runBackfill,
  type BackfillOutcome,
  type BackfillProgress,
} from '../migrate/backfill/run-backfill.ts'
import { readBackfillStatement, type BackfillStatement } from '../migrate/backfill/statement.ts'
import {
  askToPause,
  hasStore,
  isRun,
  listBackfills,
  readDeadRows,
  type Backfill,
  type DeadRow,
} from '../migrate/backfill/store.ts'
import type { Limits } from '../migrate/backfill/throttle.ts'
import { phaseFile } from '../migrate/files/written-for.ts'
import { connectFault } from '../postgres/connect-fault.ts'
import { parseConnectionUrl } from '../postgres/connection-url.ts'
import { ConnectionLost } from '../postgres/fault.ts'
import { loadParser } from '../postgres/parse.ts'
import { isProxied, poolerFault } from '../postgres/pooler.ts'
import { openSession, type Session } from '../postgres/session.ts'

export interface BackfillSettings {
  readonly url: string
  /** A file with the statement, or the statement itself. */
  readonly source: { readonly file: string } | { readonly sql: string }
  /** Absent: the file's name without its ending, that of the migration for a file of a phase, or a digest of the statement. */
  readonly name?: string
  readonly key?: readonly string[]
  readonly again: boolean
  readonly limits: Limits
  readonly onProgress?: (progress: BackfillProgress) => void
}

/** Dead rows that are told; all of them stand in assay.backfill_dead_rows. */
const toldRows = 20
/** A server that restarts is back by then. */
const awaySeconds = 60

const connect = (url: string): Promise<Session> => {
  const address = parseConnectionUrl(url)
  return openSession(address).catch((cause: unknown) => {
    throw connectFault(cause, address)
  })
}

/** A session of its own, outside of any transaction pooler: the lock and the settings of a backfill belong to it. */
const withSession = async <T>(url: string, work: (db: Session) => Promise<T>): Promise<T> => {
  const db = await connect(url)
  try {
    if (await isProxied(db)) throw poolerFault(db.address)
    return await work(db)
  } finally {
    await db.end()
  }
}

/** The files of all phases are called alike: their directories tell them apart. */
const nameOfFile = (file: string): string => {
  const own = path.basename(file).replace(/\.sql$/iu, '')
  const directory = path.dirname(file)
  if (!existsSync(path.join(directory, phaseFile))) return own
  return path.basename(directory) + own.replace(/^backfill(?=-|$)/u, '')
}

const read = async ({
  source,
  name,
}: BackfillSettings): Promise<{ statement: BackfillStatement; name: string }> => {
  await loadParser()
  if ('sql' in source) {
    const statement = readBackfillStatement({ file: null, text: source.sql })
    const digest = createHash('sha256').update(statement.text).digest('hex').slice(0, 8)
    return { statement, name: name ?? `${statement.table.name}-${digest}` }
  }
  const file = path.resolve(source.file)
  const statement = readBackfillStatement(readSqlFile(file))
  return { statement, name: name ?? nameOfFile(file) }
}

/** The command that goes on where it stopped. */
export const sameBackfill = ({ source, name, key }: BackfillSettings): string =>
  `${shellCommand(
    'assay',
    'migrate',
    'backfill',
    ...('file' in source ? [source.file] : ['--sql', source.sql]),
    ...(name === undefined ? [] : ['--name', name]),
    ...(key === undefined ? [] : ['--key', key.join(',')]),
  )} --url …`

const stayedAway = (settings: BackfillSettings, cause: unknown): AssayError =>
  new AssayError('The server went away, and did not come back within a minute.', {
    code: 'backfill.server-away',
    exit: 3,
    found: cause instanceof AssayError ? (cause.found ?? cause.message) : String(cause),
    why: 'the cursor in the database knows what was done, and stands in the transaction that did it',
    mend: `Once it answers, run the same command again, it goes on from there:\n${sameBackfill(settings)}`,
    next: [sameBackfill(settings)],
    cause,
  })

export interface BackfillRun extends BackfillOutcome {
  /** The first of them. */
  readonly deadRows: readonly DeadRow[]
}

const isAway = (cause: unknown): boolean =>
  cause instanceof ConnectionLost || (cause instanceof AssayError && cause.code.startsWith('server.'))

/**
 * Runs it to its end or to a pause. A server that went away while it ran is waited for. Throws what runBackfill throws;
 * what was done stays done.
 */
export const backfillDatabase = async (settings: BackfillSettings): Promise<BackfillRun> => {
  const { statement, name } = await read(settings)
  let begun = false
  let lostAt: number | null = null
  const onProgress = (progress: BackfillProgress): void => {
    begun = true
    lostAt = null
    settings.onProgress?.(progress)
  }
  for (;;) {
    try {
      return await withSession(settings.url, async (db) => {
        const again = settings.again && !begun
        const { key = null, limits } = settings
        const outcome = await runBackfill(db, { name, statement, key, again, limits, onProgress })
        return { ...outcome, deadRows: await readDeadRows(db, name, toldRows) }
      })
    } catch (cause) {
      // A server that was never reached is a mistake in --url.
      if (!begun || !isAway(cause)) throw cause
      lostAt ??= performance.now()
      if (performance.now() - lostAt > awaySeconds * 1000) throw stayedAway(settings, cause)
      await rest(1000)
    }
  }
}

export interface BackfillPlan {
  readonly name: string
  readonly table: KeyedTable
  /** The first batch as it would be sent. */
  readonly firstBatch: string
}

/** What a run would do; writes nothing. */
export const planBackfill = async (settings: BackfillSettings): Promise<BackfillPlan> => {
  const { statement, name } = await read(settings)
  return withSession(settings.url, async (db) => {
    await db.query('set default_transaction_read_only = on')
    const table = await readKeyedTable(db, statement, settings.key ?? null)
    await seeAllRows(db, statement)
    const [first] = await db.json<{ readonly key: Key }>(keyBehindSql(table, null, firstSize))
    const range = rangeCondition(table.key, statement.column, { after: null, upTo: first?.key ?? null })
    return { name, table, firstBatch: statement.within(range) }
  })
}

/** All of a database, the oldest first. */
export const knownBackfills = (url: string): Promise<readonly Backfill[]> =>
  withSession(url, async (db) => ((await hasStore(db)) ? listBackfills(db) : []))

const unknown = (name: string | null, known: readonly Backfill[]): AssayError =>
  new AssayError(
    name === null
      ? known.length === 0
        ? 'There is no backfill in this database.'
        : 'It is not said which backfill.'
      : `There is no backfill ${name} in this database.`,
    {
      code: name === null && known.length > 0 ? 'usage.no-name' : 'backfill.unknown',
      exit: 2,
      asked: name ?? 'the one that is not complete',
      found:
        known.length === 0
          ? 'none was begun here'
          : known.map((one) => `${one.name} (${one.state})`).join(', '),
      mend:
        known.length === 0
          ? 'See which there are: assay migrate backfill --status --url …'
          : `Name it: ${shellCommand('assay', 'migrate', 'backfill', '--pause', '--name', known[0]?.name ?? '')} --url …`,
    },
  )

export interface PausedBackfill {
  readonly name: string
  /** complete: there was nothing left to pause. */
  readonly state: Backfill['state']
  /** Whether somebody runs it: it ends behind its batch. */
  readonly isRun: boolean
}

/**
 * Asks whoever runs it to pause; null: the only one, or the only one that is not complete. Throws AssayError
 * `backfill.unknown` when there is none, `usage.no-name` when there are several (exit 2).
 */
export const pauseBackfill = (url: string, name: string | null): Promise<PausedBackfill> =>
  withSession(url, async (db) => {
    const known = (await hasStore(db)) ? await listBackfills(db) : []
    const open = known.filter(({ state }) => state !== 'complete')
    const all = open.length > 0 ? open : known
    const meant = name ?? (all.length === 1 ? all[0]?.name : undefined)
    const before = known.find((one) => one.name === meant)
    if (meant === undefined || before === undefined) throw unknown(name, name === null ? all : known)
    const found = await askToPause(db, meant)
    return { name: meant, state: found?.state ?? before.state, isRun: await isRun(db, meant) }
  })
