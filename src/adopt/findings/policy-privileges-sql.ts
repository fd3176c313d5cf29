/** Roles of policies that hold none of the privileges that their policy is about; see policy-without-askers.ts. */
import { userSchema } from '../../catalog/tables-sql.ts'

export interface UngrantedRow {
  readonly schema: string
  readonly table: string
  readonly policy: string
  readonly role: string
  /** It may not enter the schema either. */
  readonly needsSchema: boolean
}

const holds = (command: string, privilege: string): string =>
  `(a.polcmd in (${command}, '*') and pg_catalog.has_any_column_privilege(who.oid, a.relation, '${privilege}'))`

/**
 * A member of a role is bound by its policies with privileges of its own; superusers and roles with BYPASSRLS are not
 * asked, an owner only where the policies are forced. Empty where nothing at all is granted to anybody but owners: a
 * dump without privileges tells nothing. `isCopy`: memberships of the owner are Assay's.
 */
export const ungrantedSql = (isCopy: boolean): string => `
  with known as (
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace,
      pg_catalog.aclexplode(c.relacl) item
    where c.relkind in ('r', 'p', 'v') and ${userSchema('n')} and item.grantee <> c.relowner
    limit 1
  ),
  asked as (
    select c.oid as relation, n.oid as namespace, c.relowner, c.relforcerowsecurity, n.nspname, c.relname, p.polname, p.polcmd,
      r.oid as role, r.rolname
    from pg_catalog.pg_policy p
    join pg_catalog.pg_class c on c.oid = p.polrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral pg_catalog.unnest(p.polroles) named(oid)
    join pg_catalog.pg_roles r on r.oid = named.oid
    where ${userSchema('n')} and c.relrowsecurity and r.rolname !~ '^pg_' and exists (select from known)
  )
  select a.nspname as schema, a.relname as table, a.polname as policy, a.rolname as role,
    not pg_catalog.has_schema_privilege(a.role, a.namespace, 'usage') as "needsSchema"
  from asked a
  where not exists (
    select from pg_catalog.pg_roles who
    where not who.rolsuper and not who.rolbypassrls and pg_catalog.pg_has_role(who.oid, a.role, 'usage')
      and (who.oid = a.role or who.oid <> a.relowner${isCopy ? '' : ' or a.relforcerowsecurity'})
      and (${holds("'r'", 'select')} or ${holds("'a'", 'insert')} or ${holds("'w'", 'update')}
        or (a.polcmd in ('d', '*') and pg_catalog.has_table_privilege(who.oid, a.relation, 'delete')))
  )
  order by a.nspname collate "C", a.relname collate "C", a.polname collate "C", a.rolname collate "C"`
