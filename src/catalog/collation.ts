/** Collations that people made: how text is ordered, and what of it is equal. */
import { listedKind } from './listed-kind.ts'
import { quotedName } from './quoted-sql.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { relationObjectId, usesSql } from './uses.ts'

/** The locale stands in another column in every other version. */
export const collationsSql = `
  select 'pg_collation' as class, c.oid::bigint as oid, n.nspname as schema, c.collname as name,
    'collation ' || ${quotedName('n', 'c.collname')} as called, '[]'::json as operands,
    length(pg_catalog.format('CREATE COLLATION %I.%I', n.nspname, c.collname)) as named,
    ${usesSql('pg_collation', 'c.oid')} as uses,
    json_build_array(pg_catalog.format('CREATE COLLATION %I.%I (%s)', n.nspname, c.collname, pg_catalog.concat_ws(', ',
      'PROVIDER = ' || case c.collprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
      case when c.collprovider = 'c' and c.collcollate <> c.collctype
        then pg_catalog.format('LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype)
        else 'LOCALE = ' || pg_catalog.quote_literal(coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate)) end,
      'RULES = ' || pg_catalog.quote_literal(to_jsonb(c) ->> 'collicurules'),
      case when not c.collisdeterministic then 'DETERMINISTIC = false' end))) as statements
  from pg_catalog.pg_collation c join pg_catalog.pg_namespace n on n.oid = c.collnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_collation', 'c.oid')}
  order by n.nspname collate "C", c.collname collate "C"`

export const collationKind = listedKind({
  kind: 'collation',
  sql: collationsSql,
  id: (facts) => relationObjectId('collation', facts),
  notMutated:
    'nothing of a collation can be altered; columns and indexes have mutants that take it away from them',
})
