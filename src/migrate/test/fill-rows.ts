/**
 * Fills tables of a clone with rows that the database takes as it stands, constraints and triggers included: the
 * solved base rows first, then a few hundred more. What cannot be filled is named.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { readPartitionBounds } from '../../rows/load/bounds.ts'
import { planLoad } from '../../rows/load/plan.ts'
import { makeRows } from '../../rows/make-rows.ts'
import { fittingValues } from './fitting-values.ts'
import { manyRowsSql, type ManyRows } from './many-rows.ts'
import { parentsFirst } from './order-tables.ts'

export interface FilledTable {
  readonly table: string
  readonly rows: number
  /** Why it has no row, or fewer than were wished; null when nothing stood in the way. */
  readonly problem: string | null
}

interface Filling {
  readonly table: Table
  readonly world: readonly string[]
  readonly problem: string | null
  readonly many: ManyRows
}

/** Which rows are written beside the base rows of each table. */
export interface FillWish {
  readonly count: number
  /** Number of the first. */
  readonly from: number
  /** Whether what may be missing is missing in some of them, as it will be in a real database. */
  readonly hasGaps: boolean
}

/** Every row has all that a row may have. */
export const wholeRows: FillWish = { count: 200, from: 0, hasGaps: false }

export const rowsWithGaps: FillWish = { ...wholeRows, hasGaps: true }

/** What a world does besides writing rows (a trigger set aside, a partition made) would change the catalog. */
const writesRows = (statement: string): boolean => /^\s*(?:insert|update|with|select|set)\b/iu.test(statement)

const plannedFor = async (
  db: Session,
  catalog: Catalog,
  tables: readonly Table[],
  { count, from, hasGaps }: FillWish,
): Promise<readonly Filling[]> => {
  await db.query('begin; set local client_min_messages = error')
  try {
    const rows = await makeRows(db, catalog)
    const planned: Filling[] = []
    for (const table of parentsFirst(catalog, tables)) {
      const { statements, problem } = await rows.worldWith(table, ['a', 'b', 'c'])
      const plan = await planLoad(table, { catalog, rows, db })
      const found = await Promise.all((['a', 'b', 'c'] as const).map((family) => rows.base(table, family)))
      const bases = found.filter((row) => row !== null)
      const values = await fittingValues(table, plan.values, { db, catalog, bases, count })
      const bounds = await readPartitionBounds(db, table)
      planned.push({
        table,
        world: statements,
        problem,
        many: { table, values, bounds, count, from, hasGaps },
      })
    }
    return planned
  } finally {
    await db.query('rollback')
  }
}

const settles = (statement: string): string =>
  /^\s*insert\b/iu.test(statement) && !/\bon conflict\b/iu.test(statement)
    ? `${statement} on conflict do nothing`
    : statement

/** Each statement by itself: a row that another table's world has put there already is no reason to stop. */
const runEach = async (db: Session, statements: readonly string[]): Promise<void> => {
  for (const statement of statements) {
    for (const text of [settles(statement), statement]) {
      const [, reply] = await db.batch(['savepoint assay_fill', text])
      if (reply!.fault === null) break
      await db.query('rollback to savepoint assay_fill')
    }
  }
}

/** Answers why PostgreSQL refused them; null when it took them. */
const insertMany = async (db: Session, many: ManyRows, catalog: Catalog): Promise<string | null> => {
  let refusal: string | null = null
  // A key that may be deferred refuses ON CONFLICT; a domain or a trigger may ask for what a column does not.
  const ways = [many.hasGaps, false].flatMap((hasGaps) =>
    [true, false].map((onConflict) => ({ hasGaps, onConflict })),
  )
  for (const { hasGaps, onConflict } of many.hasGaps ? ways : ways.slice(2)) {
    const sql = manyRowsSql({ ...many, hasGaps }, catalog, onConflict)
    if (sql === null) return 'no value was found for a column that must have one'
    const replies = await db.batch(['savepoint assay_fill', sql, 'set constraints all immediate'])
    const fault = replies[1]!.fault ?? replies[2]!.fault
    if (fault === null) return null
    refusal ??= `${fault.message} (SQLSTATE ${fault.sqlstate})`
    await db.query('rollback to savepoint assay_fill')
  }
  return refusal
}

const countOf = async (db: Session, table: Table): Promise<number> => {
  const commands = await db.query(`select pg_catalog.count(*) from ${qualified(table)}`)
  return Number(commands.at(-1)?.rows[0]?.[0] ?? 0)
}

interface OwnedSequence {
  readonly schema: string
  readonly name: string
  readonly table: string
  readonly tableSchema: string
  readonly column: string
}

const ownedSequencesSql = `
  select n.nspname as schema, c.relname as name, tn.nspname as "tableSchema", t.relname as table, a.attname as column
  from pg_catalog.pg_depend d
  join pg_catalog.pg_class c on c.oid = d.objid and c.relkind = 'S'
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class t on t.oid = d.refobjid
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
  join pg_catalog.pg_sequence s on s.seqrelid = c.oid
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = d.classid
    and d.deptype in ('a', 'i') and s.seqincrement > 0
  order by n.nspname collate "C", c.relname collate "C"`

/** Rows came with their own numbers: a migration that inserts others is to get new ones, as in a real database. */
const advanceSequences = async (db: Session): Promise<void> => {
  const sequences = await db.json<OwnedSequence>(ownedSequencesSql)
  await db.batch(
    sequences.map((one) => {
      const table = qualified({ schema: one.tableSchema, name: one.table })
      const column = `rows_.${ident(one.column)}`
      return `select pg_catalog.setval(${literal(qualified(one))}::pg_catalog.regclass, max(${column})::bigint)
        from ${table} as rows_ having max(${column}) > (select last_value from ${qualified(one)})`
    }),
  )
}

/** `db` is a prover session on a clone that nobody else uses; `catalog` is the clone's. In the order in which they were filled. */
export const fillRows = async (
  db: Session,
  catalog: Catalog,
  tables: readonly Table[],
  wish = wholeRows,
): Promise<readonly FilledTable[]> => {
  const takesRows = tables.filter((table) => table.kind === 'table' || table.kind === 'partitioned')
  const whole = takesRows.filter((t) => catalog.tables.get(t.partitionOf ?? '')?.kind !== 'partitioned')
  const planned = await plannedFor(db, catalog, whole, wish)
  const filled: FilledTable[] = []
  for (const { table, world, problem, many } of planned) {
    await db.query('begin; set local client_min_messages = error')
    await runEach(db, world.filter(writesRows))
    const refusal = await insertMany(db, many, catalog)
    const [done] = await db.batch(['commit'])
    if (done!.fault) await db.batch(['rollback'])
    const rows = await countOf(db, table)
    filled.push({ table: table.id, rows, problem: rows === 0 ? (problem ?? refusal) : refusal })
  }
  await advanceSequences(db)
  return filled
}

/** As they are now. */
export const recount = async (
  db: Session,
  catalog: Catalog,
  filled: readonly FilledTable[],
): Promise<readonly FilledTable[]> => {
  const counted: FilledTable[] = []
  for (const one of filled) {
    const table = catalog.tables.get(one.table)
    counted.push(table === undefined ? one : { ...one, rows: await countOf(db, table) })
  }
  return counted
}
