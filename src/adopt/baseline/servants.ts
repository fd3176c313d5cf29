/** Extended statistics, publications and foreign servers. What only a superuser publishes is named and left out. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'
import { listedOptions, quotedName } from '../../catalog/quoted-sql.ts'

interface StatisticsRow {
  readonly oid: number
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly sql: string
  readonly statement: string
  readonly target: number | null
}

const statisticsSql = `
  select s.oid::bigint as oid, cn.nspname as schema, c.relname as table, s.stxname as name, ${quotedName('n', 's.stxname')} as sql,
    pg_catalog.pg_get_statisticsobjdef(s.oid) as statement, nullif(coalesce(s.stxstattarget, -1), -1) as target
  from pg_catalog.pg_statistic_ext s
  join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
  join pg_catalog.pg_class c on c.oid = s.stxrelid join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_statistic_ext', 's.oid')}`

const readStatistics: Family = async ({ db }) =>
  (await db.json<StatisticsRow>(statisticsSql)).map((row): Piece => ({
    key: keyOf('pg_statistic_ext', row.oid),
    name: `statistics ${row.sql}`,
    section: 'Indexes',
    sort: [row.schema, row.table, row.name],
    statements: [
      row.statement,
      ...(row.target === null ? [] : [`ALTER STATISTICS ${row.sql} SET STATISTICS ${row.target}`]),
    ],
  }))

interface PublicationRow {
  readonly oid: number
  readonly name: string
  readonly sql: string
  readonly wide: boolean
  readonly options: string | null
  readonly tables: readonly {
    readonly oid: number
    readonly table: number
    readonly name: string
    readonly columns: string | null
    readonly predicate: string | null
  }[]
}

/** Column lists, WHERE and whole schemas came with PostgreSQL 15. */
const publicationsSql = (major: number): string => `
  select p.oid::bigint as oid, p.pubname as name, pg_catalog.quote_ident(p.pubname) as sql,
    p.puballtables${major >= 15 ? ' or exists (select from pg_catalog.pg_publication_namespace s where s.pnpubid = p.oid)' : ''} as wide,
    nullif(pg_catalog.concat_ws(', ',
      case when not (p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate) then 'publish = ' || pg_catalog.quote_literal(
        pg_catalog.concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
          case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end)) end,
      case when p.pubviaroot then 'publish_via_partition_root = true' end,
      case when to_jsonb(p) ->> 'pubgencols' = 's' then 'publish_generated_columns = stored' end), '') as options,
    (select coalesce(json_agg(json_build_object('oid', r.oid::bigint, 'table', c.oid::bigint, 'name', ${quotedName('n', 'c.relname')},
        'columns', ${
          major >= 15
            ? `(select string_agg(pg_catalog.quote_ident(a.attname), ', ' order by u.at) from unnest(r.prattrs) with ordinality u(num, at)
          join pg_catalog.pg_attribute a on a.attrelid = r.prrelid and a.attnum = u.num)`
            : 'null::text'
        },
        'predicate', ${major >= 15 ? 'pg_catalog.pg_get_expr(r.prqual, r.prrelid)' : 'null::text'})
        order by n.nspname collate "C", c.relname collate "C"), '[]'::json)
      from pg_catalog.pg_publication_rel r join pg_catalog.pg_class c on c.oid = r.prrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace where r.prpubid = p.oid) as tables
  from pg_catalog.pg_publication p
  where ${notOfExtension('pg_publication', 'p.oid')}`

const publishedTable = ({ name, columns, predicate }: PublicationRow['tables'][number]): string =>
  `${name}${columns === null ? '' : ` (${columns})`}${predicate === null ? '' : ` WHERE (${predicate.replace(/^\((?<inner>.*)\)$/su, '$<inner>')})`}`

const publication = (row: PublicationRow): string => {
  const tables = row.tables.map(publishedTable)
  const what = tables.length === 0 ? '' : ` FOR TABLE\n  ${tables.join(',\n  ')}`
  return `CREATE PUBLICATION ${row.sql}${what}${row.options === null ? '' : `\nWITH (${row.options})`}`
}

