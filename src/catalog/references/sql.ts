/** The query that reads foreign keys, with the key that each leads to. Those of partitions come from their parent. */
import { usesSql } from '../uses.ts'

const action = (column: string): string => `case ${column} when 'r' then 'restrict' when 'c' then 'cascade'
      when 'n' then 'set null' when 'd' then 'set default' else 'no action' end`

const columnNames = (relation: string, numbers: string): string => `(
      select json_agg(a.attname order by u.at) from unnest(${numbers}) with ordinality u(num, at)
      join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = u.num)`

export const referencesSql = `
  select
    k.conrelid::bigint as table, k.confrelid::bigint as "targetTable", k.conname as name,
    pg_catalog.pg_get_constraintdef(k.oid) as definition,
    ${columnNames('k.conrelid', 'k.conkey')} as columns,
    ${columnNames('k.confrelid', 'k.confkey')} as "targetColumns",
    ${action('k.confdeltype')} as "onDelete",
    ${action('k.confupdtype')} as "onUpdate",
    (select json_agg(a.attname order by u.at)
      from jsonb_array_elements_text(nullif(to_jsonb(k) -> 'confdelsetcols', 'null'::jsonb)) with ordinality u(num, at)
      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num::int2) as "onDeleteColumns",
    case k.confmatchtype when 'f' then 'full' else 'simple' end as match,
    case when not k.condeferrable then 'no' when k.condeferred then 'deferred' else 'immediate' end as deferrable,
    not k.convalidated as "notValid",
    not coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) as "notEnforced",
    coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) as period,
    pg_catalog.obj_description(k.oid, 'pg_constraint') as comment,
    x.relname as "keyName", i.indisprimary as "keyIsPrimary",
    ${columnNames('k.confrelid', '(i.indkey::int2[])[0:i.indnkeyatts - 1]')} as "keyColumns",
    ${usesSql('pg_constraint', 'k.oid')} as uses
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid
  left join pg_catalog.pg_index i on i.indexrelid = k.conindid
  left join pg_catalog.pg_class x on x.oid = i.indexrelid
  where k.contype = 'f' and k.conparentid = 0 and c.oid >= 16384
  order by k.conrelid, k.conname collate "C"`
