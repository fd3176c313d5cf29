/** Publications: which tables are sent to others by logical replication, and which of their changes. */
import { idPart, relationId, structureId, type RelationName } from '../ground/names.ts'
import type { StructureKind } from './structure.ts'
import { quotedName } from './quoted-sql.ts'
import { notOfExtension } from './tables-sql.ts'

export interface PublicationRow {
  readonly oid: number
  readonly name: string
  readonly sql: string
  /** `ALL TABLES`, `TABLES IN SCHEMA sales`: what only a superuser publishes; null: single tables. */
  readonly everything: string | null
  readonly options: string | null
  readonly tables: readonly {
    readonly oid: number
    readonly table: number
    readonly name: string
    readonly relation: RelationName
    readonly columns: string | null
    readonly predicate: string | null
  }[]
}

/** Column lists, WHERE and whole schemas came with PostgreSQL 15. */
export const publicationsSql = (major: number): string => `
  select p.oid::bigint as oid, p.pubname as name, pg_catalog.quote_ident(p.pubname) as sql,
    case when p.puballtables then 'ALL TABLES'${
      major >= 15
        ? ` else (select 'TABLES IN SCHEMA ' || string_agg(pg_catalog.quote_ident(sn.nspname), ', ' order by sn.nspname collate "C")
      from pg_catalog.pg_publication_namespace s join pg_catalog.pg_namespace sn on sn.oid = s.pnnspid where s.pnpubid = p.oid)`
        : ''
    } end as everything,
    nullif(pg_catalog.concat_ws(', ',
      case when not (p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate) then 'publish = ' || pg_catalog.quote_literal(
        pg_catalog.concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
          case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end)) end,
      case when p.pubviaroot then 'publish_via_partition_root = true' end,
      case when to_jsonb(p) ->> 'pubgencols' = 's' then 'publish_generated_columns = stored' end), '') as options,
    (select coalesce(json_agg(json_build_object('oid', r.oid::bigint, 'table', c.oid::bigint, 'name', ${quotedName('n', 'c.relname')},
        'relation', json_build_object('schema', n.nspname, 'name', c.relname),
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
  where ${notOfExtension('pg_publication', 'p.oid')}
  order by p.pubname collate "C"`

export const publishedTable = ({ name, columns, predicate }: PublicationRow['tables'][number]): string =>
  `${name}${columns === null ? '' : ` (${columns})`}${predicate === null ? '' : ` WHERE (${predicate.replace(/^\((?<inner>.*)\)$/su, '$<inner>')})`}`

const parts = ({ everything, tables, options }: PublicationRow): string => {
  const what = [
    ...(tables.length === 0 ? [] : [`TABLE\n  ${tables.map(publishedTable).join(',\n  ')}`]),
    ...(everything === null ? [] : [everything]),
  ]
  return [
    ...(what.length === 0 ? [] : [`FOR ${what.join(', ')}`]),
    ...(options === null ? [] : [`WITH (${options})`]),
  ].join('\n')
}

export const publicationStatement = (row: PublicationRow): string =>
  `CREATE PUBLICATION ${row.sql} ${parts(row)}`.trimEnd()

const majorSql = `select pg_catalog.current_setting('server_version_num')::int / 10000 as major`

export const publicationKind: StructureKind<PublicationRow> = {
  kind: 'publication',
  read: async (db) => {
    const [server] = await db.json<{ readonly major: number }>(majorSql)
    const rows = await db.json<PublicationRow>(publicationsSql(server?.major ?? 0))
    return rows.map((facts) => ({
      id: `publication:${idPart(facts.name)}`,
      kind: 'publication',
      table: null,
      name: facts.name,
      definition: parts(facts),
      dependsOn: facts.tables.map(({ relation }) => structureId(relationId(relation), 'table')),
      facts,
    }))
  },
  create: ({ facts }) => [publicationStatement(facts)],
  drop: ({ facts }) => [`drop publication ${facts.sql}`],
  mutants: () => [],
  notMutated: 'what it sends is seen by a subscriber alone, and no experiment has one',
}
