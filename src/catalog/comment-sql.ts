/** Reads the comments that people gave to objects of theirs; those that come with a database or an extension are left out. */
import { quotedFunction } from './quoted-sql.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { argumentTypes } from './uses.ts'

const typeKinds = `case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' else 'composite' end`

/** One row: what kind of object, the relation it is or stands on, its own name where it stands on one. */
const everySql = `
  select
    case c.relkind when 'v' then 'view' when 'm' then 'materializedView' when 'S' then 'sequence'
      when 'i' then 'index' when 'I' then 'index' when 'f' then 'foreign table'
      when 'c' then 'composite' else 'table' end as object,
    n.nspname as schema, c.relname as name, a.attname as part, null::json as args,
    tn.nspname as "onSchema", t.relname as "onName", d.description as text,
    d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_class c on c.oid = d.objoid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
  left join pg_catalog.pg_class t on t.oid = i.indrelid
  left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'constraint', n.nspname, c.relname, k.conname, null, null, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_constraint k on k.oid = d.objoid and d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
  join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')}
  union all
  select 'domain constraint', n.nspname, t.typname, k.conname, null, null, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_constraint k on k.oid = d.objoid and d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
  join pg_catalog.pg_type t on t.oid = k.contypid join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  union all
  select 'policy', n.nspname, c.relname, p.polname, null, null, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_policy p on p.oid = d.objoid and d.classoid = 'pg_catalog.pg_policy'::pg_catalog.regclass
  join pg_catalog.pg_class c on c.oid = p.polrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  union all
  select 'trigger', n.nspname, c.relname, g.tgname, null, case c.relkind when 'v' then 'view' end, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_trigger g on g.oid = d.objoid and d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
  join pg_catalog.pg_class c on c.oid = g.tgrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')} and g.tgparentid = 0
  union all
  select 'rule', n.nspname, c.relname, r.rulename, null, case c.relkind when 'v' then 'view' end, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_rewrite r on r.oid = d.objoid and d.classoid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  join pg_catalog.pg_class c on c.oid = r.ev_class join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')}
  union all
  select 'statistics', n.nspname, s.stxname, null, null, cn.nspname, c.relname, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_statistic_ext s on s.oid = d.objoid and d.classoid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
  join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
  join pg_catalog.pg_class c on c.oid = s.stxrelid join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
  where ${userSchema('n')}
  union all
  select case p.prokind when 'p' then 'procedure' else 'function' end, n.nspname, p.proname, null, ${argumentTypes('p')},
    null, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_proc p on p.oid = d.objoid and d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.prokind in ('f', 'p') and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  union all
  select ${typeKinds}, n.nspname, t.typname, null, null, null, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_type t on t.oid = d.objoid and d.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.typtype in ('e', 'd', 'r', 'c') and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  union all
  select 'schema', n.nspname, n.nspname, null, null, null, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  join pg_catalog.pg_namespace n on n.oid = d.objoid and d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
  where ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}
    and not (n.nspname = 'public' and d.description = 'standard public schema')`

const otherCatalogs = [
  'pg_operator',
  'pg_opclass',
  'pg_opfamily',
  'pg_cast',
  'pg_collation',
  'pg_conversion',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_foreign_server',
  'pg_foreign_data_wrapper',
  'pg_publication',
  'pg_event_trigger',
  'pg_language',
  'pg_transform',
  'pg_am',
]

/** Of objects that need no word of their own: their name is all that COMMENT takes. */
const otherSql = `
  select 'other', '', case when p.oid is not null then 'aggregate ' || ${quotedFunction('p', 'n')}
      when i.type = 'foreign-data wrapper' then 'foreign data wrapper ' || i.identity else i.type || ' ' || i.identity end,
    null, null, null, null, d.description, d.classoid, d.objoid, d.objsubid
  from pg_catalog.pg_description d
  left join pg_catalog.pg_proc p on p.oid = d.objoid and d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.prokind = 'a'
  left join pg_catalog.pg_namespace n on n.oid = p.pronamespace,
  pg_catalog.pg_identify_object(d.classoid, d.objoid, 0) i
  where d.objoid >= 16384 and (p.oid is not null or d.classoid in (${otherCatalogs
    .map((name) => `'pg_catalog.${name}'::pg_catalog.regclass`)
    .join(', ')}))
    and not exists (select from pg_catalog.pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')`

/** With what PostgreSQL itself calls the object. */
export const commentsSql = `
  select c.*, i.type || ' ' || i.identity as called
  from (${everySql}
  union all ${otherSql}) c, pg_catalog.pg_identify_object(c.classoid, c.objoid, c.objsubid) i`
