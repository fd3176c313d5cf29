/** Foreign servers: where foreign tables have their rows. Options that look like secrets are left out, and named. */
import { idPart } from '../ground/names.ts'
import type { StructureKind } from './structure.ts'
import { listedOptions } from './quoted-sql.ts'
import { notOfExtension } from './tables-sql.ts'

export interface ServerRow {
  readonly oid: number
  readonly name: string
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

export const serversSql = `
  select s.oid::bigint as oid, s.srvname as name, pg_catalog.quote_ident(s.srvname) as sql, pg_catalog.quote_ident(w.fdwname) as wrapper,
    pg_catalog.quote_literal(s.srvtype) as type, pg_catalog.quote_literal(s.srvversion) as version,
    ${listedOptions(`(select array_agg(o) from unnest(s.srvoptions) o where split_part(o, '=', 1) !~* ${secretOption})`)} as options,
    (select string_agg(split_part(o, '=', 1), ', ') from unnest(s.srvoptions) o where split_part(o, '=', 1) ~* ${secretOption}) as secret,
    pg_catalog.has_foreign_data_wrapper_privilege((select d.datdba from pg_catalog.pg_database d where d.datname = current_database()), w.oid, 'usage') as "mayUse"
  from pg_catalog.pg_foreign_server s join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
  where ${notOfExtension('pg_foreign_server', 's.oid')}
  order by s.srvname collate "C"`

const parts = ({ type, version, wrapper, options }: ServerRow): string =>
  [
    ...(type === null ? [] : [`TYPE ${type}`]),
    ...(version === null ? [] : [`VERSION ${version}`]),
    `FOREIGN DATA WRAPPER ${wrapper}`,
    ...(options === null ? [] : [`OPTIONS (${options})`]),
  ].join(' ')

export const serverStatement = (row: ServerRow): string => `CREATE SERVER ${row.sql} ${parts(row)}`

export const foreignServerKind: StructureKind<ServerRow> = {
  kind: 'server',
  read: async (db) =>
    (await db.json<ServerRow>(serversSql)).map((facts) => ({
      id: `server:${idPart(facts.name)}`,
      kind: 'server',
      table: null,
      name: facts.name,
      definition: parts(facts),
      dependsOn: [],
      facts,
    })),
  create: ({ facts }) => [serverStatement(facts)],
  drop: ({ facts }) => [`drop server ${facts.sql} cascade`],
  mutants: () => [],
  notMutated: 'its tables are elsewhere, and nothing is asked of them',
}
