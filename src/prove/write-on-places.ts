/**
 * Writes the tests on several workplaces at once: each solves rows of its own, and takes the next table when it is free.
 * A table's rows are the same wherever they are solved.
 */
import type { Architecture } from '../architecture/architecture.ts'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { unlessCancelled } from '../postgres/unless-cancelled.ts'
import { openDesk, type Desk } from '../rows/desk.ts'
import { makeRows } from '../rows/make-rows.ts'
import type { Rows } from '../rows/rows.ts'
import { kindOf } from '../rules/kinds.ts'
import type { BoundRule } from './bind.ts'
import { byTable, shareOut } from './share-out.ts'
import type { Workplace } from './workplace.ts'
import { writeTests, type TestedRule } from './write-tests.ts'

export interface WritingWish {
  readonly architecture: Architecture
  readonly catalog: Catalog
  /** Only mutants of these operators will be asked about; absent or null: all. */
  readonly operators?: OperatorSet | null
  readonly onProgress: (stage: string, done: number, of: number) => void
}

export interface WrittenTests {
  /** In the order of the rules. */
  readonly tested: readonly TestedRule[]
  readonly rows: Rows
}

/** Expressions of declared checks per table, which rows must satisfy even where the database lost them. */
const declaredChecks = ({ tables }: Architecture): ((table: Table) => readonly string[]) => {
  const rulesOf = new Map(tables.map(({ id, rules }) => [id, rules]))
  return ({ id }) =>
    (rulesOf.get(id) ?? []).flatMap((rule) =>
      'expression' in rule && 'name' in rule && typeof rule.expression === 'string' ? [rule.expression] : [],
    )
}

/** A workplace in a transaction that is taken back, and what was solved there. */
interface Writer {
  readonly place: Workplace
  readonly desk: Desk
  readonly rows: Rows
  /** Tables that were written in this session. */
  tables: number
}

/**
 * A session remembers every table and foreign key that it ever touched: after 400 tables two of them took half a
 * gigabyte. A new one costs what a few questions do.
 */
const tablesOfASession = 40

const renewSession = async (writer: Writer): Promise<void> => {
  const { place, desk } = writer
  // Answered before the session ends: what was sent without waiting for it, too.
  await place.main.batch(['rollback'])
  await place.renew()
  await place.cleanLarge()
  await place.main.query('begin')
  desk.move(place.main)
  writer.tables = 0
}

/** Each table's rows from where its tests were written: what was solved there is known. */
const rowsOfWriters = (first: Rows, byTableId: ReadonlyMap<string, Rows>): Rows => {
  const of = ({ id }: Table): Rows => byTableId.get(id) ?? first
  return {
    world: (table) => of(table).world(table),
    worldWith: (table, families) => of(table).worldWith(table, families),
    base: (table, family) => of(table).base(table, family),
    solve: (table, wish) => of(table).solve(table, wish),
    insert: (table, row) => of(table).insert(table, row),
    unlessThere: (table) => of(table).unlessThere(table),
    where: (table, row) => of(table).where(table, row),
    candidates: (table, column, expressions) => of(table).candidates(table, column, expressions),
    distinguish: (table, expression, others, wish) => of(table).distinguish(table, expression, others, wish),
    judge: (table, rows, expressions) => of(table).judge(table, rows, expressions),
  }
}

/** Fewer tables than this are written on one workplace: reading what rows must obey costs each of them something. */
const fewTables = 4

const labourOf = (
  { rule, table }: BoundRule,
  { catalog, operators = null }: Pick<WritingWish, 'catalog' | 'operators'>,
): number => (table && kindOf(rule).labour?.(rule, { catalog, table, operators })) ?? 1

/** As many workplaces as the writing of these rules' tests is worth. */
export const writersFor = (rules: readonly BoundRule[], workers: number): number =>
  byTable(rules).length < fewTables ? 1 : workers

const writeOnce = async (
  places: readonly Workplace[],
  rules: readonly BoundRule[],
  { architecture, catalog, onProgress, operators = null }: WritingWish,
): Promise<WrittenTests> => {
  const open: Workplace[] = []
  const desks: Desk[] = []
  try {
    const checks = declaredChecks(architecture)
    const writers = await Promise.all(
      places.map(async (place): Promise<Writer> => {
        await place.main.query('begin')
        open.push(place)
        const desk = openDesk(place.main)
        desks.push(desk)
        return { place, desk, rows: await makeRows(desk.db, catalog, checks), tables: 0 }
      }),
    )
    const groups = byTable(rules)
    const rowsOf = new Map<string, Rows>()
    let begun = 0
    const written = await shareOut(
      writers,
      groups,
      async (writer, group) => {
        if (writer.tables >= tablesOfASession) await renewSession(writer)
        writer.tables++
        const { desk, rows } = writer
        const { table } = group[0]!.rule
        onProgress(`writing tests of ${table}`, begun++, groups.length)
        rowsOf.set(table, rows)
        return writeTests(group, { architecture, catalog, rows, db: desk.db, operators })
      },
      () => undefined,
      (group) => group.reduce((sum, one) => sum + labourOf(one, { catalog, operators }), 0),
    )
    const testedOf = new Map(written.flat().map((one) => [one.rule, one]))
    return {
      tested: rules.map(({ rule }) => testedOf.get(rule)!),
      rows: rowsOfWriters(writers[0]!.rows, rowsOf),
    }
  } finally {
    for (const desk of desks) desk.close()
    await Promise.all(open.map((place) => place.main.batch(['rollback'])))
  }
}

/** Leaves nothing behind. */
export const writeOnPlaces = (
  places: readonly Workplace[],
  rules: readonly BoundRule[],
  wish: WritingWish,
): Promise<WrittenTests> => unlessCancelled(places, () => writeOnce(places, rules, wish))
