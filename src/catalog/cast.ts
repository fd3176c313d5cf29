/** Casts that people made, by a function or through text: which values PostgreSQL turns into others, and when by itself. */
import { listedKind } from './listed-kind.ts'
import { quotedName } from './quoted-sql.ts'
import { notOfExtension } from './tables-sql.ts'
import { usesSql } from './uses.ts'

export const castsSql = `
  select 'pg_cast' as class, k.oid::bigint as oid, '' as schema,
    pg_catalog.format('%s as %s', pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null)) as name,
    json_build_array(pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null)) as operands,
    length(pg_catalog.format('CREATE CAST (%s AS %s)', pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null))) as named,
    ${usesSql('pg_cast', 'k.oid')} as uses,
    pg_catalog.format('cast (%s AS %s)', pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null)) as called,
    json_build_array(pg_catalog.format('CREATE CAST (%s AS %s) ', pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null))
      || case k.castmethod when 'i' then 'WITH INOUT' else 'WITH FUNCTION ' || (select ${quotedName('fn', 'f.proname')}
        || '(' || pg_catalog.pg_get_function_identity_arguments(f.oid) || ')'
        from pg_catalog.pg_proc f join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace where f.oid = k.castfunc) end
      || case k.castcontext when 'a' then ' AS ASSIGNMENT' when 'i' then ' AS IMPLICIT' else '' end) as statements
  from pg_catalog.pg_cast k
  where k.oid >= 16384 and k.castmethod in ('f', 'i') and ${notOfExtension('pg_cast', 'k.oid')}
    and not exists (select from pg_catalog.pg_depend made_by
      where made_by.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and made_by.objid = k.oid and made_by.deptype = 'i')
  order by pg_catalog.format_type(k.castsource, null) collate "C", pg_catalog.format_type(k.casttarget, null) collate "C"`

export const castKind = listedKind({
  kind: 'cast',
  sql: castsSql,
  id: ({ operands }) => `cast:${operands.join(' as ')}`,
  notMutated: 'nothing of a cast can be altered; the function that it calls has mutants',
})
