/** Views and materialized views, with the defaults of their columns. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'
import { assignedOptions, quotedName } from '../../catalog/quoted-sql.ts'

interface ViewRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly materialized: boolean
  readonly populated: boolean
  readonly definition: string
  readonly options: string | null
  readonly method: string | null
  readonly rule: number
  readonly types: readonly number[]
  readonly defaults: readonly { readonly oid: number; readonly column: string; readonly expression: string }[]
  readonly targets: readonly { readonly column: string; readonly target: number }[]
}

const viewsSql = `
  select c.oid::bigint as oid, n.nspname as schema, c.relname as name, ${quotedName('n', 'c.relname')} as sql,
    c.relkind = 'm' as materialized, c.relispopulated as populated, pg_catalog.pg_get_viewdef(c.oid) as definition,
    ${assignedOptions('c.reloptions')} as options,
    (select pg_catalog.quote_ident(m.amname) from pg_catalog.pg_am m where m.oid = c.relam and m.amname <> 'heap') as method,
    (select r.oid::bigint from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.rulename = '_RETURN') as rule,
    (select json_agg(x.oid::bigint) from (select c.reltype as oid
      union all select t.typarray from pg_catalog.pg_type t where t.oid = c.reltype and t.typarray <> 0) x) as types,
    (select coalesce(json_agg(json_build_object('oid', f.oid::bigint, 'column', pg_catalog.quote_ident(a.attname),
        'expression', pg_catalog.pg_get_expr(f.adbin, f.adrelid)) order by a.attnum), '[]'::json)
      from pg_catalog.pg_attrdef f join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
      where f.adrelid = c.oid) as defaults,
    (select coalesce(json_agg(json_build_object('column', pg_catalog.quote_ident(a.attname), 'target', a.attstattarget) order by a.attnum), '[]'::json)
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and coalesce(a.attstattarget, -1) >= 0) as targets
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('v', 'm') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

const create = (row: ViewRow): string => {
  const word = row.materialized ? 'MATERIALIZED VIEW' : 'VIEW'
  const method = row.method === null ? '' : ` USING ${row.method}`
  const options = row.options === null ? '' : ` WITH (${row.options})`
  const body = row.definition.trim().replace(/;$/u, '')
  const data = row.materialized ? `\nWITH ${row.populated ? '' : 'NO '}DATA` : ''
  return `CREATE ${word} ${row.sql}${method}${options} AS\n${body}${data}`
}

const toPieces = (row: ViewRow): readonly Piece[] => {
  const key = keyOf('pg_class', row.oid)
  const word = row.materialized ? 'materialized view' : 'view'
  const view: Piece = {
    key,
    rows: [keyOf('pg_rewrite', row.rule), ...row.types.map((oid) => keyOf('pg_type', oid))],
    name: `${word} ${row.sql}`,
    section: 'Views',
    sort: [row.schema, row.name],
    statements: [
      create(row),
      ...row.targets.map(
        ({ column, target }) =>
          `ALTER MATERIALIZED VIEW ${row.sql} ALTER COLUMN ${column} SET STATISTICS ${target}`,
      ),
    ],
  }
  const defaults = row.defaults.map(({ oid, column, expression }): Piece => ({
    key: keyOf('pg_attrdef', oid),
    name: `default of ${row.sql}.${column}`,
    section: 'Views',
    sort: [row.schema, row.name, column],
    statements: [`ALTER VIEW ${row.sql} ALTER COLUMN ${column} SET DEFAULT ${expression}`],
    on: [key],
  }))
  return [view, ...defaults]
}

export const readViews: Family = async ({ db }) => (await db.json<ViewRow>(viewsSql)).flatMap(toPieces)
