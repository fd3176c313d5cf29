/** Reads tables, their columns and defaults for the baseline: what CREATE TABLE can say, and what it leaves to ALTER. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { assignedOptions, listedOptions, quotedName } from '../../catalog/quoted-sql.ts'

export interface TableRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly kind: 'r' | 'p' | 'f'
  readonly unlogged: boolean
  readonly types: readonly number[]
  readonly options: string | null
  readonly toastOptions: string | null
  readonly method: string | null
  readonly partitionKey: string | null
  /** `FOR VALUES …` of a partition. */
  readonly bound: string | null
  readonly parents: readonly { readonly oid: number; readonly sql: string }[]
  readonly ofType: string | null
  readonly server: string | null
  readonly serverOptions: string | null
  /** d as usual, n nothing, f full, i by an index. */
  readonly replicaIdentity: string
}

export const tablesSql = `
  select c.oid::bigint as oid, n.nspname as schema, c.relname as name, ${quotedName('n', 'c.relname')} as sql, c.relkind as kind,
    c.relpersistence = 'u' as unlogged,
    (select coalesce(json_agg(x.oid::bigint), '[]'::json) from (select c.reltype as oid where c.reltype <> 0
      union all select t.typarray from pg_catalog.pg_type t where t.oid = c.reltype and t.typarray <> 0) x) as types,
    ${assignedOptions('c.reloptions')} as options,
    (select ${assignedOptions('toast.reloptions')} from pg_catalog.pg_class toast where toast.oid = c.reltoastrelid) as "toastOptions",
    (select pg_catalog.quote_ident(m.amname) from pg_catalog.pg_am m where m.oid = c.relam and m.amname <> 'heap') as method,
    case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as "partitionKey",
    pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
    (select coalesce(json_agg(json_build_object('oid', p.oid::bigint, 'sql', ${quotedName('pn', 'p.relname')}) order by i.inhseqno), '[]'::json)
      from pg_catalog.pg_inherits i join pg_catalog.pg_class p on p.oid = i.inhparent
      join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace where i.inhrelid = c.oid) as parents,
    case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end as "ofType",
    (select pg_catalog.quote_ident(s.srvname) from pg_catalog.pg_foreign_table f
      join pg_catalog.pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid) as server,
    (select ${listedOptions('f.ftoptions')} from pg_catalog.pg_foreign_table f where f.ftrelid = c.oid) as "serverOptions",
    c.relreplident as "replicaIdentity"
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

export interface ColumnRow {
  readonly table: number
  readonly number: number
  readonly name: string
  readonly sql: string
  readonly type: string
  readonly collation: string | null
  readonly isLocal: boolean
  readonly inherited: boolean
  readonly notNull: boolean
  /** Of PostgreSQL 18: its constraint. */
  readonly notNullName: string | null
  readonly notNullIsPlain: boolean
  readonly notNullIsLocal: boolean
  readonly notNullNoInherit: boolean
  readonly notNullValid: boolean
  readonly storage: string | null
  readonly compression: string | null
  readonly statistics: number | null
  readonly options: string | null
  readonly foreignOptions: string | null
  readonly generated: '' | 's' | 'v'
  readonly identity: '' | 'a' | 'd'
  /** Of an identity that this table owns: its sequence. */
  readonly sequence: number | null
  readonly sequenceOptions: string | null
  /** Where the sequence is of another type than the column: `"s"."name" AS bigint`. */
  readonly sequenceType: string | null
  readonly defaultOid: number | null
  readonly expression: string | null
}

/** What differs from PostgreSQL's own choice, as CREATE SEQUENCE and an identity take it. */
export const sequenceOptions = (s: string): string => `pg_catalog.concat_ws(' ',
      case when ${s}.seqincrement <> 1 then 'INCREMENT BY ' || ${s}.seqincrement end,
      case when ${s}.seqmin <> (case when ${s}.seqincrement > 0 then 1 else ${leastOf(s)} end) then 'MINVALUE ' || ${s}.seqmin end,
      case when ${s}.seqmax <> (case when ${s}.seqincrement < 0 then -1 else ${greatestOf(s)} end) then 'MAXVALUE ' || ${s}.seqmax end,
      case when ${s}.seqstart <> (case when ${s}.seqincrement > 0 then ${s}.seqmin else ${s}.seqmax end) then 'START WITH ' || ${s}.seqstart end,
      case when ${s}.seqcache <> 1 then 'CACHE ' || ${s}.seqcache end,
      case when ${s}.seqcycle then 'CYCLE' end)`

const greatestOf = (s: string): string =>
  `(case ${s}.seqtypid when 'int2'::pg_catalog.regtype then 32767 when 'int4'::pg_catalog.regtype then 2147483647 else 9223372036854775807 end)`
const leastOf = (s: string): string =>
  `(case ${s}.seqtypid when 'int2'::pg_catalog.regtype then -32768 when 'int4'::pg_catalog.regtype then -2147483648 else (-9223372036854775807 - 1) end)`

export const columnsSql = `
  select c.oid::bigint as table, a.attnum as number, a.attname as name, pg_catalog.quote_ident(a.attname) as sql,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    case when a.attcollation <> t.typcollation then (select ${quotedName('cn', 'co.collname')} from pg_catalog.pg_collation co
      join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace where co.oid = a.attcollation) end as collation,
    a.attislocal as "isLocal", a.attinhcount > 0 as inherited,
    a.attnotnull or k.oid is not null as "notNull", pg_catalog.quote_ident(k.conname) as "notNullName",
    coalesce(k.conname = c.relname || '_' || a.attname || '_not_null', true) as "notNullIsPlain",
    coalesce(k.conislocal, true) as "notNullIsLocal", coalesce(k.connoinherit, false) as "notNullNoInherit",
    coalesce(k.convalidated, true) as "notNullValid",
    case when a.attstorage <> t.typstorage then case a.attstorage when 'p' then 'PLAIN' when 'e' then 'EXTERNAL'
      when 'm' then 'MAIN' else 'EXTENDED' end end as storage,
    case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression,
    nullif(coalesce(a.attstattarget, -1), -1) as statistics,
    ${assignedOptions('a.attoptions')} as options, ${listedOptions('a.attfdwoptions')} as "foreignOptions",
    a.attgenerated as generated, a.attidentity as identity,
    own.oid::bigint as sequence,
    pg_catalog.concat_ws(' ',
      case when own.relname <> c.relname || '_' || a.attname || '_seq' or own.relnamespace <> c.relnamespace
        then 'SEQUENCE NAME ' || ${quotedName('own_schema', 'own.relname')} end,
      nullif(${sequenceOptions('s')}, '')) as "sequenceOptions",
    case when s.seqtypid <> a.atttypid then ${quotedName('own_schema', 'own.relname')} || ' AS ' || pg_catalog.format_type(s.seqtypid, null)
      end as "sequenceType",
    f.oid::bigint as "defaultOid", pg_catalog.pg_get_expr(f.adbin, f.adrelid) as expression
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef f on f.adrelid = c.oid and f.adnum = a.attnum
  left join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'n' and k.conkey[1] = a.attnum
  left join pg_catalog.pg_depend d on a.attidentity <> '' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype = 'i'
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid and d.refobjsubid = a.attnum
  left join pg_catalog.pg_sequence s on s.seqrelid = d.objid
  left join pg_catalog.pg_class own on own.oid = s.seqrelid
  left join pg_catalog.pg_namespace own_schema on own_schema.oid = own.relnamespace
  where c.relkind in ('r', 'p', 'f') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by c.oid, a.attnum`
