/**
 * The selects that answer the DDL of a template's tables, one text per row. Run with the template first in the
 * search_path PostgreSQL prints its names bare; executed with a tenant's schema first, bare names are the tenant's.
 */
import { ident, literal } from '../../postgres/quote.ts'

/** What a tenant's role may do, after what the template's role may do there. */
export const grantsDdl = (template: string, role: string): string =>
  `select format('grant %s%s on %s %I to %I%s', x.privilege_type, x.part,
             case c.relkind when 'S' then 'sequence' else 'table' end, c.relname, own,
             case when x.is_grantable then ' with grant option' end)
        from pg_namespace n join pg_class c on c.relnamespace = n.oid
        cross join lateral (
          select '' as part, a.* from aclexplode(c.relacl) a
          union all
          select format(' (%I)', f.attname), a.* from pg_attribute f, aclexplode(f.attacl) a where f.attrelid = c.oid) x
       where n.nspname = ${literal(template)} and x.grantee = ${literal(ident(role))}::regrole`

/**
 * Types and functions are not copied: a tenant's tables use the template's. Foreign keys come after the keys and
 * indexes that they point to, triggers and policies after everything that they may speak of.
 */
export const tablesDdl = (template: string, role: string): string => `
    with c as (select * from pg_class where relnamespace = ${literal(ident(template))}::regnamespace),
    t as (select * from c where relkind = 'r')
    select ddl from (
      select 1 as step, q.oid,
             format('create sequence %I as %s increment %s minvalue %s maxvalue %s start %s cache %s%s', q.relname,
               format_type(s.seqtypid, null), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
               case when s.seqcycle then ' cycle' end) as ddl
        from pg_sequence s join c q on q.oid = s.seqrelid
        left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = q.oid and d.deptype = 'i'
       where d.objid is null
      union all
      select 2, t.oid,
             format('create %stable %I (like %s.%I including all excluding constraints excluding defaults excluding indexes)%s; comment on table %I is %L',
               case t.relpersistence when 'u' then 'unlogged ' end, t.relname, ${literal(ident(template))}, t.relname,
               ' with (' || array_to_string(t.reloptions, ', ') || ')', t.relname, obj_description(t.oid, 'pg_class'))
        from t
      union all
      select 3, t.oid, format('alter table %I alter %I set default %s', t.relname, a.attname, pg_get_expr(d.adbin, t.oid))
        from t join pg_attribute a on a.attrelid = t.oid and a.attgenerated = ''
        join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
      union all
      select 4, t.oid, format('alter sequence %I owned by %I.%I', q.relname, t.relname, a.attname)
        from t join pg_attribute a on a.attrelid = t.oid
        join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.refobjsubid = a.attnum and d.deptype = 'a'
        join pg_sequence s on s.seqrelid = d.objid join c q on q.oid = s.seqrelid
      union all
      select case k.contype when 'f' then 7 else 5 end, t.oid,
             format('alter table %I add constraint %I %s; comment on constraint %I on %I is %L', t.relname, k.conname,
               pg_get_constraintdef(k.oid), k.conname, t.relname, obj_description(k.oid, 'pg_constraint'))
        from t join pg_constraint k on k.conrelid = t.oid
       where k.contype in ('c', 'p', 'u', 'x', 'f')
      union all
      select 6, t.oid, pg_get_indexdef(i.indexrelid, 0, true)
        from t join pg_index i on i.indrelid = t.oid
        left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
       where k.oid is null
      union all
      select 8, t.oid, pg_get_triggerdef(g.oid, true)
        from t join pg_trigger g on g.tgrelid = t.oid
       where not g.tgisinternal
      union all
      select 8, t.oid,
             format('create policy %I on %I as %s for %s to %s%s%s', p.polname, t.relname,
               case when p.polpermissive then 'permissive' else 'restrictive' end,
               case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
               (select string_agg(case r when 0 then 'public' when ${literal(ident(role))}::regrole then quote_ident(own)
                                         else r::regrole::text end, ', ') from unnest(p.polroles) r),
               ' using (' || pg_get_expr(p.polqual, t.oid) || ')',
               ' with check (' || pg_get_expr(p.polwithcheck, t.oid) || ')')
        from t join pg_policy p on p.polrelid = t.oid
      union all
      select 8, t.oid, format('alter table %I %s row level security, %s row level security', t.relname,
               case when t.relrowsecurity then 'enable' else 'disable' end,
               case when t.relforcerowsecurity then 'force' else 'no force' end)
        from t
    ) x order by step, oid, ddl`
