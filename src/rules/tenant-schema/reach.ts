/** What a tenant's role is and reaches, as the catalog has it: its attributes, its memberships, every privilege outside its schema. */
import { ident, literal } from '../../postgres/quote.ts'
import { answers, type Attempt } from '../attacks/attack.ts'
import { askerDdl } from './design.ts'
import type { SchemaGround, SchemaTenant, Sort } from './ground.ts'

/** Roles that the owner and the prover are members of are Assay's own doing, and the owner's by making them. */
const members = ({ owner, context }: SchemaGround, own: string): string => {
  const inherits = context.catalog.major >= 16 ? 'm.inherit_option' : 'r.rolinherit'
  return `
select r.rolname, case when ${inherits} then 'inherits' else 'becomes' end
  from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r on r.oid = m.member
 where m.roleid = ${literal(ident(own))}::regrole and r.rolname not in (${literal(owner)}, session_user)
 order by 1, 2`.trim()
}

/** Everything in a schema of the template's or a tenant's that is not its own; what PUBLIC may do there counts. */
const privileges = ({ rule, owner }: SchemaGround, role: string, own: string | null): string => {
  const foreign = `(n.nspname = ${literal(rule.template)} or starts_with(n.nspname, ${literal(rule.prefix)}))${own === null ? '' : ` and n.nspname <> ${literal(own)}`}`
  const who = literal(role)
  return `
select what, name, privilege from (
  select 'schema' as what, n.nspname::text as name, privilege
    from pg_catalog.pg_namespace n, unnest(array['USAGE', 'CREATE']) privilege
   where ${foreign} and has_schema_privilege(${who}, n.oid, privilege)
  union all
  select 'table', format('%I.%I', n.nspname, c.relname), privilege
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace,
         unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
   where ${foreign} and c.relkind in ('r', 'p', 'v', 'm', 'f')
     and (has_table_privilege(${who}, c.oid, privilege)
          or case when privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') then has_any_column_privilege(${who}, c.oid, privilege) end)
  union all
  select 'sequence', format('%I.%I', n.nspname, c.relname), privilege
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace, unnest(array['USAGE', 'SELECT', 'UPDATE']) privilege
   where ${foreign} and c.relkind = 'S' and has_sequence_privilege(${who}, c.oid, privilege)
  union all
  select 'owned', format('%I.%I', n.nspname, c.relname), 'owner'
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where starts_with(n.nspname, ${literal(rule.prefix)}) and c.relowner <> ${literal(ident(owner))}::regrole
) p order by 1, 2, 3`.trim()
}

/** Views, functions' defaults, foreign keys and rules of other schemas that stand on the tenant's tables. */
const dependents = (own: string): string =>
  `
select n.nspname, c.relname
  from pg_catalog.pg_depend d
  join pg_catalog.pg_class t on t.oid = d.refobjid and d.refclassid = 'pg_catalog.pg_class'::regclass
  left join pg_catalog.pg_rewrite w on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
  left join pg_catalog.pg_constraint k on d.classid = 'pg_catalog.pg_constraint'::regclass and k.oid = d.objid
  left join pg_catalog.pg_attrdef f on d.classid = 'pg_catalog.pg_attrdef'::regclass and f.oid = d.objid
  join pg_catalog.pg_class c on c.oid = coalesce(w.ev_class, k.conrelid, f.adrelid)
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where t.relnamespace = ${literal(ident(own))}::regnamespace and c.relnamespace <> t.relnamespace
 group by 1, 2 order by 1, 2`.trim()

const ofTenant = (ground: SchemaGround, tenant: SchemaTenant): readonly Attempt[] => {
  const { made, mends, app } = ground
  const asking = { world: made, mend: mends.create }
  const none = { kind: 'rows', rows: [] } as const
  return [
    {
      ...asking,
      title: `the role of ${tenant.title} logs in nowhere and has no attribute that opens more`,
      when: [
        `select rolsuper or rolcreaterole or rolcreatedb or rolcanlogin or rolreplication or rolbypassrls from pg_catalog.pg_roles where rolname = ${literal(tenant.own)}`,
      ],
      then: answers('f'),
    },
    {
      ...asking,
      title: `the role of ${tenant.title} is a member of no other role`,
      when: [
        `select r.rolname from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r on r.oid = m.roleid where m.member = ${literal(ident(tenant.own))}::regrole order by 1`,
      ],
      then: none,
    },
    {
      ...asking,
      title: `${app} alone becomes ${tenant.title}, and has nothing of it before`,
      when: [members(ground, tenant.own)],
      then: { kind: 'rows', rows: [[app, 'becomes']] },
      mend: `${askerDdl(app)}\n${mends.create}`,
    },
    {
      ...asking,
      title: `the role of ${tenant.title} may do nothing in the template and in schemas of other tenants`,
      when: [privileges(ground, tenant.own, tenant.own)],
      then: none,
    },
    {
      ...asking,
      title: `nothing in another schema stands on tables of ${tenant.title}`,
      when: [dependents(tenant.own)],
      then: none,
    },
  ]
}

export const reach: Sort = {
  name: 'reach',
  async attempts(ground) {
    if (!ground.isFirst) return []
    const { made, app, mends, rule } = ground
    return [
      ...ground.tenants.flatMap((tenant) => ofTenant(ground, tenant)),
      {
        title: `${app} without a tenant may do nothing in the template and in schemas of tenants`,
        world: made,
        when: [privileges(ground, app, null)],
        then: { kind: 'rows', rows: [] },
        mend: `${askerDdl(app)}\nrevoke all on schema ${ident(rule.template)} from ${ident(app)}, public;\nrevoke all on all tables in schema ${ident(rule.template)} from ${ident(app)}, public;\n${mends.create}`,
      },
      {
        title: `nobody becomes ${rule.role}, whose privileges the template tells`,
        world: made,
        when: [members(ground, rule.role)],
        then: { kind: 'rows', rows: [] },
        mend: `revoke ${ident(rule.role)} from ${ident(app)};`,
      },
    ]
  },
}
