/** The two queries that read every table and column of the user's schemas, whatever their number. */

/** Schemas of the user: PostgreSQL's own and temporary ones are left out. */
export const userSchema = (namespace: string): string =>
  `${namespace}.nspname <> 'information_schema' and ${namespace}.nspname !~ '^pg_'`

/** True of an object that no extension brought along. */
export const notOfExtension = (catalogTable: string, oid: string): string => `not exists (
    select from pg_catalog.pg_depend owned
    where owned.classid = 'pg_catalog.${catalogTable}'::pg_catalog.regclass and owned.objid = ${oid} and owned.deptype = 'e')`

export const tablesSql = `
  select
    c.oid::bigint as oid,
    n.nspname as schema,
    c.relname as name,
    pg_catalog.pg_get_userbyid(c.relowner) as owner,
    case c.relkind when 'r' then 'table' when 'p' then 'partitioned' else 'foreign' end as kind,
    (select pn.nspname from pg_catalog.pg_inherits i
      join pg_catalog.pg_class p on p.oid = i.inhparent join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
      where i.inhrelid = c.oid and i.inhseqno = 1) as "parentSchema",
    (select p.relname from pg_catalog.pg_inherits i
      join pg_catalog.pg_class p on p.oid = i.inhparent
      where i.inhrelid = c.oid and i.inhseqno = 1) as "parentName",
    (select json_agg(json_build_object('schema', pn.nspname, 'name', p.relname) order by i.inhseqno)
      from pg_catalog.pg_inherits i
      join pg_catalog.pg_class p on p.oid = i.inhparent join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
      where i.inhrelid = c.oid and i.inhseqno > 1) as "moreParents",
    c.relrowsecurity as "rowSecurity",
    c.relforcerowsecurity as "forceRowSecurity",
    pg_catalog.obj_description(c.oid, 'pg_class') as comment
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by n.nspname collate "C", c.relname collate "C"`

/** A domain over a domain is followed down to its base type; the innermost modifier that is set counts. */
export const columnsSql = `
  with recursive domains as (
    select t.oid as domain, t.oid as step, t.typbasetype as base, t.typtypmod as modifier, t.typnotnull as required, 0 as depth
    from pg_catalog.pg_type t where t.typtype = 'd'
    union all
    select d.domain, t.oid, t.typbasetype, case when d.modifier >= 0 then d.modifier else t.typtypmod end,
      d.required or t.typnotnull, d.depth + 1
    from domains d join pg_catalog.pg_type t on t.oid = d.base and t.typtype = 'd'
  ),
  ground as (
    select distinct on (domain) domain, base, modifier, required from domains order by domain, depth desc
  ),
  checks as (
    select d.domain, json_agg(pg_catalog.pg_get_expr(k.conbin, 0) order by d.depth desc, k.conname collate "C") as expressions
    from domains d join pg_catalog.pg_constraint k on k.contypid = d.step and k.contype = 'c'
    group by d.domain
  ),
  labels as (
    select e.enumtypid as type, json_agg(e.enumlabel order by e.enumsortorder) as labels
    from pg_catalog.pg_enum e group by e.enumtypid
  )
  select
    c.oid::bigint as "tableOid",
    a.attname as name,
    a.attnum as position,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    pg_catalog.format_type(case when t.typtype = 'd' then flat.oid else core.oid end, null) as "baseType",
    case
      when t.typtype = 'b' and t.typcategory = 'A' and t.typelem <> 0 then 'array'
      when t.typtype = 'b' then 'base'
      when t.typtype = 'e' then 'enum'
      when t.typtype = 'd' then 'domain'
      when t.typtype = 'c' then 'composite'
      when t.typtype = 'r' then 'range'
      when t.typtype = 'm' then 'multirange'
      else 'pseudo'
    end as "typeKind",
    tn.nspname as "typeSchema",
    t.typname as "typeName",
    coalesce(g.modifier, a.atttypmod) as modifier,
    labels.labels,
    a.attnotnull or coalesce(g.required, false) as "notNull",
    pg_catalog.pg_get_expr(def.adbin, def.adrelid) as default,
    case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
    case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end as generated,
    coalesce(checks.expressions, '[]'::json) as "domainChecks",
    case when a.attcollation <> t.typcollation
      then pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) end as collation
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
  left join ground g on g.domain = t.oid
  left join pg_catalog.pg_type flat on flat.oid = coalesce(g.base, t.oid)
  left join ground element_ground on element_ground.domain = flat.typelem
  left join pg_catalog.pg_type core on core.oid =
    case when flat.typcategory = 'A' and flat.typelem <> 0 then coalesce(element_ground.base, flat.typelem) else flat.oid end
  left join labels on labels.type = core.oid
  left join checks on checks.domain = t.oid
  left join pg_catalog.pg_attrdef def on def.adrelid = c.oid and def.adnum = a.attnum
  left join pg_catalog.pg_collation co on co.oid = a.attcollation
  left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
  where c.relkind in ('r', 'p', 'f') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by c.oid, a.attnum`
