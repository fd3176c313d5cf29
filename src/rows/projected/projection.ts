/**
 * Plans at any size: statistics restored into a local database whose relations have files as large as they would be.
 * Nothing but EXPLAIN is done there. Under it: restore-sql.ts, sparse-files.ts, explain-only.ts.
 */
import { AssayError } from '../../ground/errors.ts'
import { relationId } from '../../ground/names.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { PlanNode } from '../../postgres/plan.ts'
import type { Server } from '../../postgres/server.ts'
import { withSession } from '../../postgres/with-session.ts'
import type { Session } from '../../postgres/session.ts'
import { explainOnly, guardSettings } from './explain-only.ts'
import { asNewIndex, heightOf } from './index-shape.ts'
import { assertSameSchema, readLocalStructure, type LocalStructure } from './local-structure.ts'
import {
  allowExtended,
  clearAll,
  dropDomainChecks,
  restoreColumn,
  restoreExtended,
  restoreRelation,
} from './restore-sql.ts'
import { makeSparse, type SizedFile } from './sparse-files.ts'
import type {
  ColumnStatistics,
  DatabaseStatistics,
  IndexStatistics,
  StatisticsGap,
  TableStatistics,
} from './statistics.ts'

/** Who asks: the application's role and its settings, so that policies are part of the plan. */
export interface ProjectedIdentity {
  readonly role: string
  readonly settings?: Readonly<Record<string, string>>
}

export interface Projection {
  /** Its name: who hides an index there lets plans be made without it. */
  readonly database: string
  /** What of the statistics PostgreSQL did not take. */
  readonly gaps: readonly StatisticsGap[]
  /** Bytes of the disk that the relations' files take. */
  readonly bytes: number
  /** Parameters ($1 …) are texts in the form of their types; null: the plan for any. Throws AssayError. */
  explain(statement: string, parameters?: readonly (string | null)[] | null): Promise<PlanNode>
  /** Removes the database. Safe to call twice. */
  end(): Promise<void>
}

export interface Projector {
  /** The structure that is projected onto, with statistics of its own rows. */
  readonly local: DatabaseStatistics
  /** Throws AssayError when the statistics are of another schema, or the files cannot be made; then nothing is left. */
  project(statistics: DatabaseStatistics, identity?: ProjectedIdentity): Promise<Projection>
}

const since = 18

const assertServer = (server: Server): void => {
  if (server.isOwn && server.major >= since) return
  throw new AssayError('Plans can be projected only on the local PostgreSQL.', {
    code: 'projection.server',
    exit: 2,
    asked: `PostgreSQL ${since}, whose files are Assay's own`,
    found: server.isOwn ? `version ${server.major}` : 'a server of --url',
    mend: 'Leave --url out: the embedded server is used.',
  })
}

/** Indexes are those of the local structure; what the statistics know of one is taken, the others are sized by a model. */
const withLocalIndexes = (table: TableStatistics, local: TableStatistics): TableStatistics => ({
  ...table,
  indexes: local.indexes.map((index): IndexStatistics => {
    const known = table.indexes.find(({ name }) => name === index.name)
    if (known && known.method === index.method && known.keys.join() === index.keys.join()) return known
    return asNewIndex(table, index)
  }),
})

const localise = (statistics: DatabaseStatistics, local: DatabaseStatistics): readonly TableStatistics[] => {
  const byId = new Map(local.tables.map((table) => [relationId(table), table]))
  return statistics.tables.flatMap((table) => {
    const here = byId.get(relationId(table))
    return here ? [withLocalIndexes(table, here)] : []
  })
}

const filesOf = (tables: readonly TableStatistics[], { files }: LocalStructure): readonly SizedFile[] =>
  tables.flatMap((table) => {
    const file = files.get(relationId(table))
    if (file === undefined) return []
    const own: SizedFile = { file, of: relationId(table), pages: table.pages, index: null }
    return [
      own,
      ...table.indexes.flatMap((index): SizedFile[] => {
        const of = relationId(index)
        const below = files.get(of)
        if (below === undefined) return []
        const head = index.method === 'btree' ? { ...index.head, height: heightOf(table, index) } : index.head
        const { method, pages } = index
        return [{ file: below, of, pages, index: { method, head, tablePages: table.pages } }]
      }),
    ]
  })

interface Restore {
  readonly of: string
  readonly sql: string
}

