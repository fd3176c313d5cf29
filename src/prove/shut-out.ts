/**
 * Roles that may not use every schema. Whether a function may name what is in a schema is asked when its statements are
 * planned, and a session keeps these plans whoever made them: a role would be let through where the owner called before.
 */
import type { Session } from '../postgres/session.ts'

/** Schemas of the database itself that hold something a function can name. */
const shutOutSql = `
  select r.rolname as name from pg_catalog.pg_roles r
  where not r.rolsuper and exists (
    select from pg_catalog.pg_namespace n
    where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      and (exists (select from pg_catalog.pg_proc p where p.pronamespace = n.oid)
        or exists (select from pg_catalog.pg_class c where c.relnamespace = n.oid)
        or exists (select from pg_catalog.pg_type t where t.typnamespace = n.oid))
      and not pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'))`

const known = new WeakMap<Session, ReadonlySet<string>>()

export const shutOutRoles = async (db: Session): Promise<ReadonlySet<string>> => {
  const found = known.get(db) ?? new Set((await db.json<{ name: string }>(shutOutSql)).map((row) => row.name))
  known.set(db, found)
  return found
}

/** What is asked next is planned anew. */
export const forgetPlans = 'discard plans'

/** A broken form of a grant on a schema shuts others out. */
export const changesSchemaRights = (ddl: readonly string[]): boolean =>
  ddl.some((sql) => /^\s*(?:grant|revoke)\b[^;]*\bon schema\b/iu.test(sql))
