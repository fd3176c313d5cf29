/** How far every sequence has come, and the column that it feeds; see sequence-near-end.ts. */
import { userSchema } from '../../catalog/tables-sql.ts'

export interface SequenceRow {
  readonly schema: string
  readonly name: string
  readonly type: string
  readonly isDescending: boolean
  /** The last number that it can give: its own end, or the column's where that comes first. As text: a bigint is no number. */
  readonly end: string
  readonly last: string
  /** Of what it can give, in percent, rounded down. */
  readonly percent: number
  /** It ends by itself before the column's type does. */
  readonly endsFirst: boolean
  readonly tableSchema: string | null
  readonly table: string | null
  readonly column: string | null
  readonly columnType: string | null
}

const least = `case coalesce(nullif(t.typbasetype, 0), t.oid) when 'int2'::pg_catalog.regtype then -32768
      when 'int4'::pg_catalog.regtype then -2147483648 else -9223372036854775808 end::numeric`
const most = `case coalesce(nullif(t.typbasetype, 0), t.oid) when 'int2'::pg_catalog.regtype then 32767
      when 'int4'::pg_catalog.regtype then 2147483647 else 9223372036854775807 end::numeric`

/** Above this share a sequence is near its end. */
const nearEnd = 75

/** Those whose numbers the session may not read. */
export const unreadSequencesSql = `
  select n.nspname as schema, c.relname as name
  from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')} and not pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT,USAGE')
  order by n.nspname collate "C", c.relname collate "C"`

/** What a role may not read it is not told: such a sequence is left out, and named by unreadSequencesSql. */
export const sequencesSql = `
  with fed as (
    select d.objid as sequence, d.refobjid as relation, d.refobjsubid as number
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.deptype in ('a', 'i') and d.refobjsubid > 0
    union
    select d.refobjid, f.adrelid, f.adnum
    from pg_catalog.pg_depend d join pg_catalog.pg_attrdef f on f.oid = d.objid
    where d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  ),
  counted as (
    select s.*, c.relname, n.nspname,
      case when pg_catalog.has_sequence_privilege(c.oid, 'SELECT,USAGE') then pg_catalog.pg_sequence_last_value(c.oid) end::numeric as last
    from pg_catalog.pg_sequence s
    join pg_catalog.pg_class c on c.oid = s.seqrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${userSchema('n')}
  ),
  ends as (
    select q.*, tn.nspname as table_schema, r.relname as table_name, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) as column_type,
      q.seqincrement < 0 as descending,
      case when q.seqincrement < 0 then greatest(q.seqmin, ${least}) else least(q.seqmax, ${most}) end as stop,
      case when q.seqincrement < 0 then q.seqmin > ${least} else q.seqmax < ${most} end as ends_first
    from counted q
    left join fed on fed.sequence = q.seqrelid
    left join pg_catalog.pg_class r on r.oid = fed.relation
    left join pg_catalog.pg_namespace tn on tn.oid = r.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = fed.relation and a.attnum = fed.number
    left join pg_catalog.pg_type t on t.oid = a.atttypid
  ),
  shares as (
    select e.*, floor(100 * case when e.descending then (e.seqmax - e.last) / nullif(e.seqmax - e.stop, 0)
      else (e.last - e.seqmin) / nullif(e.stop - e.seqmin, 0) end) as percent
    from ends e
    where e.last is not null and not (e.seqcycle and (e.attname is null or e.ends_first or e.stop = case when e.descending then e.seqmin else e.seqmax end))
  )
  select nspname as schema, relname as name, pg_catalog.format_type(seqtypid, null) as type, descending as "isDescending",
    stop::text as end, last::text as last, percent, ends_first as "endsFirst",
    table_schema as "tableSchema", table_name as table, attname as column, column_type as "columnType"
  from shares where percent >= ${nearEnd}
  order by nspname collate "C", relname collate "C", table_schema collate "C", table_name collate "C", attname collate "C"`
