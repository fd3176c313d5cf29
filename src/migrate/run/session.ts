/** The session that migrations run in: its settings, and what keeps a database from being migrated at all. */
import { AssayError } from '../../ground/errors.ts'
import { connectFault } from '../../postgres/connect-fault.ts'
import { parseConnectionUrl } from '../../postgres/connection-url.ts'
import type { Address } from '../../postgres/address.ts'
import { trackSessions } from '../../postgres/open-sessions.ts'
import { assertNoPooler } from '../../postgres/pooler.ts'
import { literal } from '../../postgres/quote.ts'
import { openSession, type Session } from '../../postgres/session.ts'
import type { ServerWatch } from './watch-server.ts'

const oldest = 14
const newest = 18

/** A run never rests so long inside of a transaction. */
export const idleMinutes = 5

/**
 * Timeouts of the role or the database are for the application. A client that dies is noticed, so that its statement
 * does not go on unseen.
 */
const settings = (major: number, lockTimeoutMs: number): readonly string[] => [
  `set lock_timeout = ${lockTimeoutMs}`,
  'set statement_timeout = 0',
  // One whose client cannot be reached lets go of its locks.
  `set idle_in_transaction_session_timeout = '${idleMinutes}min'`,
  'set tcp_keepalives_idle = 30',
  'set tcp_keepalives_interval = 10',
  'set tcp_keepalives_count = 6',
  'set idle_session_timeout = 0',
  ...(major >= 17 ? ['set transaction_timeout = 0'] : []),
  'set client_connection_check_interval = 1000',
]

const noSuchVersion = (major: number): AssayError =>
  new AssayError(`PostgreSQL ${major} is ${major < oldest ? 'older' : 'newer'} than Assay can migrate.`, {
    code: 'server.version',
    exit: 3,
    asked: `PostgreSQL ${oldest} to ${newest}`,
    found: `version ${major}`,
    mend: 'Use a server of one of these versions.',
  })

const standby = ({ host, port }: Address): AssayError =>
  new AssayError('The server is a standby, which can only be read.', {
    code: 'migrate.standby',
    exit: 4,
    asked: `to migrate ${host}:${port}`,
    found: 'pg_is_in_recovery() is true',
    why: 'the journal and the migrations are written on the primary, and come here by themselves',
    mend: 'Give the --url of the primary server. No --allow changes this: a standby refuses every write.',
  })

const readOnly = ({ user, database }: Address): AssayError =>
  new AssayError(`Sessions of ${user} in ${database} are read-only.`, {
    code: 'migrate.read-only',
    exit: 3,
    asked: 'a session that may write',
    found: 'default_transaction_read_only is on, for the role, the database or the server',
    mend: 'Use the role that owns the schema, or take the setting away: alter role … reset default_transaction_read_only',
  })

/** Behind a transaction pooler the advisory lock and the settings would belong to whoever comes next. */
const refusePooler = async (db: Session, { host, port }: Address): Promise<void> => {
  const sessions = trackSessions()
  try {
    await assertNoPooler(db, sessions)
  } catch (cause) {
    if (!(cause instanceof AssayError) || cause.code !== 'server.pooler') throw cause
    throw new AssayError(cause.message, {
      code: cause.code,
      exit: 3,
      asked: `a session of its own at ${host}:${port}`,
      found: 'a pooler that gives each transaction another session, as PgBouncer does',
      why: 'the lock that keeps two runners apart, lock_timeout and statements outside of transactions need one session that stays',
      mend: cause.mend,
    })
  } finally {
    await sessions.endAll()
  }
}

interface Facts {
  readonly major: number
  readonly standby: boolean
  readonly readOnly: boolean
}

export interface MigrationSession {
  readonly db: Session
  readonly major: number
  readonly lockTimeoutMs: number
  /** Tells why it gave the session up. */
  readonly watch?: ServerWatch
}

/** Everything that a script may have left in the session goes, but not the advisory lock, which DISCARD ALL would let go. */
export const resetSession = async (
  { db, major, lockTimeoutMs }: MigrationSession,
  applicationName = 'assay migrate',
): Promise<void> => {
  const statements = [
    'close all',
    'reset session authorization',
    'reset all',
    'deallocate all',
    'unlisten *',
    'discard temp',
    'discard sequences',
    ...settings(major, lockTimeoutMs),
    `set application_name = ${literal(applicationName)}`,
  ]
  await db.query(statements.join(';\n'))
}

/**
 * Throws AssayError: no such server, a pooler, a version that is not known; a standby and sessions that are read-only, where
 * more than reading is wanted.
 */
export const openMigrationSession = async (
  url: string,
  lockTimeoutMs: number,
  use: 'write' | 'read' = 'write',
): Promise<MigrationSession> => {
  const address: Address = { ...parseConnectionUrl(url), applicationName: 'assay migrate' }
  const db = await openSession(address).catch((cause: unknown) => {
    throw databaseFault(connectFault(cause, address), address)
  })
  try {
    await refusePooler(db, address)
    const [facts] = await db.json<Facts>(`
      select pg_catalog.current_setting('server_version_num')::int / 10000 as major,
        pg_catalog.pg_is_in_recovery() as standby,
        pg_catalog.current_setting('default_transaction_read_only') = 'on' as "readOnly"`)
    const major = facts?.major ?? 0
    if (major < oldest || major > newest) throw noSuchVersion(major)
    if (use === 'write' && facts?.standby === true) throw standby(address)
    if (use === 'write' && facts?.readOnly === true) throw readOnly(address)
    const session = { db, major, lockTimeoutMs }
    await resetSession(session)
    return session
  } catch (cause) {
    await db.end()
    throw cause
  }
}

const databaseFault = (fault: AssayError, { database }: Address): AssayError =>
  fault.code === 'server.database'
    ? new AssayError(fault.message, {
        code: fault.code,
        exit: 3,
        ...(fault.asked === undefined ? {} : { asked: fault.asked }),
        ...(fault.found === undefined ? {} : { found: fault.found }),
        mend: `Correct the name in --url, or make it first: createdb ${database}`,
      })
    : fault
