/** The queries that read what can stand on a column, key or relation; one per sort of object, for the whole database. */
import { userSchema } from '../tables-sql.ts'
import { argumentTypes } from '../uses.ts'

const acl = (list: string): string => `(
    select json_agg(json_build_object(
      'grantee', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
      'privilege', x.privilege_type, 'grantable', x.is_grantable)
      order by pg_catalog.pg_get_userbyid(x.grantee) collate "C", x.privilege_type, x.is_grantable)
    from pg_catalog.aclexplode(${list}) x)`

/** User objects start at 16384: below are PostgreSQL's own. */
export const edgesSql = `
  select distinct
    d.classid::pg_catalog.regclass::text as class, d.objid::bigint as object, d.objsubid as part,
    d.refclassid::pg_catalog.regclass::text as "onClass", d.refobjid::bigint as "onObject", d.refobjsubid as "onPart"
  from pg_catalog.pg_depend d
  where d.objid >= 16384 and d.refobjid >= 16384 and d.deptype in ('n', 'a')
    and d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass,
      'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass)`

export const relationsSql = `
  select
    c.oid::bigint as oid, c.reltype::bigint as "rowType", n.nspname as schema, c.relname as name, c.relkind as kind,
    pg_catalog.pg_get_userbyid(c.relowner) as owner,
    case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end as definition,
    case when c.relkind in ('v', 'm') then c.reloptions end as options,
    c.relispopulated as populated,
    pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    (select r.oid::bigint from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.rulename = '_RETURN') as rule,
    ${acl('c.relacl')} as acl
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm') and c.oid >= 16384 and ${userSchema('n')}
  order by n.nspname collate "C", c.relname collate "C"`

/** What the columns of views and the generated columns of tables carry, so that it can be given to them again. */
export const columnExtrasSql = `
  select
    a.attrelid::bigint as relation, a.attnum as position, a.attname as name,
    pg_catalog.col_description(a.attrelid, a.attnum) as comment,
    case when c.relkind = 'v' then pg_catalog.pg_get_expr(f.adbin, f.adrelid) end as default,
    ${acl('a.attacl')} as acl
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped and c.oid >= 16384
    and (c.relkind in ('v', 'm') or a.attgenerated <> '')
    and (a.attacl is not null or (c.relkind = 'v' and f.oid is not null)
      or pg_catalog.col_description(a.attrelid, a.attnum) is not null)
  order by a.attrelid, a.attnum`

export const constraintsSql = `
  select
    k.oid::bigint as oid, k.conrelid::bigint as relation, k.conname as name, k.contype as type,
    k.conindid::bigint as index, k.confrelid::bigint as target,
    pg_catalog.pg_get_constraintdef(k.oid) as definition,
    pg_catalog.obj_description(k.oid, 'pg_constraint') as comment,
    coalesce(i.indisreplident, false) as "replicaIdentity",
    coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) as period,
    (select json_agg(a.attname order by u.at) from unnest(k.conkey) with ordinality u(num, at)
      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num) as columns,
    (select json_agg(a.attname order by u.at) from unnest(k.confkey) with ordinality u(num, at)
      join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num) as "targetColumns"
  from pg_catalog.pg_constraint k
  left join pg_catalog.pg_index i on i.indexrelid = k.conindid and k.contype in ('p', 'u')
  where k.conrelid >= 16384 and k.contype in ('c', 'u', 'p', 'x', 'f') and k.conparentid = 0
    and (k.contype = 'f' or k.conislocal)
  order by k.conrelid, k.conname collate "C"`

/** Indexes that no constraint owns and that no partitioned parent brings along. `rest` starts behind the name of the relation. */
export const indexesSql = `
  select
    c.oid::bigint as oid, i.indrelid::bigint as relation, c.relname as name, n.nspname as schema,
    i.indisunique as "unique",
    substr(pg_catalog.pg_get_indexdef(c.oid), 1 + length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I',
      case when i.indisunique then 'UNIQUE ' else '' end, c.relname,
      case when c.relkind = 'I' then 'ONLY ' else '' end, n.nspname, t.relname))) as rest,
    pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    i.indisreplident as "replicaIdentity",
    i.indpred is not null or i.indexprs is not null or m.amname not in ('btree', 'hash')
      or exists (select from unnest(i.indclass) o(oid) join pg_catalog.pg_opclass p on p.oid = o.oid
        where not p.opcdefault) as "typeBound"
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am m on m.oid = c.relam
  join pg_catalog.pg_class t on t.oid = i.indrelid
  join pg_catalog.pg_namespace n on n.oid = t.relnamespace
  where c.oid >= 16384 and t.relkind in ('r', 'p', 'm') and not c.relispartition and ${userSchema('n')}
    and not exists (select from pg_catalog.pg_constraint k
      where k.conindid = c.oid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x'))
  order by n.nspname collate "C", c.relname collate "C"`

