/** Conversions between encodings that people made. */
import { listedKind } from './listed-kind.ts'
import { quotedName } from './quoted-sql.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { relationObjectId, usesSql } from './uses.ts'

export const conversionsSql = `
  select 'pg_conversion' as class, v.oid::bigint as oid, n.nspname as schema, v.conname as name,
    'conversion ' || ${quotedName('n', 'v.conname')} as called, '[]'::json as operands,
    length(pg_catalog.format('CREATE %sCONVERSION %I.%I', case when v.condefault then 'DEFAULT ' end, n.nspname, v.conname)) as named,
    ${usesSql('pg_conversion', 'v.oid')} as uses,
    json_build_array(pg_catalog.format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s', case when v.condefault then 'DEFAULT ' end,
      n.nspname, v.conname, pg_catalog.pg_encoding_to_char(v.conforencoding), pg_catalog.pg_encoding_to_char(v.contoencoding),
      (select ${quotedName('fn', 'f.proname')} from pg_catalog.pg_proc f join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
        where f.oid = v.conproc))) as statements
  from pg_catalog.pg_conversion v join pg_catalog.pg_namespace n on n.oid = v.connamespace
  where ${userSchema('n')} and ${notOfExtension('pg_conversion', 'v.oid')}
  order by n.nspname collate "C", v.conname collate "C"`

export const conversionKind = listedKind({
  kind: 'conversion',
  sql: conversionsSql,
  id: (facts) => relationObjectId('conversion', facts),
  notMutated:
    'nothing of a conversion can be altered, and one that is not DEFAULT acts only where it is named',
})
