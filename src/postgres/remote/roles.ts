/** Roles on a server of the user's: the run's own two, and those that migrations make there. */
import { PgError } from '../fault.ts'
import { ident, literal } from '../quote.ts'
import type { RemoteFacts } from './privileges.ts'
import { markerOf } from './marker.ts'
import { createRoles, withdrawInherited, type RoleNames, type RolePasswords } from '../roles.ts'
import type { Session } from '../session.ts'

export const createRemoteRoles = async (
  admin: Session,
  run: string,
  names: RoleNames,
  passwords: RolePasswords,
  facts: RemoteFacts,
): Promise<void> => {
  await createRoles(admin, names, passwords, facts)
  const both = [names.owner, names.prover]
  await admin.query(
    both.map((name) => `comment on role ${ident(name)} is ${literal(markerOf(run))}`).join(';\n'),
  )
  // A superuser is everybody anyway; others must be members to make databases for the owner and to end sessions.
  if (!facts.superuser)
    await admin.query(both.map((name) => `grant ${ident(name)} to current_user`).join(';\n'))
}

/** Every role that is there now, by oid: what is there later and not among these, somebody has made since. */
export const readRoleIds = async (admin: Session): Promise<ReadonlySet<number>> => {
  const rows = await admin.json<{ readonly oid: number }>(
    'select oid::bigint as oid from pg_catalog.pg_roles',
  )
  return new Set(rows.map(({ oid }) => oid))
}

interface FoundRole {
  readonly oid: number
  readonly name: string
  /** Named in grants, policies or ownership of a database of this run. */
  readonly used: boolean
  /** The owner made it: from 16 on he holds its ADMIN OPTION, given by the bootstrap superuser. */
  readonly owned: boolean
}

const dangerous = [
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_execute_server_program',
  'pg_signal_backend',
  'pg_create_subscription',
]

/**
 * Roles that an experiment may want to become. Left out: superusers, reserved ones, other runs', and every role
 * through which the rights of a superuser, or files, programs and sessions of the server, could be reached.
 */
const roles = (names: RoleNames, databases: readonly string[]): string => `
with recursive reach as (
  select oid as role, oid as through from pg_catalog.pg_roles
  union
  select reach.role, m.roleid from reach join pg_catalog.pg_auth_members m on m.member = reach.through
)
select r.oid::bigint as oid,
       r.rolname::text as name,
       exists (select from pg_catalog.pg_shdepend d join pg_catalog.pg_database b on b.oid = d.dbid
                where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = r.oid
                  and b.datname in (${[null, ...databases].map(literal).join(', ')})) as used,
       exists (select from pg_catalog.pg_auth_members m
                where m.roleid = r.oid and m.admin_option and m.grantor = 10
                  and m.member = ${literal(names.owner)}::regrole) as owned
  from pg_catalog.pg_roles r
 where r.rolname !~ '^(pg_|assay_)'
   and r.rolname <> current_user
   and not exists (select from reach join pg_catalog.pg_roles t on t.oid = reach.through
                    where reach.role = r.oid and (t.rolsuper or t.rolname in (${dangerous.map(literal).join(', ')})))
 order by r.rolname`

export interface RemoteRoles {
  /** Makes the prover a member of the roles that migrations made or named; marks the made ones. */
  admit(databases: readonly string[]): Promise<void>
  /** Names of the roles that migrations made. */
  made(databases: readonly string[]): Promise<readonly string[]>
}

export const makeRemoteRoles = (
  admin: Session,
  run: string,
  names: RoleNames,
  before: ReadonlySet<number>,
  major: number,
): RemoteRoles => {
  const seen = new Set<string>()
  /** Before 16 nothing says who made a role: only a new one that this run's databases use counts as ours. */
  const isMade = (role: FoundRole): boolean => (major >= 16 ? role.owned : role.used) && !before.has(role.oid)
  const made = async (databases: readonly string[]): Promise<readonly FoundRole[]> => {
    const found = await admin.json<FoundRole>(roles(names, databases))
    for (const role of found.filter(isMade)) seen.add(role.name)
    return found
  }
  return {
    async admit(databases) {
      const found = (await made(databases)).filter((role) => role.used || isMade(role))
      const statements = found.flatMap((role) => [
        `grant ${ident(role.name)} to ${ident(names.prover)}`,
        ...(isMade(role) ? [`comment on role ${ident(role.name)} is ${literal(markerOf(run))}`] : []),
      ])
      if (statements.length > 0) await admin.query(statements.join(';\n'))
      // Who may make roles here need not have the rights of one that he made.
      await withdrawInherited(admin, names).catch((error: unknown) => {
        if (!(error instanceof PgError) || error.fault.sqlstate !== '42501') throw error
      })
    },
    async made(databases) {
      await made(databases)
      return [...seen]
    },
  }
}
