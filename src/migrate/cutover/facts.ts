/** What decides whether a database can be moved, read from each side in one query. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { literal } from '../../postgres/quote.ts'
import { cutoverSchema, ownSlotsWhere } from './names.ts'
import type { Side } from './side.ts'

export interface SideFacts {
  readonly user: string
  readonly isSuperuser: boolean
  readonly mayReplicate: boolean
  /** CREATE SUBSCRIPTION. */
  readonly maySubscribe: boolean
  readonly mayCreate: boolean
  readonly mayMakeRoles: boolean
  readonly mayEndSessions: boolean
  readonly owner: string
  /** Tells one database of one running server from all others. */
  readonly identity: string
  readonly inRecovery: boolean
  readonly walLevel: string
  readonly freeSlots: number
  readonly freeSenders: number
  readonly applyWorkers: number
  readonly workerProcesses: number
  readonly origins: number
  readonly encoding: string
  readonly locale: string
  readonly extensions: readonly { readonly name: string; readonly version: string }[]
  readonly available: readonly string[]
  /** Whatever is not PostgreSQL's own, an extension's or a cutover's. */
  readonly objects: number
  readonly bytes: number
  readonly tables: number
  readonly rows: number
  readonly unlogged: readonly string[]
  readonly foreign: readonly string[]
  readonly extensionRows: readonly string[]
  /** Neither a key nor an index by which an UPDATE or DELETE could name its row. */
  readonly noIdentity: readonly string[]
  /** Of those, or set so before: with a column whose values cannot be compared. */
  readonly notComparable: readonly string[]
  readonly replicaTriggers: readonly string[]
  readonly notOwned: readonly string[]
  readonly forcedSecurity: readonly string[]
  readonly materializedViews: readonly string[]
  readonly sequences: number
  readonly largeObjects: number
  readonly prepared: number
  readonly subscriptions: readonly string[]
  readonly otherSlots: readonly string[]
  readonly ownSlots: readonly string[]
  /** Of others, right now. */
  readonly superuserSessions: number
  readonly sameRoleSessions: number
  readonly loginRoles: readonly string[]
  /** Of the whole server. */
  readonly roles: readonly string[]
}

const quotedTable = `pg_catalog.format('%I.%I', n.nspname, c.relname)`

/** Of the user, whatever its kind. */
export const ownRelations = `
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')} and n.nspname <> ${literal(cutoverSchema)} and ${notOfExtension('pg_class', 'c.oid')}`

/** What logical replication sends. */
export const sentTables = `${ownRelations} and c.relkind in ('r', 'p') and c.relpersistence = 'p'`

/** Of `c`: counted by ANALYZE, or by who wrote them where nobody has analyzed it yet. */
export const aboutRows = `greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0)::bigint`

const list = (what: string, rest: string): string =>
  `coalesce((select json_agg(${what} order by 1) ${rest}), '[]'::json)`

const names = (where: string): string =>
  `coalesce((select json_agg(named.name order by named.name collate "C") from (select ${quotedTable} as name ${where}) named), '[]'::json)`

/** As PostgreSQL decides it: `d` is the primary key unless that is deferrable, `i` an index that was named. */
const hasIdentity = `exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisvalid and i.indimmediate
    and ((c.relreplident = 'd' and i.indisprimary) or (c.relreplident = 'i' and i.indisreplident)))`

const notComparable = `exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and a.attgenerated = '' and pg_catalog.to_regtype(pg_catalog.format_type(a.atttypid, null)) in (${[
      'json',
      'xml',
      'point',
      'polygon',
      'box',
      'path',
      'line',
      'lseg',
      'circle',
    ]
      .map((type) => `'pg_catalog.${type}'::pg_catalog.regtype`)
      .join(', ')}))`

const setting = (name: string): string => `pg_catalog.current_setting('${name}')::int`

const objects = ['pg_class/relnamespace', 'pg_proc/pronamespace', 'pg_type/typnamespace']
  .map((text) => text.split('/') as [string, string])
  .map(
    ([
      table,
      column,
    ]) => `(select count(*) from pg_catalog.${table} o join pg_catalog.pg_namespace n on n.oid = o.${column}
      where ${userSchema('n')} and n.nspname <> ${literal(cutoverSchema)} and ${notOfExtension(table, 'o.oid')}
        ${table === 'pg_type' ? `and o.typtype in ('e', 'd', 'r')` : ''})`,
  )
  .concat(`(select count(*) from pg_catalog.pg_publication p where p.pubname <> 'assay_cutover')`)
  .join(' + ')

const others = (pids: readonly number[], where: string): string => `(
    select count(*) from pg_catalog.pg_stat_activity s where s.datname = pg_catalog.current_database()
      and s.backend_type = 'client backend' and s.pid not in (${pids.join(', ')}) and ${where})`

