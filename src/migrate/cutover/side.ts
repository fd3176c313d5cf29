/** The two databases of a cutover, each with the sessions that work on it. */
import { connectFault } from '../../postgres/connect-fault.ts'
import { parseConnectionUrl } from '../../postgres/connection-url.ts'
import { AssayError } from '../../ground/errors.ts'
import { isProxied, poolerFault } from '../../postgres/pooler.ts'
import { openSession, type Address, type Session } from '../../postgres/session.ts'
import { applicationName, type SideKey } from './names.ts'

export interface Side {
  readonly key: SideKey
  /** For statements that are short; sessions for reading are opened beside it. */
  readonly db: Session
  readonly address: Address
  /** How the other server reaches it. */
  readonly reached: Address
  readonly major: number
  readonly isSuperuser: boolean
  /** Another session; it is ended by `close`, if not before. */
  open(): Promise<Session>
  /** Process ids of all sessions that were opened here. */
  pids(): readonly number[]
  close(): Promise<void>
}

export interface Pair {
  readonly from: Side
  readonly to: Side
}

export interface SideSettings {
  readonly url: string
  /** Absent: the other server reaches it by the same connection string. */
  readonly reachedBy?: string
}

const oldest = 14
const newest = 18

const wrongVersion = (key: SideKey, major: number): AssayError =>
  new AssayError(`PostgreSQL ${major} is ${major < oldest ? 'older' : 'newer'} than a cutover can move.`, {
    code: 'server.version',
    exit: 3,
    asked: `PostgreSQL ${oldest} to ${newest} at --${key}`,
    found: `version ${major}`,
    mend: 'Move it with pg_dump and pg_restore while the application stands still.',
  })

/** A fault of connecting speaks of --url; here there are two. */
const named = (fault: AssayError, key: SideKey): AssayError =>
  new AssayError(`--${key}: ${fault.message}`, {
    code: fault.code,
    exit: fault.exit,
    mend: fault.mend.replaceAll('--url', `--${key}`),
    ...(fault.asked === undefined ? {} : { asked: fault.asked }),
    ...(fault.found === undefined ? {} : { found: fault.found }),
    cause: fault,
  })

/** What a session says must be on disk when it has said so; nothing is cut off by a setting, and no lock waited for without end. */
const settings = `set synchronous_commit = on; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
  set default_transaction_read_only = off; set default_transaction_isolation = 'read committed'; set lock_timeout = '10s';
  set row_security = off; set search_path = ''; set idle_session_timeout = 0`

const connect = async (address: Address, key: SideKey): Promise<Session> => {
  const db = await openSession(address).catch((cause: unknown) => {
    throw named(connectFault(cause, address), key)
  })
  try {
    await db.query(settings)
    return db
  } catch (cause) {
    await db.end()
    throw cause
  }
}

interface Greeting {
  readonly major: number
  readonly superuser: boolean
}

const greetingSql = `
  select pg_catalog.current_setting('server_version_num')::int / 10000 as major, r.rolsuper as superuser
  from pg_catalog.pg_roles r where r.rolname = current_user`

/** Throws AssayError when it cannot be entered, is behind a pooler, or is of a version that is not known. */
export const openSide = async (key: SideKey, { url, reachedBy }: SideSettings): Promise<Side> => {
  const address: Address = { ...parseConnectionUrl(url), applicationName }
  const reached = reachedBy === undefined ? address : parseConnectionUrl(reachedBy)
  const sessions = new Set<Session>()
  const open = async (): Promise<Session> => {
    const db = await connect(address, key)
    sessions.add(db)
    return {
      ...db,
      async end() {
        sessions.delete(db)
        await db.end()
      },
    }
  }
  const db = await open()
  try {
    if (await isProxied(db)) throw named(poolerFault(address), key)
    const [greeting] = await db.json<Greeting>(greetingSql)
    const { major = 0, superuser = false } = greeting ?? {}
    if (major < oldest || major > newest) throw wrongVersion(key, major)
    return {
      key,
      db,
      address,
      reached,
      major,
      isSuperuser: superuser,
      open,
      pids: () => [...sessions].map(({ pid }) => pid),
      close: async () => {
        await Promise.all([...sessions].map((session) => session.end()))
      },
    }
  } catch (cause) {
    await db.end()
    throw cause
  }
}

/** `shop at db1:5432`, for messages. */
export const placeOf = ({ address: { host, port, database } }: Pick<Side, 'address'>): string =>
  `${database} at ${host}:${port}`
