/** Inserts solved rows for a proof: parents once, then the base row of the first family that is still free, then a series. */
import { parseRelationName, relationId } from '../ground/names.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import type { PgFault } from '../postgres/fault.ts'
import type { Session } from '../postgres/session.ts'
import { makeRows } from '../rows/make-rows.ts'
import type { Row, Rows } from '../rows/rows.ts'
import { makeSeries, type Series } from '../rows/series.ts'

export interface InsertParts {
  readonly db: Session
  readonly rows: Rows
  readonly catalog: Catalog
  /** Runs a statement that may be refused without ending the transaction. */
  readonly attempt: (sql: string) => Promise<PgFault | null>
}

/** Why a row could not be inserted: PostgreSQL's refusal, or that none was found. */
export type Inserted =
  { readonly row: Record<string, unknown> } | { readonly fault: PgFault } | { readonly problem: string }

const families = ['a', 'b', 'c'] as const
/** Rows of a table that one proof may insert beyond its families. */
const longestSeries = 1_000

const isTaken = (fault: PgFault | null): boolean => fault?.sqlstate === '23505' || fault?.sqlstate === '23P01'

const tableNamed = (catalog: Catalog, name: string): Table | undefined =>
  catalog.tables.get(name) ?? catalog.tables.get(relationId(parseRelationName(name)))

/** Inserts row after row; what is already there is remembered for the length of the proof. */
export const openInserts = (parts: InsertParts) => {
  const { rows, catalog, attempt } = parts
  const done = new Set<string>()
  const seriesOf = new Map<string, { readonly all: readonly Series[]; next: number }>()

  /** Parents come with many tables' worlds: each is inserted once, and one that is there by other ways is no fault. */
  const insertParents = async (statements: readonly string[]): Promise<PgFault | null> => {
    for (const statement of statements) {
      if (done.has(statement)) continue
      const fault = await attempt(statement)
      if (fault !== null && !isTaken(fault)) return fault
      done.add(statement)
    }
    return null
  }

  let own: Promise<Rows> | undefined
  /** Rows that were solved before, else solved now, beside whatever the proof has done so far. */
  const rowsOf = async (table: Table): Promise<Rows> => {
    try {
      await rows.world(table)
      return rows
    } catch {
      // The transaction in which the given rows were solved is over: they answer only what they were asked then.
      return (own ??= makeRows(parts.db, catalog))
    }
  }

  /** Another row with the same pins, when the plain ones break a condition over several columns. */
  const solved = async (table: Table, pins: Row, family: (typeof families)[number]): Promise<Row | null> => {
    const here = await (own ??= makeRows(parts.db, catalog))
    const found = await here.solve(table, { pins, family })
    if (!('row' in found)) return null
    // Solved beside what is there already, its parents may be others than those of before.
    const { statements } = await here.world(table)
    return (await insertParents(statements)) === null ? found.row : null
  }

  const insertInto = async (table: Table, row: Row): Promise<Inserted> => {
    const [reply] = await parts.db.batch([
      `savepoint assay_step;\nwith rows_ as (${rows.insert(table, row).replace(/;\s*$/u, '')} returning *) select pg_catalog.to_json(rows_)::text from rows_`,
    ])
    if (reply!.fault) {
      await parts.db.query('rollback to savepoint assay_step')
      return { fault: reply!.fault }
    }
    const text = reply!.commands.at(-1)?.rows[0]?.[0]
    return text == null
      ? {
          problem: `PostgreSQL took the row of ${table.id} but stored none: a trigger or a rule swallowed it`,
        }
      : { row: JSON.parse(text) as Record<string, unknown> }
  }

  const insertNext = async (table: Table, pins: Row, known: Rows): Promise<Inserted> => {
    let series = seriesOf.get(table.id)
    if (!series)
      seriesOf.set(table.id, (series = { all: await makeSeries(table, { ...parts, rows: known }), next: 1 }))
    let last: Inserted = { problem: `no further row of ${table.id} was found` }
    while (series.next <= longestSeries) {
      const n = series.next++
      for (const one of series.all) {
        const { parents, row } = one(n)
        const fault = await insertParents(parents)
        last = fault ? { fault } : await insertInto(table, { ...row, ...pins })
        if ('row' in last) return last
      }
      if (!('fault' in last) || !isTaken(last.fault)) return last
      // A pinned key is taken whatever the rest of the row is.
      if (series.next > 8) return last
    }
    return last
  }

  return async (name: string, pins: Row): Promise<Inserted> => {
    const table = tableNamed(catalog, name)
    if (!table)
      return { problem: `there is no table "${name}"; tables are ${[...catalog.tables.keys()].join(', ')}` }
    const known = await rowsOf(table)
    const world = await known.world(table)
    if (world.problem !== null) return { problem: `no row of ${table.id} was found: ${world.problem}` }
    const fault = await insertParents(world.statements)
    if (fault) return { fault }
    for (const family of families) {
      const base = await known.base(table, family)
      if (base === null) continue
      const plain = await insertInto(table, { ...base, ...pins })
      if (!('fault' in plain)) return plain
      if (isTaken(plain.fault)) continue
      const other = await solved(table, pins, family)
      const again = other ? await insertInto(table, other) : plain
      if (!('fault' in again) || !isTaken(again.fault)) return again
    }
    return insertNext(table, pins, known)
  }
}
