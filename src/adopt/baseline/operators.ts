/** Operators, casts, conversions, collations, text search dictionaries and configurations: what types and expressions are made of. */
import { collationsSql } from '../../catalog/collation.ts'
import type { ListedRow } from '../../catalog/listed-kind.ts'
import { operatorsSql } from '../../catalog/operator.ts'
import { quotedName } from '../../catalog/quoted-sql.ts'
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { configurationsSql, dictionariesSql } from '../../catalog/text-search.ts'
import { keyOf, type Family, type Section } from './piece.ts'

type MadeRow = Pick<ListedRow, 'class' | 'oid' | 'schema' | 'name' | 'called' | 'statements'>

const castsSql = `
  select 'pg_cast' as class, k.oid::bigint as oid, '' as schema, '' as name,
    pg_catalog.format('cast (%s AS %s)', pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null)) as called,
    json_build_array(pg_catalog.format('CREATE CAST (%s AS %s) ', pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null))
      || case k.castmethod when 'i' then 'WITH INOUT' else 'WITH FUNCTION ' || (select ${quotedName('fn', 'f.proname')}
        || '(' || pg_catalog.pg_get_function_identity_arguments(f.oid) || ')'
        from pg_catalog.pg_proc f join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace where f.oid = k.castfunc) end
      || case k.castcontext when 'a' then ' AS ASSIGNMENT' when 'i' then ' AS IMPLICIT' else '' end) as statements
  from pg_catalog.pg_cast k
  where k.oid >= 16384 and k.castmethod in ('f', 'i') and ${notOfExtension('pg_cast', 'k.oid')}
    and not exists (select from pg_catalog.pg_depend made_by
      where made_by.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and made_by.objid = k.oid and made_by.deptype = 'i')`

const conversionsSql = `
  select 'pg_conversion' as class, v.oid::bigint as oid, n.nspname as schema, v.conname as name,
    'conversion ' || ${quotedName('n', 'v.conname')} as called,
    json_build_array(pg_catalog.format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s', case when v.condefault then 'DEFAULT ' end,
      n.nspname, v.conname, pg_catalog.pg_encoding_to_char(v.conforencoding), pg_catalog.pg_encoding_to_char(v.contoencoding),
      (select ${quotedName('fn', 'f.proname')} from pg_catalog.pg_proc f join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
        where f.oid = v.conproc))) as statements
  from pg_catalog.pg_conversion v join pg_catalog.pg_namespace n on n.oid = v.connamespace
  where ${userSchema('n')} and ${notOfExtension('pg_conversion', 'v.oid')}`

const made =
  (sql: string, section: Section): Family =>
  async ({ db }) =>
    (await db.json<MadeRow>(sql)).map((row) => ({
      key: keyOf(row.class, row.oid),
      name: row.called,
      section,
      sort: [row.schema, row.name, row.called],
      statements: row.statements,
    }))

const families = [
  made(collationsSql, 'Types'),
  made(dictionariesSql, 'Types'),
  made(configurationsSql, 'Types'),
  made(operatorsSql, 'Functions'),
  made(castsSql, 'Functions'),
  made(conversionsSql, 'Functions'),
]

export const readOperators: Family = async (source) =>
  (await Promise.all(families.map((family) => family(source)))).flat()