const toPublication = (row: PublicationRow): Piece => ({
  key: keyOf('pg_publication', row.oid),
  rows: row.tables.map(({ oid }) => keyOf('pg_publication_rel', oid)),
  name: `publication ${row.sql}`,
  section: 'Publications',
  sort: [row.name],
  statements: [publication(row)],
  on: row.tables.map(({ table }) => keyOf('pg_class', table)),
  ...(row.wide ? { cannot: 'only a superuser publishes all tables, or all tables of a schema' } : {}),
})

/** A platform makes the publication, and the project puts its tables into it. */
const intoPublication = (row: PublicationRow, made: ReadonlySet<string>): readonly Piece[] => {
  const own = row.tables.filter(({ name }) => !made.has(`table ${name}`))
  if (own.length === 0 || !made.has(`publication ${row.sql}`)) return []
  return [
    {
      key: `tables of publication ${row.sql}`,
      name: `tables of publication ${row.sql}`,
      section: 'Publications',
      sort: [row.name],
      statements: [`ALTER PUBLICATION ${row.sql} ADD TABLE\n  ${own.map(publishedTable).join(',\n  ')}`],
      on: own.map(({ table }) => keyOf('pg_class', table)),
    },
  ]
}

const readPublications: Family = async ({ db, major, made }) => {
  const rows = await db.json<PublicationRow>(publicationsSql(major))
  return [...rows.map(toPublication), ...rows.flatMap((row) => intoPublication(row, made))]
}

interface ServerRow {
  readonly oid: number
  readonly sql: string
  readonly wrapper: string
  readonly type: string | null
  readonly version: string | null
  readonly options: string | null
  readonly secret: string | null
  readonly mayUse: boolean
}

/** An option that looks like a secret is left out, and named. */
const secretOption = `'pass|secret|token|credential|private'`

const serversSql = `
  select s.oid::bigint as oid, pg_catalog.quote_ident(s.srvname) as sql, pg_catalog.quote_ident(w.fdwname) as wrapper,
    pg_catalog.quote_literal(s.srvtype) as type, pg_catalog.quote_literal(s.srvversion) as version,
    ${listedOptions(`(select array_agg(o) from unnest(s.srvoptions) o where split_part(o, '=', 1) !~* ${secretOption})`)} as options,
    (select string_agg(split_part(o, '=', 1), ', ') from unnest(s.srvoptions) o where split_part(o, '=', 1) ~* ${secretOption}) as secret,
    pg_catalog.has_foreign_data_wrapper_privilege((select d.datdba from pg_catalog.pg_database d where d.datname = current_database()), w.oid, 'usage') as "mayUse"
  from pg_catalog.pg_foreign_server s join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
  where ${notOfExtension('pg_foreign_server', 's.oid')}`

const readServers: Family = async ({ db }) =>
  (await db.json<ServerRow>(serversSql)).map((row): Piece => ({
    key: keyOf('pg_foreign_server', row.oid),
    name: `server ${row.sql}`,
    section: 'Schemas',
    sort: ['server', row.sql],
    statements: [
      [
        `CREATE SERVER ${row.sql}`,
        ...(row.type === null ? [] : [`TYPE ${row.type}`]),
        ...(row.version === null ? [] : [`VERSION ${row.version}`]),
        `FOREIGN DATA WRAPPER ${row.wrapper}`,
        ...(row.options === null ? [] : [`OPTIONS (${row.options})`]),
      ].join(' '),
    ],
    ...(row.mayUse
      ? {}
      : {
          cannot: `the owner of the database may not use the foreign data wrapper ${row.wrapper}: a superuser has to grant it`,
        }),
  }))

export const readServants: Family = async (source) =>
  (await Promise.all([readStatistics, readPublications, readServers].map((family) => family(source)))).flat()
