/**
 * All that PostgreSQL's own catalogs say of a database, row by row: every column of every catalog, with names for its
 * numbers, as pg_get_catalog_foreign_keys() tells them. Nothing of it is listed by hand, so a new kind is not missed.
 */
import type { Session } from '../../src/postgres/session.ts'

interface ColumnRow {
  readonly catalog: string
  readonly column: string
  readonly type: string
  /** The catalog that it names a row of. */
  readonly of: string | null
  readonly isArray: boolean
}

/** Of the whole server, or numbers and states that say nothing of a schema. */
const leftOut = new Set([
  'pg_auth_members',
  'pg_authid',
  'pg_database',
  'pg_db_role_setting',
  'pg_parameter_acl',
  'pg_tablespace',
  'pg_shdepend',
  'pg_shdescription',
  'pg_shseclabel',
  'pg_subscription',
  'pg_subscription_rel',
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_largeobject',
  'pg_largeobject_metadata',
  'pg_init_privs',
  'pg_replication_origin',
  'pg_user_mapping',
  'pg_extension',
  'pg_enum',
])

/** States, sizes and counters; numbers of columns, which dropped ones move; trees, which have a text below. */
const volatile =
  /^(?:oid|rel(?:filenode|pages|tuples|allvisible|allfrozen|frozenxid|minmxid|toastrelid|natts|rewrite|has\w+|checks)|adnum|att(?:num|cacheoff|missingval|hasmissing|ndims)|indcheckxmin|con(?:f?key|fdelsetcols)|ind(?:key|natts)|partattrs|tgattr|stxkeys|prattrs|enumsortorder|aggminitval|probin|refobjsubid|objsubid|tgname|tgparentid|conparentid|indimmediate|evttags|typdefault|typndims)$/u

/** What stands for trees and numbers: the text that PostgreSQL itself prints. */
const texts: Readonly<Record<string, readonly string[]>> = {
  pg_attrdef: ['pg_get_expr(o.adbin, o.adrelid)'],
  pg_class: [
    'pg_get_expr(o.relpartbound, o.oid)',
    `case when o.relkind = 'p' then pg_get_partkeydef(o.oid) end`,
    `case when o.relkind in ('v', 'm') then pg_get_viewdef(o.oid) end`,
    `(select string_agg(a.attname, ',' order by a.attnum) from pg_attribute a where a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped)`,
  ],
  pg_constraint: ['pg_get_constraintdef(o.oid)'],
  pg_index: ['pg_get_indexdef(o.indexrelid)'],
  pg_policy: ['pg_get_expr(o.polqual, o.polrelid)', 'pg_get_expr(o.polwithcheck, o.polrelid)'],
  pg_proc: [
    `case when o.prokind <> 'a' then pg_get_functiondef(o.oid) end`,
    'pg_get_function_arguments(o.oid)',
  ],
  pg_publication_rel: [
    'pg_get_expr(o.prqual, o.prrelid)',
    `(select string_agg(a.attname, ',' order by a.attnum) from pg_attribute a where a.attrelid = o.prrelid and a.attnum = any (o.prattrs))`,
  ],
  pg_rewrite: ['pg_get_ruledef(o.oid)'],
  pg_statistic_ext: ['pg_get_statisticsobjdef(o.oid)'],
  pg_trigger: ['o.tgname', 'pg_get_triggerdef(o.oid)'],
  pg_type: [
    'pg_get_expr(o.typdefaultbin, 0)',
    `(select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = o.oid)`,
  ],
}

const aclKinds: Readonly<Record<string, string>> = {
  relacl: `case o.relkind when 'S' then 's' else 'r' end::"char", o.relowner`,
  proacl: `'f', o.proowner`,
  typacl: `'T', o.typowner`,
  nspacl: `'n', o.nspowner`,
  lanacl: `'l', o.lanowner`,
  fdwacl: `'F', o.fdwowner`,
  srvacl: `'S', o.srvowner`,
}

const named = (catalog: string, oid: string): string =>
  `(select i.type || ' ' || i.identity from pg_identify_object('${catalog}'::regclass, ${oid}, 0) i where ${oid} <> 0)`

const valueOf = ({ catalog, column, type, of, isArray }: ColumnRow): string => {
  const o = `o.${column}`
  if (type === 'aclitem[]') {
    const acl = aclKinds[column] === undefined ? o : `coalesce(${o}, acldefault(${aclKinds[column]}))`
    return `(select string_agg(x::text, ',' order by x::text collate "C") from unnest(${acl}) x)`
  }
  // Of keys it says only how their index came about.
  if (column === 'connoinherit') return `case when o.contype in ('c', 'n') then ${o} end::text`
  // The newest minor versions of PostgreSQL keep a count of their own there.
  if (column === 'attoptions')
    return `(select string_agg(x, ',') from unnest(${o}) x where x !~ '^pg_attver=')`
  if (catalog === 'pg_depend' || of === null) return `${o}::text`
  if (of === 'pg_authid')
    return isArray ? `${o}::regrole[]::text` : `case when ${o} <> 0 then pg_get_userbyid(${o}) end`
  if (isArray)
    return `(select string_agg(${named(of, 'x.x')}, ',' order by x.at) from unnest(${o}) with ordinality x(x, at))`
  return named(of, o)
}

