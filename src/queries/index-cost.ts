/** What an index costs on disk and for each row that is written, measured on loaded rows by taking it away. */
import type { Table } from '../catalog/table.ts'
import { numberIn } from '../postgres/plan-work.ts'
import { parsePlan } from '../postgres/plan.ts'
import { ident, identList, literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'

export interface InsertCost {
  readonly buffers: number
  readonly wal: number
}

/** As many rows are written to see what one costs. */
const written = 1_000

interface Insert {
  /** What has to be done before, in the same transaction. */
  readonly before: readonly string[]
  readonly sql: string
  readonly rows: number
}

/** Rows beyond those that are loaded; `values`: column → SQL over the row's number `n`. */
const insertBeyond = (table: Table, values: ReadonlyMap<string, string>, loaded: number): Insert => ({
  before: [],
  rows: written,
  sql: `
insert into ${qualified(table)} (${identList([...values.keys()])})
overriding system value
select ${[...values.values()].join(', ')}
  from pg_catalog.generate_series(${loaded}::bigint, ${loaded + written - 1}) as n`,
})

/** Where no others are known: rows that stand are taken out and written again, without triggers and foreign keys. */
const insertAgain = (table: Table, standing: number): Insert => {
  const columns = identList(
    table.columns.filter(({ generated }) => generated === null).map(({ name }) => name),
  )
  const name = qualified(table)
  return {
    before: [
      `set local session_replication_role = replica`,
      `create temporary table assay_written on commit drop as
         select tableoid as assay_table, ctid as assay_row, ${columns} from ${name} limit ${written}`,
      `delete from ${name} where (tableoid, ctid) in (select assay_table, assay_row from assay_written)`,
    ],
    rows: Math.min(written, standing),
    sql: `insert into ${name} (${columns}) overriding system value select ${columns} from assay_written`,
  }
}

/** Null where PostgreSQL does not take such rows. Everything is taken back. */
const insertCost = async (
  db: Session,
  owner: string,
  ddl: readonly string[],
  insert: Insert,
): Promise<InsertCost | null> => {
  const [reply] = await db.batch([
    [
      'begin',
      `set local role ${ident(owner)}`,
      ...ddl,
      'set local role none',
      ...insert.before,
      `explain (analyze, buffers, wal, timing off, summary off, format json) ${insert.sql}`,
    ].join(';\n'),
    'rollback',
  ])
  const plan = parsePlan(reply!.commands.at(-1)?.rows[0]?.[0] ?? '')
  if (reply!.fault !== null || plan === null || insert.rows === 0) return null
  const buffers = numberIn(plan, 'Shared Hit Blocks') + numberIn(plan, 'Shared Read Blocks')
  return { buffers: buffers / insert.rows, wal: numberIn(plan, 'WAL Bytes') / insert.rows }
}

/** What an index puts off until its list is full (GIN) is done by one of two runs. */
const cheaper = (a: InsertCost | null, b: InsertCost | null): InsertCost | null =>
  a && b && { buffers: Math.min(a.buffers, b.buffers), wal: Math.min(a.wal, b.wal) }

export interface IndexWeight {
  readonly bytes: number
  readonly bytesPerRow: number
  /** Null: not measured. */
  readonly buffersPerInsert: number | null
  readonly walPerInsert: number | null
}

const sizeSql = (table: Table, name: string): string => `
select (pg_catalog.pg_relation_size(index) + coalesce((
         select pg_catalog.sum(pg_catalog.pg_relation_size(tree.relid))
           from pg_catalog.pg_partition_tree(index) tree where tree.isleaf and tree.relid <> index), 0))::float8 as bytes,
       (select pg_catalog.count(*) from ${qualified(table)})::float8 as rows
  from (select ${literal(qualified({ schema: table.schema, name }))}::pg_catalog.regclass as index) named`

const rounded = (n: number): number => Math.round(n * 10) / 10

export const weighIndex = async (
  db: Session,
  owner: string,
  index: { readonly name: string; readonly drop: readonly string[] },
  parts: {
    readonly table: Table
    /** Null: rows beyond those that stand are not known. */
    readonly values: ReadonlyMap<string, string> | null
    readonly loaded: number
    /** DDL that takes away what stands only to be tried. */
    readonly apart?: readonly string[]
  },
): Promise<IndexWeight> => {
  const { table, values, loaded, apart = [] } = parts
  const [size] = await db.json<{ bytes: number; rows: number }>(sizeSql(table, index.name))
  const { bytes, rows } = size ?? { bytes: 0, rows: 0 }
  const disk = { bytes, bytesPerRow: rows === 0 ? 0 : rounded(bytes / rows) }
  const insert = values === null ? insertAgain(table, rows) : insertBeyond(table, values, loaded)
  // The first write finds pages that no other has touched yet.
  await insertCost(db, owner, apart, insert)
  const costOf = async (ddl: readonly string[]): Promise<InsertCost | null> =>
    cheaper(await insertCost(db, owner, ddl, insert), await insertCost(db, owner, ddl, insert))
  const beside = await costOf(apart)
  const without = await costOf([...apart, ...index.drop])
  const difference = (part: keyof InsertCost): number | null =>
    beside && without ? Math.max(0, rounded(beside[part] - without[part])) : null
  return {
    ...disk,
    buffersPerInsert: difference('buffers'),
    walPerInsert: difference('wal'),
  }
}
