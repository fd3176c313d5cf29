/** What the role of --url must be allowed to do, looked at before anything is made. */
import { AssayError } from '../../ground/errors.ts'
import { ident } from '../quote.ts'
import type { Session } from '../session.ts'

export interface RemoteFacts {
  readonly version: number
  readonly major: number
  /** The role that was logged in as. */
  readonly user: string
  readonly superuser: boolean
  /** May pass on the right to set session_replication_role. */
  readonly grantsReplicationRole: boolean
  /** The same, of how deep functions may call themselves: superusers alone can be sure of it. */
  readonly grantsStackDepth: boolean
}

interface Attributes {
  readonly version: string
  readonly user: string
  readonly superuser: boolean
  readonly createdb: boolean
  readonly createrole: boolean
  readonly bypassrls: boolean
  readonly standby: boolean
}

const attributes = `
select pg_catalog.current_setting('server_version_num') as version,
       r.rolname::text as "user",
       r.rolsuper as superuser,
       r.rolcreatedb as createdb,
       r.rolcreaterole as createrole,
       r.rolbypassrls as bypassrls,
       pg_catalog.pg_is_in_recovery() as standby
  from pg_catalog.pg_roles r
 where r.rolname = current_user`

const mayGrantParameter = `
select pg_catalog.has_parameter_privilege('session_replication_role', 'set with grant option') as may`

const oldest = 14
const newest = 18

const wrongVersion = (version: number): AssayError => {
  const major = Math.floor(version / 10_000)
  return new AssayError(`PostgreSQL ${major} is ${major < oldest ? 'older' : 'newer'} than Assay supports.`, {
    code: 'server.version',
    exit: 3,
    asked: `PostgreSQL ${oldest} to ${newest}`,
    found: `version ${major}.${version % 10_000}`,
    mend: `Give the --url of a server of version ${oldest} to ${newest}, or leave --url out to use the embedded PostgreSQL 18.`,
  })
}

const missingRights = (found: Attributes, major: number): AssayError | null => {
  if (found.superuser) return null
  // Before 16 only a superuser makes a role that bypasses row-level security.
  if (major < 16) {
    return new AssayError(`The role ${found.user} may not do what Assay needs on PostgreSQL ${major}.`, {
      code: 'server.privileges',
      exit: 3,
      asked: 'a superuser: before version 16 nobody else may make a role with BYPASSRLS',
      found: `${found.user} is no superuser`,
      mend: `Log in as a superuser, or: ALTER ROLE ${ident(found.user)} SUPERUSER; or use a server of version 16 or later.`,
    })
  }
  const missing = [
    ...(found.createdb ? [] : ['CREATEDB']),
    ...(found.createrole ? [] : ['CREATEROLE']),
    ...(found.bypassrls ? [] : ['BYPASSRLS']),
  ]
  if (missing.length === 0) return null
  return new AssayError(`The role ${found.user} may not do what Assay needs.`, {
    code: 'server.privileges',
    exit: 3,
    asked: 'the right to make databases, roles, and a role that bypasses row-level security',
    found: `${found.user} lacks ${missing.join(', ')}`,
    mend: `As a superuser: ALTER ROLE ${ident(found.user)} ${missing.join(' ')};`,
  })
}

/** Throws (exit 3) when the server cannot be used. */
export const readRemoteFacts = async (admin: Session): Promise<RemoteFacts> => {
  const versionText = (await admin.query('show server_version_num')).at(-1)?.rows[0]?.[0]
  const version = Number(versionText)
  const major = Math.floor(version / 10_000)
  if (major < oldest || major > newest) throw wrongVersion(version)
  const [found] = await admin.json<Attributes>(attributes)
  if (!found) throw wrongVersion(version)
  if (found.standby) {
    throw new AssayError('The server is a standby, which can only be read.', {
      code: 'server.standby',
      exit: 3,
      asked: 'a server on which databases can be made',
      found: 'pg_is_in_recovery() is true',
      mend: 'Give the --url of the primary server.',
    })
  }
  const missing = missingRights(found, major)
  if (missing) throw missing
  const [parameter] =
    major < 15 ? [{ may: false }] : await admin.json<{ readonly may: boolean }>(mayGrantParameter)
  return {
    version,
    major,
    user: found.user,
    superuser: found.superuser,
    grantsReplicationRole: parameter?.may === true,
    grantsStackDepth: major >= 15 && found.superuser,
  }
}
