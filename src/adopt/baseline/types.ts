/** Enums, composite types, ranges and domains, each as one statement. Base types are compiled: only a superuser makes them. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { quotedLiteral } from '../../catalog/quoted-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'

interface TypeRow {
  readonly oid: number
  readonly sql: string
  readonly schema: string
  readonly name: string
  readonly kind: 'e' | 'c' | 'r' | 'd'
  readonly others: readonly number[]
  readonly relation: number
  /** Labels, attributes or options, one a line. */
  readonly parts: readonly string[]
  /** Of a domain: what follows AS. */
  readonly base: string | null
  readonly checks: readonly {
    readonly oid: number
    readonly name: string
    readonly text: string
    readonly validated: boolean
  }[]
}

const collation = (oid: string, standard: string): string => `case when ${oid} <> ${standard}
  then (select ' COLLATE ' || pg_catalog.format('%I.%I', cn.nspname, co.collname)
    from pg_catalog.pg_collation co join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace where co.oid = ${oid}) else '' end`

const rangeOptions = `
    array_remove(array[
      'SUBTYPE = ' || pg_catalog.format_type(r.rngsubtype, null),
      (select 'SUBTYPE_OPCLASS = ' || pg_catalog.format('%I.%I', n.nspname, o.opcname) from pg_catalog.pg_opclass o
        join pg_catalog.pg_namespace n on n.oid = o.opcnamespace where o.oid = r.rngsubopc and not o.opcdefault),
      (select 'COLLATION = ' || pg_catalog.format('%I.%I', n.nspname, co.collname) from pg_catalog.pg_collation co
        join pg_catalog.pg_namespace n on n.oid = co.collnamespace
        join pg_catalog.pg_type st on st.oid = r.rngsubtype where co.oid = r.rngcollation and co.oid <> st.typcollation),
      (select 'SUBTYPE_DIFF = ' || pg_catalog.format('%I.%I', n.nspname, p.proname) from pg_catalog.pg_proc p
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.oid = r.rngsubdiff),
      (select 'MULTIRANGE_TYPE_NAME = ' || pg_catalog.format('%I.%I', n.nspname, m.typname) from pg_catalog.pg_type m
        join pg_catalog.pg_namespace n on n.oid = m.typnamespace where m.oid = r.rngmultitypid)
    ], null)`

/** A range with a canonical function stands on a shell type and compiled code: it is left to the reader of what is left over. */
const typesSql = `
  select t.oid::bigint as oid, n.nspname as schema, t.typname as name, t.typtype as kind,
    pg_catalog.format('%I.%I', n.nspname, t.typname) as sql,
    (select coalesce(json_agg(x.oid::bigint), '[]'::json) from (
      select t.typarray as oid where t.typarray <> 0
      union all select r.rngmultitypid from pg_catalog.pg_range r where r.rngtypid = t.oid
      union all select m.typarray from pg_catalog.pg_range r join pg_catalog.pg_type m on m.oid = r.rngmultitypid
        where r.rngtypid = t.oid and m.typarray <> 0) x) as others,
    t.typrelid::bigint as relation,
    to_json(case t.typtype
      when 'e' then coalesce((select array_agg(${quotedLiteral('e.enumlabel')} order by e.enumsortorder)
        from pg_catalog.pg_enum e where e.enumtypid = t.oid), '{}')
      when 'c' then coalesce((select array_agg(pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
          || ${collation('a.attcollation', 'at.typcollation')} order by a.attnum)
        from pg_catalog.pg_attribute a join pg_catalog.pg_type at on at.oid = a.atttypid
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), '{}')
      when 'r' then (select ${rangeOptions} from pg_catalog.pg_range r where r.rngtypid = t.oid)
      else '{}' end) as parts,
    case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod)
      || ${collation('t.typcollation', '(select b.typcollation from pg_catalog.pg_type b where b.oid = t.typbasetype)')}
      || coalesce(' DEFAULT ' || coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault), '')
      || case when not t.typnotnull then ''
        else coalesce((select ' CONSTRAINT ' || pg_catalog.quote_ident(k.conname) from pg_catalog.pg_constraint k
          where k.contypid = t.oid and k.contype = 'n' and k.conname <> t.typname || '_not_null'), '') || ' NOT NULL' end end as base,
    (select coalesce(json_agg(json_build_object('oid', k.oid::bigint, 'name', pg_catalog.quote_ident(k.conname),
        'text', pg_catalog.pg_get_constraintdef(k.oid), 'validated', k.convalidated) order by k.conname collate "C"), '[]'::json)
      from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype in ('c', 'n')) as checks
  from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where (t.typtype in ('e', 'd')
      or (t.typtype = 'c' and exists (select from pg_catalog.pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
      or (t.typtype = 'r' and exists (select from pg_catalog.pg_range r where r.rngtypid = t.oid and r.rngcanonical = 0)))
    and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}`

const list = (parts: readonly string[]): string =>
  parts.length === 0 ? '()' : `(\n  ${parts.join(',\n  ')}\n)`

const create = (row: TypeRow): readonly string[] => {
  const checks = row.checks.filter(({ text }) => text.startsWith('CHECK'))
  switch (row.kind) {
    case 'e':
      return [`CREATE TYPE ${row.sql} AS ENUM ${list(row.parts)}`]
    case 'c':
      return [`CREATE TYPE ${row.sql} AS ${list(row.parts)}`]
    case 'r':
      return [`CREATE TYPE ${row.sql} AS RANGE ${list(row.parts)}`]
    case 'd': {
      const own = checks.filter((c) => c.validated).map((c) => `\n  CONSTRAINT ${c.name} ${c.text}`)
      const later = checks.filter((c) => !c.validated)
      return [
        `CREATE DOMAIN ${row.sql} AS ${row.base}${own.join('')}`,
        ...later.map((c) => `ALTER DOMAIN ${row.sql} ADD CONSTRAINT ${c.name} ${c.text}`),
      ]
    }
  }
}

export const readTypes: Family = async ({ db }) =>
  (await db.json<TypeRow>(typesSql)).map((row): Piece => ({
    key: keyOf('pg_type', row.oid),
    rows: [
      ...row.others.map((oid) => keyOf('pg_type', oid)),
      ...(row.kind === 'c' ? [keyOf('pg_class', row.relation)] : []),
      ...row.checks.map(({ oid }) => keyOf('pg_constraint', oid)),
    ],
    name: `${row.kind === 'd' ? 'domain' : 'type'} ${row.sql}`,
    section: 'Types',
    sort: [row.schema, row.name],
    statements: create(row),
  }))