export const policiesSql = `
  select
    p.oid::bigint as oid, p.polrelid::bigint as relation, p.polname as name, p.polpermissive as permissive,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
      else 'all' end as command,
    (select json_agg(case when r.oid <> 0 then pg_catalog.pg_get_userbyid(r.oid) end
      order by pg_catalog.pg_get_userbyid(r.oid) collate "C") from unnest(p.polroles) r(oid)) as roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as "withCheck",
    pg_catalog.obj_description(p.oid, 'pg_policy') as comment
  from pg_catalog.pg_policy p
  where p.polrelid >= 16384
  order by p.polrelid, p.polname collate "C"`

export const triggersSql = `
  select
    t.oid::bigint as oid, t.tgrelid::bigint as relation, t.tgname as name, t.tgenabled as enabled,
    pg_catalog.pg_get_triggerdef(t.oid) as definition,
    pg_catalog.obj_description(t.oid, 'pg_trigger') as comment
  from pg_catalog.pg_trigger t
  where t.tgrelid >= 16384 and not t.tgisinternal and t.tgparentid = 0
  order by t.tgrelid, t.tgname collate "C"`

export const rulesSql = `
  select
    r.oid::bigint as oid, r.ev_class::bigint as relation, r.rulename as name, r.ev_enabled as enabled,
    pg_catalog.pg_get_ruledef(r.oid) as definition,
    pg_catalog.obj_description(r.oid, 'pg_rewrite') as comment
  from pg_catalog.pg_rewrite r
  where r.ev_class >= 16384 and r.rulename <> '_RETURN'
  order by r.ev_class, r.rulename collate "C"`

/** Functions that stand on a column, a relation or its row type: SQL-standard bodies and row types in the signature. */
export const functionsSql = `
  select
    p.oid::bigint as oid, n.nspname as schema, p.proname as name, ${argumentTypes('p')} as arguments, p.prokind as kind,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname)
      || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as signature,
    pg_catalog.pg_get_functiondef(p.oid) as definition,
    pg_catalog.pg_get_userbyid(p.proowner) as owner,
    pg_catalog.obj_description(p.oid, 'pg_proc') as comment,
    ${acl('p.proacl')} as acl
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.oid >= 16384 and p.prokind <> 'a' and ${userSchema('n')}
    and exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.refobjid >= 16384
        and d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass,
          'pg_catalog.pg_proc'::pg_catalog.regclass))
  order by n.nspname collate "C", p.proname collate "C", pg_catalog.pg_get_function_identity_arguments(p.oid) collate "C"`

export const statisticsSql = `
  select
    s.oid::bigint as oid, s.stxrelid::bigint as relation, s.stxname as name, n.nspname as schema,
    pg_catalog.pg_get_statisticsobjdef(s.oid) as definition,
    pg_catalog.obj_description(s.oid, 'pg_statistic_ext') as comment
  from pg_catalog.pg_statistic_ext s
  join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
  order by n.nspname collate "C", s.stxname collate "C"`

/** Column lists and WHERE of published tables; PostgreSQL 14 has neither. */
export const publicationsSql = `
  select
    r.oid::bigint as oid, r.prrelid::bigint as relation, p.pubname as name,
    pg_catalog.pg_get_expr(r.prqual, r.prrelid) as predicate,
    (select json_agg(a.attname order by u.at) from unnest(r.prattrs) with ordinality u(num, at)
      join pg_catalog.pg_attribute a on a.attrelid = r.prrelid and a.attnum = u.num) as columns
  from pg_catalog.pg_publication_rel r
  join pg_catalog.pg_publication p on p.oid = r.prpubid
  order by p.pubname collate "C", r.prrelid`

export const attributeDefaultsSql = `
  select
    f.oid::bigint as oid, f.adrelid::bigint as relation, f.adnum as position,
    pg_catalog.pg_get_expr(f.adbin, f.adrelid) as expression
  from pg_catalog.pg_attrdef f
  join pg_catalog.pg_class c on c.oid = f.adrelid
  where f.adrelid >= 16384 and c.relkind in ('r', 'p', 'f')
  order by f.adrelid, f.adnum`

/** Roles that ALTER DEFAULT PRIVILEGES hands new objects to: a recreated one must not keep what it did not have. */
export const defaultGranteesSql = `
  select d.defaclobjtype as type,
    json_agg(distinct case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end) as grantees
  from pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) x
  where d.defaclobjtype in ('r', 'f')
  group by d.defaclobjtype`