const factsSql = ({ major }: Side, pids: readonly number[]): string => `
  select current_user as "user", r.rolsuper as "isSuperuser", r.rolsuper or r.rolreplication as "mayReplicate",
    r.rolsuper${major >= 16 ? ` or pg_catalog.pg_has_role('pg_create_subscription', 'member')` : ''} as "maySubscribe",
    pg_catalog.has_database_privilege(d.oid, 'create') as "mayCreate",
    r.rolsuper or r.rolcreaterole as "mayMakeRoles",
    r.rolsuper or pg_catalog.pg_has_role('pg_signal_backend', 'member') as "mayEndSessions",
    pg_catalog.pg_get_userbyid(d.datdba) as owner,
    pg_catalog.concat_ws('/', (select system_identifier from pg_catalog.pg_control_system()), d.oid,
      pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())) as identity,
    pg_catalog.pg_is_in_recovery() as "inRecovery", pg_catalog.current_setting('wal_level') as "walLevel",
    ${setting('max_replication_slots')} - (select count(*) from pg_catalog.pg_replication_slots) as "freeSlots",
    ${setting('max_wal_senders')} - (select count(*) from pg_catalog.pg_stat_replication) as "freeSenders",
    ${setting('max_logical_replication_workers')} as "applyWorkers", ${setting('max_worker_processes')} as "workerProcesses",
    ${setting(major >= 18 ? 'max_active_replication_origins' : 'max_replication_slots')}
      - (select count(*) from pg_catalog.pg_replication_origin) as origins,
    pg_catalog.pg_encoding_to_char(d.encoding) as encoding,
    pg_catalog.concat_ws(', ', 'LC_COLLATE ' || d.datcollate, 'LC_CTYPE ' || d.datctype,
      case to_jsonb(d) ->> 'datlocprovider' when 'i' then 'ICU' when 'b' then 'builtin' else 'libc' end,
      coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')) as locale,
    ${list(`json_build_object('name', e.extname, 'version', e.extversion)`, 'from pg_catalog.pg_extension e').replace('order by 1', 'order by e.extname collate "C"')} as extensions,
    coalesce((select json_agg(a.name) from pg_catalog.pg_available_extensions a), '[]'::json) as available,
    ${objects} as objects,
    pg_catalog.pg_database_size(d.oid) as bytes,
    (select count(*) ${sentTables} and c.relkind = 'r') as tables,
    (select coalesce(sum(${aboutRows}), 0)::bigint ${sentTables} and c.relkind = 'r') as rows,
    ${names(`${ownRelations} and c.relkind = 'r' and c.relpersistence = 'u'`)} as unlogged,
    ${names(`${ownRelations} and c.relkind = 'f'`)} as "foreign",
    coalesce((select json_agg(pg_catalog.format('%s (%s)', x.oid::pg_catalog.regclass, e.extname)) from pg_catalog.pg_extension e,
      unnest(e.extconfig) x(oid) join pg_catalog.pg_class c on c.oid = x.oid and c.relkind = 'r'), '[]'::json) as "extensionRows",
    ${names(`${sentTables} and c.relkind = 'r' and c.relreplident <> 'f' and not ${hasIdentity}`)} as "noIdentity",
    ${names(`${sentTables} and c.relkind = 'r' and not ${hasIdentity} and ${notComparable}`)} as "notComparable",
    coalesce((select json_agg(f.name order by f.name collate "C") from (
      select pg_catalog.format('%I on %I.%I', t.tgname, n.nspname, c.relname) as name ${ownRelations.replace(
        'where',
        'join pg_catalog.pg_trigger t on t.tgrelid = c.oid where',
      )} and not t.tgisinternal and t.tgenabled in ('R', 'A')
      union all
      select pg_catalog.format('rule %I on %I.%I', w.rulename, n.nspname, c.relname) ${ownRelations.replace(
        'where',
        'join pg_catalog.pg_rewrite w on w.ev_class = c.oid where',
      )} and w.ev_enabled in ('R', 'A')) f), '[]'::json) as "replicaTriggers",
    ${names(`${ownRelations} and c.relkind in ('r', 'p') and not pg_catalog.pg_has_role(c.relowner, 'usage')`)} as "notOwned",
    ${names(`${sentTables} and c.relforcerowsecurity`)} as "forcedSecurity",
    ${names(`${ownRelations} and c.relkind = 'm'`)} as "materializedViews",
    (select count(*) ${ownRelations} and c.relkind = 'S') as sequences,
    (select count(*) from pg_catalog.pg_largeobject_metadata) as "largeObjects",
    (select count(*) from pg_catalog.pg_prepared_xacts p where p.database = pg_catalog.current_database()) as prepared,
    coalesce((select json_agg(s.subname order by s.subname collate "C") from pg_catalog.pg_subscription s where s.subdbid = d.oid
      and s.subname <> 'assay_cutover'), '[]'::json) as subscriptions,
    coalesce((select json_agg(s.slot_name order by s.slot_name) from pg_catalog.pg_replication_slots s where not (${ownSlotsWhere})
      and s.slot_type = 'logical' and s.database = pg_catalog.current_database() and not s.temporary), '[]'::json) as "otherSlots",
    coalesce((select json_agg(s.slot_name order by s.slot_name) from pg_catalog.pg_replication_slots s where ${ownSlotsWhere}), '[]'::json) as "ownSlots",
    ${others(pids, `exists (select from pg_catalog.pg_roles u where u.oid = s.usesysid and u.rolsuper)`)} as "superuserSessions",
    ${others(pids, `s.usename = current_user`)} as "sameRoleSessions",
    coalesce((select json_agg(distinct l.rolname::text) from pg_catalog.pg_shdepend h join pg_catalog.pg_roles l on l.oid = h.refobjid
      where h.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and h.dbid = d.oid and l.rolcanlogin and l.oid >= 16384), '[]'::json) as "loginRoles",
    (select json_agg(o.rolname::text) from pg_catalog.pg_roles o) as roles
  from pg_catalog.pg_database d, pg_catalog.pg_roles r
  where d.datname = pg_catalog.current_database() and r.rolname = current_user`

/** `cutoverPids`: of both sides, which may stand on one server. */
export const readFacts = async (side: Side, cutoverPids: readonly number[]): Promise<SideFacts> => {
  const [facts] = await side.db.json<SideFacts>(factsSql(side, cutoverPids))
  if (!facts) throw new Error('the database of the session is not in pg_database')
  return facts
}
