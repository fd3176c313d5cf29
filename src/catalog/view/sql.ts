/** Reads views and materialized views with all that dropping them would lose. */
import { notOfExtension, userSchema } from '../tables-sql.ts'
import { usesSql } from '../uses.ts'

const aclItems = (list: string): string => `(
    select json_agg(json_build_object(
      'grantee', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
      'privilege', x.privilege_type, 'grantable', x.is_grantable)
      order by pg_catalog.pg_get_userbyid(x.grantee) collate "C", x.privilege_type, x.is_grantable)
    from pg_catalog.aclexplode(${list}) x)`

/** relkind `v` or `m`. */
export const viewsSql = (relkind: 'v' | 'm'): string => `
  select
    c.oid::bigint as oid, n.nspname as schema, c.relname as name,
    pg_catalog.pg_get_userbyid(c.relowner) as owner,
    pg_catalog.pg_get_viewdef(c.oid) as definition,
    c.reloptions as options, c.relispopulated as populated, c.relkind = 'm' as materialized,
    pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    ${aclItems('c.relacl')} as acl,
    (select json_agg(json_build_object(
        'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'comment', pg_catalog.col_description(c.oid, a.attnum),
        'default', pg_catalog.pg_get_expr(f.adbin, f.adrelid), 'acl', ${aclItems('a.attacl')}) order by a.attnum)
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select coalesce(json_agg(pg_catalog.pg_get_indexdef(i.indexrelid) order by ic.relname collate "C"), '[]'::json)
      from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid where i.indrelid = c.oid) as indexes,
    (select ${usesSql('pg_rewrite', 'r.oid')} from pg_catalog.pg_rewrite r
      where r.ev_class = c.oid and r.rulename = '_RETURN') as uses
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = '${relkind}' and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by n.nspname collate "C", c.relname collate "C"`