const restoreColumns = (
  relation: TableStatistics | IndexStatistics,
  columns: readonly ColumnStatistics[],
  isIndex: boolean,
): readonly Restore[] =>
  columns.flatMap((column) =>
    [column.own, column.whole].flatMap((spread, at) =>
      spread === null
        ? []
        : [
            {
              of: `${relationId(relation)}.${column.name}`,
              sql: restoreColumn(relation, column, spread, { isInherited: at === 1, isIndex }),
            },
          ],
    ),
  )

const restoresOf = (tables: readonly TableStatistics[]): readonly Restore[] =>
  tables.flatMap((table) => [
    { of: relationId(table), sql: restoreRelation(table, table) },
    ...restoreColumns(table, table.columns, false),
    ...table.indexes.flatMap((index) => [
      { of: relationId(index), sql: restoreRelation(index, { ...index, visiblePages: 0 }) },
      ...restoreColumns(index, index.columns, true),
    ]),
    ...table.extended.map((one) => ({ of: relationId(one), sql: restoreExtended(one) })),
  ])

/** Each statement is asked by itself: PostgreSQL answers false, or refuses, and goes on. */
const restore = async (
  db: Session,
  tables: readonly TableStatistics[],
  { domainChecks }: LocalStructure,
): Promise<readonly StatisticsGap[]> => {
  const extended = tables.some((table) => table.extended.length > 0)
  await db.query(
    [
      'set allow_system_table_mods = on',
      ...clearAll,
      ...(extended ? allowExtended : []),
      ...dropDomainChecks(domainChecks),
    ].join(';\n'),
  )
  const restores = restoresOf(tables)
  const gaps: StatisticsGap[] = []
  const answers = await db.batch(restores.map(({ sql }) => sql))
  answers.forEach((answer, at) => {
    const said = answer.commands[0]?.rows[0]?.[0]
    if (answer.fault === null && said !== 'f') return
    gaps.push({
      code: 'statistics.not-carried',
      of: restores[at]!.of,
      why: answer.fault?.message ?? 'PostgreSQL 18 does not take a part of what is known of it',
    })
  })
  return gaps
}

const identitySql = ({ role, settings = {} }: ProjectedIdentity): readonly string[] => [
  ...Object.entries(settings).map(
    ([name, value]) => `select pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`,
  ),
  `set role ${ident(role)}`,
]

/** Settings that this PostgreSQL does not know are those of another version. */
const settingsSql = (settings: Readonly<Record<string, string>>): readonly string[] => {
  const list = Object.entries(settings).map(([name, value]) => `(${literal(name)}, ${literal(value)})`)
  return list.length === 0
    ? []
    : [
        `select pg_catalog.set_config(s.name, v.value, false) from (values ${list.join(', ')}) v (name, value)
  join pg_catalog.pg_settings s on s.name = v.name where s.context = 'user'`,
      ]
}

/** Reads the structure of `template` once; nobody may be connected to it when `project` is called. */
export const makeProjector = async (server: Server, template: string): Promise<Projector> => {
  assertServer(server)
  const local = await withSession(server, template, 'administrator', readLocalStructure)

  const fill = async (
    database: string,
    tables: readonly TableStatistics[],
  ): Promise<Pick<Projection, 'gaps' | 'bytes'>> => {
    return withSession(server, database, 'administrator', async (db) => {
      const [place] = await db.json<{ readonly directory: string; readonly oid: number }>(
        `select pg_catalog.current_setting('data_directory') as directory, oid::bigint as oid
           from pg_catalog.pg_database where datname = pg_catalog.current_database()`,
      )
      const { directory, oid } = place!
      const files = filesOf(tables, local).map((one) => ({
        ...one,
        file: one.file.replace(/^base\/\d+\//u, `base/${oid}/`),
      }))
      const bytes = makeSparse(directory, files)
      return { bytes, gaps: await restore(db, tables, local) }
    })
  }

  return {
    local: local.statistics,
    async project(statistics, identity) {
      assertSameSchema(statistics, local.statistics)
      const database = await server.clone(template, 'projected')
      let db: Session | undefined
      try {
        const made = await fill(database, localise(statistics, local.statistics))
        const session = await server.connect(database, 'prover')
        db = session
        const own = identity === undefined ? [] : identitySql(identity)
        for (const sql of [...settingsSql(statistics.settings), ...guardSettings, ...own])
          await session.query(sql)
        let ended: Promise<void> | undefined
        return {
          ...made,
          database,
          explain: (statement, parameters = []) => explainOnly(session, statement, parameters),
          end: () => (ended ??= session.end().then(() => server.dropDatabase(database))),
        }
      } catch (cause) {
        await db?.end()
        await server.dropDatabase(database)
        throw cause
      }
    },
  }
}
