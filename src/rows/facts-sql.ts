/** The selects behind read-facts.ts, each over the whole database; run with an empty search_path. */

const userTables = `
  select c.oid, n.nspname as schema, c.relname as name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    and n.nspname !~ '^pg_temp_'`

const names = (oid: string, key: string): string => `(
    select coalesce(json_agg(a.attname order by k.n), '[]'::json)
    from unnest(${key}) with ordinality as k (attnum, n)
    join pg_attribute a on a.attrelid = ${oid} and a.attnum = k.attnum)`

/** CHECK and foreign key constraints, also those that partitions inherit; constraints that are not enforced are left out. */
export const constraintsSql = `
  select t.schema, t.name as "table", c.conname as name, c.contype as type,
    pg_get_expr(c.conbin, c.conrelid) as expression,
    ${names('c.conrelid', 'c.conkey')} as columns,
    f.schema as "targetSchema", f.name as "targetName",
    ${names('c.confrelid', 'c.confkey')} as "targetColumns",
    c.confmatchtype = 'f' as "full", c.condeferrable as deferrable
  from pg_constraint c
  join (${userTables}) t on t.oid = c.conrelid
  left join (${userTables}) f on f.oid = c.confrelid
  where c.contype in ('c', 'f') and coalesce(to_jsonb(c) ->> 'conenforced', 'true') = 'true'
    and (c.contype = 'c' or c.conparentid = 0 or exists (
      select from pg_constraint p where p.oid = c.conparentid and p.conrelid <> c.conrelid))
  order by 1, 2, 3`

/** Unique indexes, exclusion constraints, and the predicates of all indexes. */
export const indexesSql = `
  select t.schema, t.name as "table", x.relname as name,
    i.indisunique as "unique", i.indisprimary as "primary", i.indisexclusion as exclusion, not i.indimmediate as deferrable,
    (select coalesce(json_agg(a.attname order by k.n), '[]'::json)
     from unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     where k.n <= i.indnkeyatts) as columns,
    pg_get_expr(i.indexprs, i.indrelid) as expressions,
    pg_get_expr(i.indpred, i.indrelid) as predicate
  from pg_index i
  join pg_class x on x.oid = i.indexrelid
  join (${userTables}) t on t.oid = i.indrelid
  where i.indisunique or i.indisexclusion or i.indpred is not null
  order by 1, 2, 3`

/** What an insert sets off, constraint triggers of foreign keys left out. */
export const triggersSql = `
  select t.schema, t.name as "table", n.nspname as "functionSchema", p.proname as "functionName"
  from pg_trigger g
  join (${userTables}) t on t.oid = g.tgrelid
  join pg_proc p on p.oid = g.tgfoid
  join pg_namespace n on n.oid = p.pronamespace
  where not g.tgisinternal and g.tgenabled <> 'D' and (g.tgtype & 4) <> 0
  order by t.schema, t.name, g.tgname`

/** Partitions with the condition that their rows satisfy; it includes those of the partitions above. */
export const partitionsSql = `
  select t.schema, t.name as "table", p.schema as "parentSchema", p.name as "parentName",
    pg_get_partition_constraintdef(t.oid) as condition
  from (${userTables}) t
  join pg_class c on c.oid = t.oid and c.relispartition
  join pg_inherits i on i.inhrelid = t.oid
  join (${userTables}) p on p.oid = i.inhparent
  order by 1, 2`

/** Conditions of row-level security. */
export const policiesSql = `
  select t.schema, t.name as "table", pg_get_expr(p.polqual, p.polrelid) as predicate
  from pg_policy p
  join (${userTables}) t on t.oid = p.polrelid
  where p.polqual is not null
  order by t.schema, t.name, p.polname`
