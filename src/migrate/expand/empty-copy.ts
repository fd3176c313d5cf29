/**
 * Rows that the migrations themselves have made, taken out of a copy on which single statements are tried: a column that
 * is made anew there has no values, and NOT NULL would be refused. Triggers that refuse TRUNCATE are off meanwhile.
 */

/** One statement, for whoever owns the tables; nothing is done where no table has rows. */
export const emptyCopy = `do $sql$
declare
  one text;
  filled text;
  off text[];
  again text[];
begin
  select pg_catalog.string_agg(c.oid::pg_catalog.regclass::text, ', ') into filled
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't' and pg_catalog.pg_has_role(c.relowner, 'USAGE')
    and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema') and pg_catalog.pg_relation_size(c.oid) > 0
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e');
  if filled is null then
    return;
  end if;
  select pg_catalog.array_agg(pg_catalog.format('alter table %s disable trigger %I', t.tgrelid::pg_catalog.regclass, t.tgname)),
    pg_catalog.array_agg(pg_catalog.format('alter table %s enable %s trigger %I', t.tgrelid::pg_catalog.regclass,
      case t.tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end, t.tgname))
  into off, again
  from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
  where not t.tgisinternal and t.tgtype & 32 <> 0 and t.tgenabled <> 'D' and pg_catalog.pg_has_role(c.relowner, 'USAGE');
  foreach one in array coalesce(off, '{}') loop
    execute one;
  end loop;
  execute 'truncate ' || filled || ' cascade';
  foreach one in array coalesce(again, '{}') loop
    execute one;
  end loop;
end
$sql$`
