/** Row-level security: switched on and forced, and the policies of every shape. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'
import { quotedName } from '../../catalog/quoted-sql.ts'

interface SecuredRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly enabled: boolean
  readonly forced: boolean
}

const securedSql = `
  select c.oid::bigint as oid, n.nspname as schema, c.relname as name, ${quotedName('n', 'c.relname')} as sql,
    c.relrowsecurity as enabled, c.relforcerowsecurity as forced
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where (c.relrowsecurity or c.relforcerowsecurity) and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

interface PolicyRow {
  readonly oid: number
  readonly schema: string
  readonly table: string
  readonly on: string
  readonly name: string
  readonly sql: string
  readonly clauses: string
}

const policiesSql = `
  select p.oid::bigint as oid, n.nspname as schema, c.relname as table, ${quotedName('n', 'c.relname')} as on, p.polname as name,
    pg_catalog.quote_ident(p.polname) as sql,
    pg_catalog.concat_ws(E'\\n  ',
      case when not p.polpermissive then 'AS RESTRICTIVE' end,
      case p.polcmd when 'r' then 'FOR SELECT' when 'a' then 'FOR INSERT' when 'w' then 'FOR UPDATE' when 'd' then 'FOR DELETE' end,
      case when p.polroles <> '{0}' then 'TO ' || (select string_agg(case when r.oid = 0 then 'PUBLIC'
        when r.oid in (10, (select b.datdba from pg_catalog.pg_database b where b.datname = current_database())) then 'CURRENT_USER'
        else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.oid)) end, ', '
        order by r.at) from unnest(p.polroles) with ordinality r(oid, at)) end,
      'USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
      'WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')') as clauses
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

export const readPolicies: Family = async ({ db }) => {
  const secured = await db.json<SecuredRow>(securedSql)
  const policies = await db.json<PolicyRow>(policiesSql)
  return [
    ...secured.map((row): Piece => ({
      key: `secured/${row.oid}`,
      name: `row-level security of ${row.sql}`,
      section: 'Row-level security',
      sort: [row.schema, row.name],
      statements: [
        ...(row.enabled ? [`ALTER TABLE ${row.sql} ENABLE ROW LEVEL SECURITY`] : []),
        ...(row.forced ? [`ALTER TABLE ${row.sql} FORCE ROW LEVEL SECURITY`] : []),
      ],
      on: [keyOf('pg_class', row.oid)],
    })),
    ...policies.map((row): Piece => ({
      key: keyOf('pg_policy', row.oid),
      name: `policy ${row.sql} on ${row.on}`,
      section: 'Row-level security',
      sort: [row.schema, row.table, row.name],
      statements: [`CREATE POLICY ${row.sql} ON ${row.on}${row.clauses === '' ? '' : `\n  ${row.clauses}`}`],
    })),
  ]
}
