/** What a database has, object by object, asked in one query that shares nothing with src/catalog: the oracle of its tests. */
import type { Session } from '../../src/postgres/session.ts'

const acl = (list: string): string =>
  `(select string_agg(x::text, ',' order by x::text) from unnest(${list}) x)`

const publicationsSql = `
  select 'publication', p.pubname || ' ' || r.prrelid::regclass, concat_ws(' | ', (select string_agg(a.attname, ',' order by a.attname) from pg_attribute a
    where a.attrelid = r.prrelid and a.attnum = any (r.prattrs)), pg_get_expr(r.prqual, r.prrelid))
  from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
  union all`

/** Comments and grants are rows of their own: what an object carries has to stay when its text may change. */
const snapshotSql = (major: number): string => `
  with own as (
    select c.*, n.nspname, n.nspname || '.' || c.relname as relation from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  ),
  functions as (
    select p.* from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and p.prokind <> 'a'
      and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
  )
  select 'column' as kind, own.relation || '.' || a.attname as name,
    concat_ws(' | ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation,
      pg_get_expr(d.adbin, d.adrelid)) as text
  from own join pg_attribute a on a.attrelid = own.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where own.relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'relation', own.relation, concat_ws(' | ', own.relkind, pg_get_userbyid(own.relowner), own.reloptions,
    own.relrowsecurity, own.relforcerowsecurity, own.relreplident, own.relpersistence, own.relispopulated)
  from own where own.relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'definition', own.relation, pg_get_viewdef(own.oid) from own where own.relkind in ('v', 'm')
  union all
  select 'grant', own.relation, ${acl(`coalesce(own.relacl, acldefault('r', own.relowner))`)}
  from own where own.relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'grant', own.relation || '.' || a.attname, ${acl('a.attacl')}
  from own join pg_attribute a on a.attrelid = own.oid where a.attacl is not null and not a.attisdropped
  union all
  select 'grant', p.oid::regprocedure::text, ${acl(`coalesce(p.proacl, acldefault('f', p.proowner))`)} from functions p
  union all
  select 'comment', concat_ws(' ', i.type, i.identity), d.description
  from pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i where d.objoid >= 16384
  union all
  select 'constraint', own.relation || '.' || k.conname, pg_get_constraintdef(k.oid)
  from own join pg_constraint k on k.conrelid = own.oid where k.contype in ('c', 'u', 'p', 'x', 'f') and k.conparentid = 0
  union all
  select 'index', t.relation || '.' || own.relname, concat_ws(' | ', pg_get_indexdef(own.oid), i.indisvalid, i.indisreplident)
  from own join pg_index i on i.indexrelid = own.oid join own t on t.oid = i.indrelid where not own.relispartition
  union all
  select 'policy', own.relation || '.' || p.polname, concat_ws(' | ', p.polcmd, p.polpermissive, p.polroles::regrole[],
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  from own join pg_policy p on p.polrelid = own.oid
  union all
  select 'trigger', own.relation || '.' || g.tgname, concat_ws(' | ', pg_get_triggerdef(g.oid), g.tgenabled)
  from own join pg_trigger g on g.tgrelid = own.oid where not g.tgisinternal
  union all
  select 'rule', own.relation || '.' || r.rulename, concat_ws(' | ', pg_get_ruledef(r.oid), r.ev_enabled)
  from own join pg_rewrite r on r.ev_class = own.oid where r.rulename <> '_RETURN'
  union all
  select 'function', p.oid::regprocedure::text, concat_ws(' | ', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner))
  from functions p
  union all
  select 'statistics', s.stxname, pg_get_statisticsobjdef(s.oid) from pg_statistic_ext s
  union all
  ${major >= 15 ? publicationsSql : ''}
  select 'sequence', own.relation, concat_ws(' | ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
  from own join pg_sequence s on s.seqrelid = own.oid`

/** `kind name` → what it is. */
export const snapshot = async (db: Session): Promise<ReadonlyMap<string, string>> => {
  await db.query(`set search_path = ''`)
  const [version] = await db.json<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  )
  const rows = await db.json<{ kind: string; name: string; text: string }>(
    `select * from (${snapshotSql(version?.major ?? 0)}) everything order by kind, name collate "C"`,
  )
  return new Map(rows.map((row) => [`${row.kind} ${row.name}`, row.text]))
}

/** Names of what is not the same in both. */
export const changedBetween = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .toSorted()
