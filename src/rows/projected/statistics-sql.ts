/** The questions that read-statistics.ts asks of a catalog of PostgreSQL 14 to 18. Nothing is written. */

/** Schemas of users: neither PostgreSQL's own nor those of extensions. */
const usersSchema = (schema: string): string => `${schema}.nspname !~ '^pg_'
  and ${schema}.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    and e.objid = ${schema}.oid and e.deptype = 'e')`

/** Storage alone has a size: a partitioned table or index has none. */
const pagesOf = (relation: string): string =>
  `case when ${relation}.relkind in ('p', 'I') then 0
        else coalesce(pg_catalog.pg_relation_size(${relation}.oid), 0) / pg_catalog.current_setting('block_size')::bigint end`

export const tablesSql = `
select c.oid::bigint as oid, n.nspname as schema, c.relname as name, c.relkind as kind, c.reltuples as rows,
       ${pagesOf('c')} as pages, c.relallvisible as "visiblePages",
       pn.nspname as "parentSchema", p.relname as "parentName",
       pg_catalog.row_security_active(c.oid) as "isGuarded"
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_inherits i on i.inhrelid = c.oid and c.relispartition
  left join pg_catalog.pg_class p on p.oid = i.inhparent
  left join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
 where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't' and ${usersSchema('n')}
   and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
     and d.objid = c.oid and d.deptype = 'e')
 order by n.nspname collate "C", c.relname collate "C"`

const texts = (column: string): string => `s.${column}::text::text[] as ${column}`

const ranges = (major: number): string =>
  major < 17
    ? `null::text[] as range_length_histogram, null::real as range_empty_frac, null::text[] as range_bounds_histogram`
    : `${texts('range_length_histogram')}, s.range_empty_frac, ${texts('range_bounds_histogram')}`

/**
 * Columns of tables, and the expressions of indexes, with each spread that is known. A type whose arrays are not
 * written with commas (box) gives no values.
 */
export const columnsSql = (major: number): string => `
with recursive bases (oid, base, typmod) as (
  select t.oid, t.oid, -1 from pg_catalog.pg_type t where t.typtype <> 'd'
  union all
  select t.oid, b.base, case when b.typmod = -1 then t.typtypmod else b.typmod end
    from pg_catalog.pg_type t join bases b on b.oid = t.typbasetype where t.typtype = 'd'
)
select c.oid::bigint as oid, a.attname as name, a.attnum::int as position,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       pg_catalog.format_type(b.base, case when b.oid = b.base then a.atttypmod else b.typmod end) as base,
       case when t.typcategory in ('B', 'E') and t.typtype <> 'e' and t.oid <> 'pg_catalog.bool'::pg_catalog.regtype
            then 'U' else t.typcategory end as category,
       case when a.attcollation <> 0 then a.attcollation::pg_catalog.regcollation::text end as collation,
       c.relkind = 'i' or pg_catalog.has_column_privilege(c.oid, a.attnum, 'select') as "isReadable",
       s.inherited, s.null_frac, s.avg_width, s.n_distinct, s.correlation,
       case when t.typdelim = ',' then s.most_common_vals::text::text[] end as most_common_vals, s.most_common_freqs,
       case when t.typdelim = ',' then s.histogram_bounds::text::text[] end as histogram_bounds,
       ${texts('most_common_elems')}, s.most_common_elem_freqs, s.elem_count_histogram,
       ${ranges(major)}
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join bases b on b.oid = a.atttypid
  join pg_catalog.pg_type t on t.oid = b.base
  left join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
 where (c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
     or c.relkind = 'i' and exists (
       select from pg_catalog.pg_index x where x.indexrelid = c.oid and x.indexprs is not null))
   and ${usersSchema('n')}
 order by c.oid, a.attnum, s.inherited`

export const indexesSql = `
select i.indexrelid::bigint as oid, i.indrelid::bigint as table, n.nspname as schema, c.relname as name,
       m.amname as method, i.indisunique as "isUnique", i.indpred is not null as "isPartial",
       i.indnatts - i.indnkeyatts as included, c.reltuples as rows, ${pagesOf('c')} as pages,
       pg_catalog.pg_relation_filepath(c.oid) as file,
       (select pg_catalog.json_agg(a.attname order by k.at)
          from pg_catalog.unnest(i.indkey::smallint[]) with ordinality k (attnum, at)
          left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum <> 0) as keys
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am m on m.oid = c.relam
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where i.indisvalid and ${usersSchema('n')}
 order by n.nspname collate "C", c.relname collate "C"`

const namesOf = (relation: string, numbers: string): string => `
  (select pg_catalog.json_agg(a.attname order by k.at)
     from pg_catalog.unnest(${numbers}) with ordinality k (attnum, at)
     join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = k.attnum)`

export const referencesSql = `
select c.conrelid::bigint as table, ${namesOf('c.conrelid', 'c.conkey')} as columns,
       n.nspname as schema, r.relname as name, ${namesOf('c.confrelid', 'c.confkey')} as "toColumns"
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class r on r.oid = c.confrelid
  join pg_catalog.pg_namespace n on n.oid = r.relnamespace
 where c.contype = 'f' and not r.relispartition
 order by c.conrelid, c.conname collate "C", c.oid`

/** pg_stats_ext names columns; the numbers are what the planner's own form has. Expressions come as numbers below zero. */
export const extendedSql = `
select e.stxrelid::bigint as table, n.nspname as schema, e.stxname as name, e.stxkeys::smallint[] as keys,
       s.inherited as "isInherited", s.n_distinct::text as "distinct", s.dependencies::text as dependencies,
       s.most_common_vals is not null as "hasCommon", e.stxexprs is not null as "hasExpressions"
  from pg_catalog.pg_statistic_ext e
  join pg_catalog.pg_namespace n on n.oid = e.stxnamespace
  join pg_catalog.pg_stats_ext s on s.statistics_schemaname = n.nspname and s.statistics_name = e.stxname
 where s.inherited is not null and ${usersSchema('n')}
 order by n.nspname collate "C", e.stxname collate "C", s.inherited`

/** What plans depend on beside statistics. Memory of the machine is not among it; what the cache may hold is. */
export const settingsSql = `
select name, setting || coalesce(case unit when '8kB' then '' else unit end, '') as value
  from pg_catalog.pg_settings
 where (category like 'Query Tuning /%' or name in ('work_mem', 'hash_mem_multiplier', 'effective_io_concurrency',
        'max_parallel_workers_per_gather', 'max_parallel_workers', 'parallel_leader_participation'))
   and name not like 'jit%' and name not in ('default_statistics_target', 'plan_cache_mode', 'cursor_tuple_fraction')
 order by name collate "C"`
