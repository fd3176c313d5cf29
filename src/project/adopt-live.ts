/** Reads an existing database in one read-only transaction: nothing is ever written there, whatever is asked of it. */
import { connectFault } from '../postgres/connect-fault.ts'
import { parseConnectionUrl } from '../postgres/connection-url.ts'
import { AssayError } from '../ground/errors.ts'
import { PgError } from '../postgres/fault.ts'
import { ident } from '../postgres/quote.ts'
import { openSession, type Address, type Session } from '../postgres/session.ts'

const oldest = 14
const newest = 18

const wrongVersion = (major: number): AssayError =>
  new AssayError(`PostgreSQL ${major} is ${major < oldest ? 'older' : 'newer'} than Assay can read.`, {
    code: 'server.version',
    exit: 3,
    asked: `PostgreSQL ${oldest} to ${newest}`,
    found: `version ${major}`,
    mend: 'Write its schema to a file, and adopt that:\npg_dump --schema-only … > schema.sql\nnpx assay adopt --sql schema.sql',
  })

const noSuchDatabase = ({ database, host, port }: Address): AssayError =>
  new AssayError(`There is no database ${database} at ${host}:${port}.`, {
    code: 'server.database',
    exit: 3,
    asked: `the database ${database}`,
    found: 'a server that does not have it',
    mend: 'Name the database at the end of --url: postgres://user@host:5432/DATABASE; psql -l lists them.',
  })

/** What PostgreSQL refused to show, and the statement that would show it. */
const grantFor = (message: string, user: string): string => {
  const found = /permission denied for (?<kind>[a-z ]+?) "?(?<name>[^"]+)"?$/u.exec(message)?.groups
  const { kind = '', name = '' } = found ?? {}
  const right = ({ schema: 'usage', function: 'execute', sequence: 'select' } as Record<string, string>)[kind]
  const object = kind === 'schema' || kind === 'function' || kind === 'sequence' ? `${kind} ` : ''
  const place = name.startsWith('pg_') ? `pg_catalog.${ident(name)}` : ident(name)
  if (name === '') return `Give ${user} the right that is missing, or read the database as its owner.`
  return `As its owner or a superuser:\ngrant ${right ?? 'select'} on ${object}${place} to ${ident(user)};`
}

const notAllowed = (cause: PgError, { user, database }: Address): AssayError =>
  new AssayError(`The role ${user} may not read all of ${database}’s schema.`, {
    code: 'adopt.privileges',
    exit: 3,
    asked: 'the definitions of tables, functions and policies',
    found: `${cause.fault.message} (SQLSTATE ${cause.fault.sqlstate})`,
    why: 'what cannot be read would be missing from the architecture',
    mend: grantFor(cause.fault.message, user),
    cause,
  })

const open = async (address: Address): Promise<Session> => {
  try {
    return await openSession(address)
  } catch (cause) {
    const fault = connectFault(cause, address)
    throw fault.code === 'server.database' ? noSuchDatabase(address) : fault
  }
}

/** Settings end with the transaction: behind a pooler the connection serves others afterwards. */
const begin = `
begin transaction isolation level repeatable read read only;
set local default_transaction_read_only = on;
set local statement_timeout = 0;
set local lock_timeout = '10s';
set local idle_in_transaction_session_timeout = 0`

export interface LiveDatabase {
  readonly db: Session
  /** Works in a read-only transaction that sees one moment of the database. Throws AssayError. */
  read<T>(work: () => Promise<T>): Promise<T>
  /** What was refused, with the right that is missing; any other cause as it is. */
  explain(cause: unknown): unknown
  close(): Promise<void>
}

/** Throws AssayError when the database cannot be entered, or is of a version that is not known. */
export const openLiveDatabase = async (
  url: string,
  applicationName = 'assay adopt',
): Promise<LiveDatabase> => {
  const address: Address = { ...parseConnectionUrl(url), applicationName }
  const db = await open(address)
  const explain = (cause: unknown): unknown =>
    cause instanceof PgError && cause.fault.sqlstate === '42501' ? notAllowed(cause, address) : cause
  try {
    const [version] = (await db.query('show server_version_num')).at(-1)?.rows[0] ?? []
    const major = Math.floor(Number(version) / 10_000)
    if (major < oldest || major > newest) throw wrongVersion(major)
  } catch (cause) {
    await db.end()
    throw cause
  }
  return {
    db,
    explain,
    async read(work) {
      try {
        await db.query(begin)
        return await work()
      } catch (cause) {
        throw explain(cause)
      } finally {
        await db.batch(['rollback'])
      }
    },
    close: () => db.end(),
  }
}

/** Roles that grants and policies of this database name, and that no policy holds back. */
export const readBypassing = async (db: Session): Promise<readonly string[]> => {
  const roles = await db.json<{ readonly name: string }>(`
  select r.rolname::text as name from pg_catalog.pg_roles r
   where r.rolbypassrls and not r.rolsuper and r.oid in (
     select d.refobjid from pg_catalog.pg_shdepend d
      where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
        and d.dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
   order by r.rolname collate "C"`)
  return roles.map(({ name }) => name)
}
