/**
 * Roles that may not use every schema. Whether a function may name what is in a schema is asked when its statements are
 * planned, and a session keeps these plans whoever made them: a role would be let through where the owner called before.
 */
import type { Session } from '../postgres/session.ts'

/**
 * Schemas of the database itself that hold something a function can name, and that one does: in a body which is planned
 * as its caller, or by way of a search path. A SECURITY DEFINER's statements are planned as its owner, whoever calls, and
 * what stands in the SQL standard's form was looked up when it was made.
 */
const shutOutSql = String.raw`
  with texts as materialized (
    select lower(p.prosrc) as text from pg_catalog.pg_proc p
    join pg_catalog.pg_language l on l.oid = p.prolang and l.lanname not in ('internal', 'c')
    where not p.prosecdef and p.prosqlbody is null
    union all
    select lower(setting) from (
      select unnest(proconfig) as setting from pg_catalog.pg_proc where proconfig is not null
      union all select unnest(setconfig) from pg_catalog.pg_db_role_setting
      union all select 'search_path=' || pg_catalog.current_setting('search_path')) settings
    where setting like 'search\_path=%'),
  named as materialized (
    select n.oid from pg_catalog.pg_namespace n
    where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      and (exists (select from pg_catalog.pg_proc p where p.pronamespace = n.oid)
        or exists (select from pg_catalog.pg_class c where c.relnamespace = n.oid)
        or exists (select from pg_catalog.pg_type t where t.typnamespace = n.oid))
      and exists (select from texts t where pg_catalog.strpos(t.text, lower(replace(n.nspname, '"', '""'))) > 0
        or pg_catalog.strpos(t.text, 'u&"') > 0))
  select r.rolname as name from pg_catalog.pg_roles r
  where not r.rolsuper and exists (
    select from named where not pg_catalog.has_schema_privilege(r.oid, named.oid, 'USAGE'))`

const known = new WeakMap<Session, ReadonlySet<string>>()

export const shutOutRoles = async (db: Session): Promise<ReadonlySet<string>> => {
  const found = known.get(db) ?? new Set((await db.json<{ name: string }>(shutOutSql)).map((row) => row.name))
  known.set(db, found)
  return found
}

/** What is asked next is planned anew. */
export const forgetPlans = 'discard plans'

/** A broken form of a grant on a schema shuts others out; one of a SECURITY DEFINER is planned as its caller. */
export const changesWhoMayName = (ddl: readonly string[]): boolean =>
  ddl.some((sql) =>
    /^\s*(?:grant|revoke)\b[^;]*\bon schema\b|\bsecurity\s+invoker\b|\bsearch_path\b/iu.test(sql),
  )
