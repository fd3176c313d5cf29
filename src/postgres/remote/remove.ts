/** Takes away what one run made on a server of the user's: its databases, the roles of its migrations, its own roles. */
import { PgError } from '../fault.ts'
import { ident, literal } from '../quote.ts'
import { markerOf, rolesOf } from './marker.ts'
import { proverParameters } from '../roles.ts'
import type { Session } from '../session.ts'

const databasesOf = (owner: string): string => `
select d.datname::text as name
  from pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba
 where r.rolname = ${literal(owner)}
 order by 1`

/** Marked ones, and from 16 on also those that the owner made and nobody had the time to mark. */
const madeRolesOf = (run: string, owner: string): string => `
select r.rolname::text as name
  from pg_catalog.pg_roles r
 where r.rolname !~ '^assay_'
   and (pg_catalog.shobj_description(r.oid, 'pg_authid') = ${literal(markerOf(run))}
        or exists (select from pg_catalog.pg_auth_members m join pg_catalog.pg_roles o on o.oid = m.member
                    where m.roleid = r.oid and m.admin_option and m.grantor = 10 and o.rolname = ${literal(owner)}))
 order by 1`

const existing = (names: readonly string[]): string => `
select rolname::text as name from pg_catalog.pg_roles where rolname in (${[null, ...names].map(literal).join(', ')})`

/** Whether PostgreSQL did it; a refusal (somebody is connected, others depend on it) leaves it for a later sweep. */
const attempt = async (admin: Session, sql: string): Promise<boolean> => {
  try {
    await admin.query(sql)
    return true
  } catch (error) {
    if (error instanceof PgError) return false
    throw error
  }
}

export interface RemoveOptions {
  /** Ends sessions that are still connected: for our own run, never in a sweep. */
  readonly force: boolean
  /** Roles that are known to be the run's beside the marked ones. */
  readonly roles?: readonly string[]
}

/** Answers what stayed, by name. */
export const removeRun = async (
  admin: Session,
  run: string,
  major: number,
  { force, roles = [] }: RemoveOptions,
): Promise<readonly string[]> => {
  const { owner, prover } = rolesOf(run)
  const stayed: string[] = []
  const made = await admin.json<{ readonly name: string }>(madeRolesOf(run, owner))
  for (const { name } of await admin.json<{ readonly name: string }>(databasesOf(owner))) {
    // Gone meanwhile, by the run's own work or another sweep, is as good as dropped.
    const drop = `drop database if exists ${ident(name)}${force ? ' with (force)' : ''}`
    if (!(await attempt(admin, drop))) stayed.push(name)
  }
  if (stayed.length > 0) return stayed
  const wanted = [...new Set([...made.map(({ name }) => name), ...roles]), prover, owner]
  const there = new Set(
    (await admin.json<{ readonly name: string }>(existing(wanted))).map(({ name }) => name),
  )
  if (major >= 15 && there.has(prover)) {
    for (const parameter of proverParameters)
      await attempt(admin, `revoke set on parameter ${parameter} from ${ident(prover)}`)
  }
  for (const name of wanted.filter((role) => there.has(role))) {
    if (!(await attempt(admin, `drop role if exists ${ident(name)}`))) stayed.push(name)
  }
  return stayed
}
