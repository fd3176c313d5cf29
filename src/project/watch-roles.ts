/**
 * Roles belong to the whole server, so a migration that made one cannot be run again beside it. On Assay's own server
 * they are put aside: renamed, without memberships, so that the databases that still name them stay as they are.
 */
import { literal } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'

/** One row a role, as `readRoles` prints it. */
interface Role {
  readonly role: string
  readonly member_of: string | null
}

const aside = 'assay_aside_'

/** Roles of the whole server, which no database holds. What Assay itself makes and grants is left out. */
const rolesSql = (prover: string): string => `
select r.rolname::text as role, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
       r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolconfig::text,
       (select pg_catalog.string_agg(g.rolname::text, ',' order by g.rolname)
          from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid
         where m.member = r.oid and g.rolname !~ '^${aside}') as member_of
  from pg_catalog.pg_roles r
 where r.rolname !~ '^(pg_|assay_)' and r.rolname <> ${literal(prover)}
 order by r.rolname`

const asAdministrator = async <T>(
  server: Server,
  database: string,
  work: (admin: Session) => Promise<T>,
): Promise<T> => {
  const admin = await server.connect(database, 'administrator')
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

/** All roles with their attributes and memberships, as one text to compare. */
export const readRoles = (server: Server, database: string): Promise<string> =>
  asAdministrator(server, database, async (admin) =>
    JSON.stringify(await admin.json(rolesSql(server.prover))),
  )

const without = (role: Role, gone: ReadonlySet<string>): Role => {
  const left = (role.member_of ?? '').split(',').filter((name) => name !== '' && !gone.has(name))
  return { ...role, member_of: left.length === 0 ? null : left.join(',') }
}

/** Names of the roles that came after `then`; null when roles of then are gone or changed, which nobody can undo. */
export const rolesSince = (then: string, now: string): readonly string[] | null => {
  const before = JSON.parse(then) as readonly Role[]
  const present = JSON.parse(now) as readonly Role[]
  const known = new Set(before.map(({ role }) => role))
  const added = present.map(({ role }) => role).filter((role) => !known.has(role))
  const gone = new Set(added)
  const rest = present.filter(({ role }) => known.has(role)).map((role) => without(role, gone))
  return JSON.stringify(rest) === then ? added : null
}

/** Memberships in a role and of it are per grantor. */
const putAsideSql = (names: readonly string[]): string => `
do $assay$
declare
  name text;
  given record;
begin
  foreach name in array array[${names.map((name) => literal(name)).join(', ')}]::text[] loop
    for given in
      select g.rolname as role, m.rolname as member, b.rolname as grantor
        from pg_catalog.pg_auth_members a
        join pg_catalog.pg_roles g on g.oid = a.roleid
        join pg_catalog.pg_roles m on m.oid = a.member
        join pg_catalog.pg_roles b on b.oid = a.grantor
       where name in (g.rolname, m.rolname)
    loop
      execute format('revoke %I from %I granted by %I cascade', given.role, given.member, given.grantor);
    end loop;
    execute format('alter role %I nologin', name);
    execute format('alter role %I rename to %I', name, ${literal(aside)} || (select oid from pg_catalog.pg_roles where rolname = name));
  end loop;
end
$assay$`

/** Their names are free afterwards. For a server of Assay's own only. */
export const putRolesAside = (server: Server, database: string, names: readonly string[]): Promise<void> =>
  asAdministrator(server, database, async (admin) => {
    await admin.query(putAsideSql(names))
  })
