/** Reads who may do what with which object, beside what PostgreSQL gives by itself when the object is made. */
import { notOfExtension, userSchema } from '../tables-sql.ts'
import { argumentTypes } from '../uses.ts'

/** `reaches`: SQL that says whether the grantee may enter the schema, without which no right on a relation is of use. */
const items = (acl: string, owner: string, reaches = 'true'): string => `(
    select coalesce(json_agg(json_build_object(
      'grantee', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
      'privilege', lower(x.privilege_type), 'grantable', x.is_grantable, 'reaches', ${reaches})
      order by x.grantee <> 0, pg_catalog.pg_get_userbyid(x.grantee) collate "C", x.privilege_type collate "C", x.is_grantable), '[]'::json)
    from pg_catalog.aclexplode(${acl}) x
    where x.grantee <> ${owner} and x.grantee <> (select d.datdba from pg_catalog.pg_database d where d.datname = current_database()))`

const mayEnter = `x.grantee = 0 or pg_catalog.has_schema_privilege(x.grantee, n.oid, 'usage')`

const typeKinds = `case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' else 'composite' end`

/**
 * One row per object, or per column with privileges of its own. `given` is what a fresh object has (PUBLIC executes
 * functions and uses types); pg_init_privs tells it for the schema that came with the database.
 */
export const grantsSql = `
  select 'relation' as class, c.relkind::text as subkind, n.nspname as schema, c.relname as name, null::name as part, null::int as position, null::json as args,
    ${items('c.relacl', 'c.relowner', mayEnter)} as acl, '[]'::json as given
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and c.relacl is not null
    and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'relation', c.relkind::text, n.nspname, c.relname, a.attname, a.attnum, null,
    ${items('a.attacl', 'c.relowner', mayEnter)}, '[]'::json
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null
  where c.relkind in ('r', 'p', 'f', 'v', 'm') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'schema', null, n.nspname, n.nspname, null, null, null,
    ${items('n.nspacl', 'n.nspowner')},
    ${items(
      `coalesce((select i.initprivs from pg_catalog.pg_init_privs i where i.objoid = n.oid
        and i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass), pg_catalog.acldefault('n', n.nspowner))`,
      'n.nspowner',
    )}
  from pg_catalog.pg_namespace n
  where n.nspacl is not null and ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}
  union all
  select 'function', p.prokind::text, n.nspname, p.proname, null, null, ${argumentTypes('p')},
    ${items('p.proacl', 'p.proowner')}, ${items(`pg_catalog.acldefault('f', p.proowner)`, 'p.proowner')}
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.proacl is not null and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  union all
  select 'type', ${typeKinds}, n.nspname, t.typname, null, null, null,
    ${items('t.typacl', 't.typowner')}, ${items(`pg_catalog.acldefault('T', t.typowner)`, 't.typowner')}
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.typacl is not null and t.typtype in ('e', 'd', 'r', 'c') and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}`

/** Which roles have the rights of which others without SET ROLE. */
export const inheritanceSql = (major: number): string => `
  select pg_catalog.pg_get_userbyid(m.member) as member, pg_catalog.pg_get_userbyid(m.roleid) as role
  from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r on r.oid = m.member
  where ${major >= 16 ? 'm.inherit_option' : 'r.rolinherit'}
  order by 1, 2`
