/** Reads functions and procedures; aggregates and window functions are compiled or made of functions that stand here. */
import { notOfExtension, userSchema } from '../tables-sql.ts'
import { argumentTypes, usesSql } from '../uses.ts'

export const functionsSql = `
  select
    n.nspname as schema, p.proname as name, ${argumentTypes('p')} as args,
    p.prokind = 'p' as "isProcedure",
    pg_catalog.pg_get_userbyid(p.proowner) as owner,
    l.lanname as language,
    coalesce(pg_catalog.pg_get_function_result(p.oid), 'void') as returns,
    p.proretset as "returnsSet",
    coalesce(p.proargmodes && array['o', 'b', 't']::"char"[], false) as "hasOutputs",
    not exists (select from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype) used
      join pg_catalog.pg_type t on t.oid = used
      where t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace or t.typname in ('trigger', 'event_trigger', 'record')
        or t.typname like 'any%') as "isOfBuiltIns",
    p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype as "isTrigger",
    p.prorettype = 'pg_catalog.event_trigger'::pg_catalog.regtype as "isEventTrigger",
    p.prosecdef as "securityDefiner",
    p.proisstrict as strict,
    (select substr(setting, length('search_path=') + 1) from unnest(p.proconfig) setting
      where setting like 'search\\_path=%') as "searchPath",
    pg_catalog.pg_get_functiondef(p.oid) as statement,
    case when l.lanname not in ('c', 'internal') and p.prosqlbody is null then p.prosrc end as body,
    (select json_agg(json_build_object(
      'grantee', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
      'privilege', x.privilege_type, 'grantable', x.is_grantable)
      order by pg_catalog.pg_get_userbyid(x.grantee) collate "C", x.privilege_type, x.is_grantable)
      from pg_catalog.aclexplode(p.proacl) x) as acl,
    pg_catalog.obj_description(p.oid, 'pg_proc') as comment,
    ${usesSql('pg_proc', 'p.oid')} as uses
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where p.prokind in ('f', 'p') and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
    and not exists (select from pg_catalog.pg_depend made_by
      where made_by.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and made_by.objid = p.oid and made_by.deptype = 'i')
  order by n.nspname collate "C", p.proname collate "C", pg_catalog.pg_get_function_identity_arguments(p.oid) collate "C"`

/** No value of a type of PostgreSQL's own becomes one of it unasked: a domain is its base type here. */
const isApart = (type: string): string => `exists (select from pg_catalog.pg_type apart
  where apart.oid = ${type} and apart.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace and apart.typtype <> 'd'
    and not exists (select from pg_catalog.pg_cast k join pg_catalog.pg_type own on own.oid = k.castsource
      where k.casttarget = apart.oid and k.castcontext = 'i' and own.typnamespace = 'pg_catalog'::pg_catalog.regnamespace))`

/**
 * Names of functions, operators and types outside pg_catalog, extensions' included; and those of the functions and
 * operators among them that values of PostgreSQL's own types can be given to (citext's `=` is none).
 */
export const outsideNamesSql = `
  select
    (select coalesce(json_agg(distinct p.proname), '[]'::json) from pg_catalog.pg_proc p
      where p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace) as functions,
    (select coalesce(json_agg(distinct o.oprname), '[]'::json) from pg_catalog.pg_operator o
      where o.oprnamespace <> 'pg_catalog'::pg_catalog.regnamespace) as operators,
    (select coalesce(json_agg(distinct p.proname), '[]'::json) from pg_catalog.pg_proc p
      where p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
        and not exists (select from unnest(p.proargtypes) given where ${isApart('given')})) as "functionsOfBuiltIns",
    (select coalesce(json_agg(distinct o.oprname), '[]'::json) from pg_catalog.pg_operator o
      where o.oprnamespace <> 'pg_catalog'::pg_catalog.regnamespace
        and not ${isApart('o.oprleft')} and not ${isApart('o.oprright')}) as "operatorsOfBuiltIns",
    (select coalesce(json_agg(distinct t.typname), '[]'::json) from pg_catalog.pg_type t
      where t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace and t.typcategory <> 'A') as types`