const columnsSql = `
  select c.relname as catalog, a.attname as column, format_type(a.atttypid, null) as type,
    replace(f.pktable::text, 'pg_catalog.', '') as of, coalesce(f.is_array, false) as "isArray"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'pg_catalog'
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
  left join lateral (select * from pg_get_catalog_foreign_keys() f
    where f.fktable = c.oid and f.fkcols = array[a.attname::text]) f on true
  where c.relkind = 'r' order by c.relname, a.attnum`

/** Whose rows they are: of an object that stands in a schema of the user's or is the user's itself. */
const own: Readonly<Record<string, string>> = {
  pg_attribute: `o.attnum > 0 and not o.attisdropped and o.attrelid >= 16384`,
  pg_aggregate: 'o.aggfnoid::oid >= 16384',
  pg_index: 'o.indexrelid >= 16384',
  pg_inherits: 'o.inhrelid >= 16384',
  pg_range: 'o.rngtypid >= 16384',
  pg_sequence: 'o.seqrelid >= 16384',
  pg_partitioned_table: 'o.partrelid >= 16384',
  pg_foreign_table: 'o.ftrelid >= 16384',
  pg_ts_config_map: 'o.mapcfg >= 16384',
  pg_description: 'o.objoid >= 16384',
  pg_seclabel: 'o.objoid >= 16384',
  pg_trigger: 'not o.tgisinternal',
  pg_namespace: `(o.oid >= 16384 or o.nspname = 'public')`,
  pg_depend: `(o.objid >= 16384 or o.refobjid >= 16384) and o.classid <> 'pg_trigger'::regclass and o.refclassid <> 'pg_trigger'::regclass`,
}

const identities: Readonly<Record<string, string>> = {
  pg_attribute: `${named('pg_class', 'o.attrelid')} || '.' || o.attname`,
  pg_description: `(select i.type || ' ' || i.identity from pg_identify_object(o.classoid, o.objoid, o.objsubid) i)`,
  pg_seclabel: `(select i.type || ' ' || i.identity from pg_identify_object(o.classoid, o.objoid, o.objsubid) i)`,
  pg_depend: `(select i.type || ' ' || i.identity from pg_identify_object(o.classid, o.objid, o.objsubid) i) || ' on ' || (select i.type || ' ' || i.identity from pg_identify_object(o.refclassid, o.refobjid, o.refobjsubid) i)`,
}

const catalogSql = (catalog: string, columns: readonly ColumnRow[]): string => {
  const hasOid = columns.some(({ column }) => column === 'oid')
  const first = columns[0]!
  const identity = identities[catalog] ?? (hasOid ? named(catalog, 'o.oid') : valueOf({ ...first, type: '' }))
  const kept =
    catalog === 'pg_depend'
      ? ['o.deptype::text']
      : columns
          .filter(({ column, type }) => !volatile.test(column) && type !== 'pg_node_tree')
          .filter(({ column }) => !['objoid', 'classoid'].includes(column))
          .map((column) => `'${column.column}=' || ${valueOf(column)}`)
  const all = [...kept, ...(texts[catalog] ?? []).map((text) => `(${text})::text`)]
  return `select '${catalog}' as catalog, ${identity} as name, array_to_string(array[${all.join(', ')}]::text[], ' | ', '') as text
    from ${catalog} o where ${own[catalog] ?? (hasOid ? 'o.oid >= 16384' : 'true')}`
}

/** What comes with an extension, with TOAST, or is named by numbers. */
const noise = /pg_toast|RI_ConstraintTrigger|^pg_depend .*(?:extension|default acl)|pg_temp/u

/** `pg_class table public.products` → what it is; several rows of one name are one text, in order. */
export const catalogOracle = async (db: Session): Promise<ReadonlyMap<string, string>> => {
  await db.query(`set search_path = ''`)
  const columns = await db.json<ColumnRow>(columnsSql)
  const catalogs = [...new Set(columns.map(({ catalog }) => catalog))].filter((name) => !leftOut.has(name))
  const found = new Map<string, string[]>()
  for (const catalog of catalogs) {
    const sql = catalogSql(
      catalog,
      columns.filter((column) => column.catalog === catalog),
    )
    for (const row of await db.json<{ catalog: string; name: string | null; text: string }>(sql)) {
      const key = `${row.catalog} ${row.name}`
      if (noise.test(key)) continue
      const list = found.get(key)
      if (list) list.push(row.text)
      else found.set(key, [row.text])
    }
  }
  return new Map([...found].map(([key, list]) => [key, [...new Set(list)].toSorted().join('\n')]))
}
