/** The three roles of a server and what each may do; see server.ts for who runs what as which. */
import type { Session } from './session.ts'
import { ident, literal } from './quote.ts'

export interface RoleNames {
  readonly owner: string
  readonly prover: string
}

export interface RolePasswords {
  readonly owner: string
  readonly prover: string
}

/** What decides about the rights that can be given. */
export interface GrantFacts {
  readonly major: number
  /** From 15 on, and only by who has that right himself. */
  readonly grantsReplicationRole: boolean
  /** The same, of how deep functions may call themselves. */
  readonly grantsStackDepth: boolean
}

/** What the prover may be given the right to set. */
export const proverParameters = ['session_replication_role', 'max_stack_depth'] as const

/** Makes owner and prover. The prover may become the owner, never the other way round. */
export const createRoles = async (
  admin: Session,
  names: RoleNames,
  passwords: RolePasswords,
  { major, grantsReplicationRole, grantsStackDepth }: GrantFacts,
): Promise<void> => {
  const owner = ident(names.owner)
  const prover = ident(names.prover)
  await admin.query(
    [
      // Two runs that are the first to grant a right on a parameter would both add its row to PostgreSQL's catalog.
      `select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('assay roles'))`,
      `create role ${owner} login nosuperuser createrole nocreatedb noreplication nobypassrls password ${literal(passwords.owner)}`,
      `create role ${prover} login nosuperuser nocreaterole nocreatedb noreplication bypassrls password ${literal(passwords.prover)}`,
      `grant ${owner} to ${prover}`,
      // As a superuser would: who makes a role may hand tables over to it and still change them.
      ...(major >= 16 ? [`alter role ${owner} set createrole_self_grant = 'set, inherit'`] : []),
      ...(grantsReplicationRole ? [`grant set on parameter session_replication_role to ${prover}`] : []),
      ...(grantsStackDepth ? [`grant set on parameter max_stack_depth to ${prover}`] : []),
    ].join(';\n'),
  )
}

/** Roles that are neither superusers nor reserved nor ours, and that the prover is not a direct member of yet. */
const admissible = (names: RoleNames): string => `
select r.rolname as name
  from pg_catalog.pg_roles r
 where not r.rolsuper
   and r.rolname !~ '^pg_'
   and r.rolname not in (${literal(names.owner)}, ${literal(names.prover)}, current_user)
   and not exists (select from pg_catalog.pg_auth_members m
                    where m.roleid = r.oid and m.member = ${literal(names.prover)}::regrole)
 order by 1`

/** What the owner gave himself when he made a role that owns nothing. */
const inherited = ({ owner }: RoleNames): string => `
select r.rolname as name
  from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r on r.oid = m.roleid
 where m.member = ${literal(owner)}::regrole and m.grantor = m.member
   and coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, false)
   and not exists (select from pg_catalog.pg_shdepend d
                    where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o')
 order by 1`

/**
 * The owner may still become such a role, and is not bound by what is said of it: a policy of the application's role
 * would be one of his own, where a table's policies are forced on its owner.
 */
export const withdrawInherited = async (admin: Session, names: RoleNames): Promise<void> => {
  const owner = ident(names.owner)
  const roles = await admin.json<{ readonly name: string }>(inherited(names))
  if (roles.length === 0) return
  await admin.query(
    roles
      .map(({ name }) => `revoke inherit option for ${ident(name)} from ${owner} granted by ${owner}`)
      .join(';\n'),
  )
}

/** Makes the prover a member of every admissible role, so that an experiment can SET ROLE to it. */
export const admitRoles = async (admin: Session, names: RoleNames): Promise<void> => {
  const roles = await admin.json<{ readonly name: string }>(admissible(names))
  const prover = ident(names.prover)
  if (roles.length > 0)
    await admin.query(roles.map(({ name }) => `grant ${ident(name)} to ${prover}`).join(';\n'))
  await withdrawInherited(admin, names)
}
