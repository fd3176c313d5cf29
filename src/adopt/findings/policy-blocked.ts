/** Policies that read another table for whoever asks, where a role that was granted the first may not read the second. */
import { userSchema } from '../../catalog/tables-sql.ts'
import { relationId, structureId } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import type { FindingKind } from './finding-kind.ts'

interface BlockedRow {
  readonly schema: string
  readonly table: string
  readonly policy: string
  readonly readSchema: string
  readonly readTable: string
  readonly roles: readonly string[]
  /** They may not enter the schema either. */
  readonly needsSchema: boolean
}

/**
 * PostgreSQL reads the tables of a policy's subqueries with the rights of the role that asks. Roles that a grant names;
 * superusers, roles with BYPASSRLS and owners without FORCE are not bound by policies.
 */
const blockedSql = `
  with granted as (
    select c.oid as relation, item.grantee, item.privilege_type
    from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) item
    union
    select a.attrelid, item.grantee, item.privilege_type
    from pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) item
  ),
  asked as (
    select distinct p.oid as policy, n.nspname, c.relname, p.polname, other.oid as other, far.oid as far, far.nspname as read_schema,
      other.relname as read_table, d.refobjsubid as part, coalesce(r.rolname, 'public') as role
    from pg_catalog.pg_policy p
    join pg_catalog.pg_class c on c.oid = p.polrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> p.polrelid
    join pg_catalog.pg_class other on other.oid = d.refobjid and other.relkind in ('r', 'p', 'v', 'm', 'f')
    join pg_catalog.pg_namespace far on far.oid = other.relnamespace
    join granted g on g.relation = c.oid and g.privilege_type = any (case p.polcmd when 'r' then '{SELECT}'
      when 'a' then '{INSERT}' when 'w' then '{UPDATE}' when 'd' then '{DELETE}' else '{SELECT,INSERT,UPDATE,DELETE}' end::text[])
    left join pg_catalog.pg_roles r on r.oid = g.grantee
    where c.relrowsecurity and ${userSchema('n')}
      and (g.grantee = 0 or (not r.rolsuper and not r.rolbypassrls and (g.grantee <> c.relowner or c.relforcerowsecurity)))
      and (p.polroles = array[0::oid] or (g.grantee <> 0
        and exists (select from pg_catalog.unnest(p.polroles) named(oid) where pg_catalog.pg_has_role(g.grantee, named.oid, 'usage'))))
  )
  select a.nspname as schema, a.relname as table, a.polname as policy, a.read_schema as "readSchema", a.read_table as "readTable",
    json_agg(distinct a.role) as roles, bool_or(not pg_catalog.has_schema_privilege(a.role, a.far, 'usage')) as "needsSchema"
  from asked a
  where not pg_catalog.has_schema_privilege(a.role, a.far, 'usage')
    or case when a.part > 0 then not pg_catalog.has_column_privilege(a.role, a.other, a.part::int2, 'select')
      else not pg_catalog.has_any_column_privilege(a.role, a.other, 'select') end
  group by a.nspname, a.relname, a.polname, a.read_schema, a.read_table
  order by a.nspname collate "C", a.relname collate "C", a.polname collate "C", a.read_schema collate "C", a.read_table collate "C"`

const finding = (row: BlockedRow): Finding => {
  const table = relationId({ schema: row.schema, name: row.table })
  const read = { schema: row.readSchema, name: row.readTable }
  const to = row.roles.map((role) => (role === 'public' ? role : ident(role))).join(', ')
  const who = row.roles.join(', ')
  return {
    code: 'adopt.policy-blocked',
    severity: 'warning',
    structure: structureId(table, 'policy', row.policy),
    summary: `${table}: policy ${row.policy} reads ${relationId(read)}, and ${who} may not: what ${who} ${row.roles.length === 1 ? 'was' : 'were'} granted on ${table} is refused`,
    reason: 'a policy reads a table that those who ask may not read',
    why: 'PostgreSQL reads the tables of a policy with the rights of the role that asks: permission denied, whatever row it is about',
    fix: [
      'let the role read it, or have the policy ask a function that is SECURITY DEFINER:',
      ...(row.needsSchema ? [`grant usage on schema ${ident(read.schema)} to ${to};`] : []),
      `grant select on ${qualified(read)} to ${to};`,
    ].join('\n'),
  }
}

export const policyBlocked: FindingKind = {
  codes: ['adopt.policy-blocked'],
  find: async ({ source, copy }) => (await askJson<BlockedRow>(source ?? copy, blockedSql)).map(finding),
}
