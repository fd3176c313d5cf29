/** Extended statistics, publications and foreign servers. What only a superuser publishes is named and left out. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'
import { serversSql, serverStatement, type ServerRow } from '../../catalog/foreign-server.ts'
import {
  publicationsSql,
  publicationStatement,
  publishedTable,
  type PublicationRow,
} from '../../catalog/publication.ts'
import { quotedName } from '../../catalog/quoted-sql.ts'

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

const toPublication = (row: PublicationRow): Piece => ({
  key: keyOf('pg_publication', row.oid),
  rows: row.tables.map(({ oid }) => keyOf('pg_publication_rel', oid)),
  name: `publication ${row.sql}`,
  section: 'Publications',
  sort: [row.name],
  statements: [publicationStatement(row)],
  on: row.tables.map(({ table }) => keyOf('pg_class', table)),
  ...(row.everything !== null
    ? { cannot: 'only a superuser publishes all tables, or all tables of a schema' }
    : {}),
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

const readServers: Family = async ({ db }) =>
  (await db.json<ServerRow>(serversSql)).map((row): Piece => ({
    key: keyOf('pg_foreign_server', row.oid),
    name: `server ${row.sql}`,
    section: 'Schemas',
    sort: ['server', row.sql],
    statements: [serverStatement(row)],
    ...(row.mayUse
      ? {}
      : {
          cannot: `the owner of the database may not use the foreign data wrapper ${row.wrapper}: a superuser has to grant it`,
        }),
  }))

export const readServants: Family = async (source) =>
  (await Promise.all([readStatistics, readPublications, readServers].map((family) => family(source)))).flat()
