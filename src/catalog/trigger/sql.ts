/** Reads triggers that people made; those that PostgreSQL makes (foreign keys, clones on partitions) are left out. */
import { notOfExtension, userSchema } from '../tables-sql.ts'
import { argumentTypes, usesSql } from '../uses.ts'

/** `definition` is whole; the parts say which of its clauses are there, so that each can be left out. */
export const triggersSql = `
  select
    c.oid::bigint as table, c.relkind as "relationKind", n.nspname as schema, c.relname as relation, t.tgname as name,
    t.tgenabled as enabled,
    pg_catalog.pg_get_triggerdef(t.oid) as statement,
    t.tgconstraint <> 0 as "isConstraint",
    case when t.tgtype & 2 <> 0 then 'before' when t.tgtype & 64 <> 0 then 'instead of' else 'after' end as timing,
    array_remove(array[
      case when t.tgtype & 4 <> 0 then 'insert' end, case when t.tgtype & 8 <> 0 then 'delete' end,
      case when t.tgtype & 16 <> 0 then 'update' end, case when t.tgtype & 32 <> 0 then 'truncate' end], null) as events,
    coalesce((select json_agg(a.attname order by u.at) from unnest(t.tgattr::smallint[]) with ordinality u(num, at)
      join pg_catalog.pg_attribute a on a.attrelid = t.tgrelid and a.attnum = u.num), '[]'::json) as columns,
    t.tgtype & 1 <> 0 as "isRow",
    t.tgoldtable as "oldTable", t.tgnewtable as "newTable",
    t.tgdeferrable as deferrable, t.tginitdeferred as deferred,
    (select json_build_object('schema', fn.nspname, 'name', f.relname) from pg_catalog.pg_class f
      join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace where f.oid = t.tgconstrrelid) as "from",
    t.tgqual is not null as "hasWhen",
    json_build_object('schema', pn.nspname, 'name', p.proname, 'args', ${argumentTypes('p')}) as function,
    pg_catalog.obj_description(t.oid, 'pg_trigger') as comment,
    ${usesSql('pg_trigger', 't.oid')} as uses
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
  join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
  where not t.tgisinternal and t.tgparentid = 0 and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by n.nspname collate "C", c.relname collate "C", t.tgname collate "C"`
