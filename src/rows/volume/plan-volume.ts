/**
 * Plans what a database is filled with: sizes and order, then table by table keys, links and values, judged by
 * PostgreSQL and tried with few rows. Under it the solver of rows; over it the filling.
 */
import type { Catalog } from '../../catalog/structure.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import type { TableFacts } from '../facts.ts'
import { makeRows } from '../make-rows.ts'
import { readFacts } from '../read-facts.ts'
import type { Rows } from '../rows.ts'
import { readColumnTexts } from './column-texts.ts'
import type { Judging } from './conditions.ts'
import { draftKeys } from './draft-keys.ts'
import { draftLinks } from './draft-links.ts'
import { draftValues } from './draft-values.ts'
import { openDraft, volumeOf, type TableDraft } from './draft.ts'
import { obeyConditions } from './obey.ts'
import { orderTables, type FillOrder } from './order.ts'
import { candidateTexts, setPool } from './pools.ts'
import { preferPartitions } from './prefer-partitions.ts'
import { planLater } from './plan-later.ts'
import type { SettledConditions } from './settled.ts'
import { sizesOf } from './sizes.ts'
import { readStanding } from './standing.ts'
import { tryPlan } from './trial.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'
import type { VolumeWish } from './wish.ts'

/** A table that gets no rows, fewer than were wished for, or rows with a foreign key that stays null. */
export interface VolumeProblem {
  readonly table: string
  readonly kind: 'refused' | 'fewer' | 'made' | 'null'
  readonly summary: string
}

export interface PlannedVolume {
  readonly plan: VolumePlan
  readonly problems: readonly VolumeProblem[]
}

/**
 * How far a table is planned by what its solved rows are: with values of its own; with the values of solved rows
 * wherever no key and no link stands; with no reference that may be null.
 */
type Level = 0 | 1 | 2 | 3

/** What must not touch is laid so many times as far apart, then so many times again. */
const wider = 20
const widest = 400

interface Planning {
  readonly db: Session
  readonly facts: ReadonlyMap<string, TableFacts>
  readonly order: FillOrder
  /** Rows that are wished for, by relation id. */
  readonly sizes: ReadonlyMap<string, number>
  readonly rows: Rows
  readonly wish: VolumeWish
  readonly settled: SettledConditions
  /** By table, where what is usual was not far enough. */
  readonly widths: Map<string, number>
}

/** Values of the columns that are free, taken together from the table's solved rows. */
const takeSolvedRows = async (draft: TableDraft, { db, rows }: Planning): Promise<void> => {
  const { table } = draft.facts
  const free = [...draft.columns.values()].filter(({ isFixed }) => !isFixed)
  const tuples: (string | null)[][] = []
  for (const family of ['a', 'b', 'c'] as const) {
    const row = await rows.base(table, family)
    if (row === null) continue
    const tuple: (string | null)[] = []
    for (const { column } of free) {
      const [text] = await readColumnTexts(db, column, [row[column.name] ?? column.default ?? 'null'])
      tuple.push(text ?? null)
    }
    tuples.push(tuple)
  }
  if (tuples.length > 0 && free.length > 0) setPool(draft, free, tuples, 'chance')
}

/** Types that nothing is known of: their candidates. */
const fillUnknown = async (draft: TableDraft, judging: Judging): Promise<readonly string[]> => {
  const missing: string[] = []
  for (const column of draft.columns.values()) {
    const { notNull, default: byDefault } = column.column
    if (column.source !== null || !notNull || byDefault !== null) continue
    const found = (await candidateTexts(draft, column, [], judging)).filter((text) => text !== null)
    if (found.length === 0) missing.push(column.column.name)
    else
      setPool(
        draft,
        [column],
        found.slice(0, 24).map((text) => [text]),
        'chance',
      )
  }
  return missing
}

const planTable = async (
  id: string,
  wished: number,
  level: Level,
  planned: ReadonlyMap<string, TableVolume>,
  planning: Planning,
): Promise<{ readonly volume: TableVolume; readonly problem: string | null }> => {
  const { db, facts, order, sizes, rows, wish, settled, widths } = planning
  const own = facts.get(id)!
  const draft = openDraft(own, wished)
  const isFollowed = ({ columns }: { readonly columns: readonly string[] }): boolean =>
    level < 2 || columns.every((name) => own.table.columns.some((c) => c.name === name && c.notNull))
  const references = order.references(id).filter(isFollowed)
  draftLinks(draft, { references, beside: order.beside(id), later: order.later(id) }, planned)
  draftKeys(draft, planned, { wished: sizes, wide: widths.get(id) ?? 1 })
  draftValues(draft, wish.columns.get(id))
  const judging: Judging = {
    rows,
    plan: { seed: wish.seed, chunk: wish.chunk },
    planned,
    texts: (column, expressions) => readColumnTexts(db, column, expressions),
  }
  if (level > 0) await takeSolvedRows(draft, planning)
  const missing = await fillUnknown(draft, judging)
  await preferPartitions(db, draft, wish.columns.get(id) ?? {}, judging)
  const refused = await obeyConditions(draft, judging, settled)
  const volume = volumeOf(draft)
  const without = [...missing, ...refused]
  return {
    volume,
    problem:
      without.length === 0 ? null : `no values were found that PostgreSQL takes for ${without.join(', ')}`,
  }
}

const said = ({ message, sqlstate }: PgFault): string => `${message} (SQLSTATE ${sqlstate})`

/** What is null first, and what is not set later either. `refused`: by table, then by foreign key. */
const withLater = (
  planned: ReadonlyMap<string, TableVolume>,
  refused: ReadonlyMap<string, ReadonlyMap<string, PgFault>>,
  { facts, order }: Planning,
): { readonly tables: readonly TableVolume[]; readonly problems: readonly VolumeProblem[] } => {
  const problems: VolumeProblem[] = []
  const tables = [...planned.values()].map((volume) => {
    const { id } = volume
    const faults = refused.get(id)
    const open = volume.stands ? [] : order.later(id).filter(({ name }) => faults?.has(name) !== true)
    const { volume: whole, left } = planLater(facts.get(id)!, volume, open, planned)
    const all = [...left, ...[...(faults ?? [])].map(([name, fault]) => ({ name, why: said(fault) }))]
    for (const { name, why } of all)
      problems.push({ table: id, kind: 'null', summary: `${name} stays null: ${why}` })
    return whole
  })
  return { tables, problems }
}

const circlesOf = (
  planned: ReadonlyMap<string, TableVolume>,
  { order }: Planning,
): readonly (readonly string[])[] => {
  const isWritten = (id: string): boolean => planned.has(id) && planned.get(id)!.stands !== true
  const all = [...planned.keys()].map((id) => order.circle(id).filter(isWritten))
  return [...new Map(all.map((ids) => [ids[0], ids])).values()].filter((ids) => ids.length > 1)
}

/**
 * `db` is a session in a transaction; nothing is left behind. Tables that have rows are pointed to and not filled.
 * Deterministic: the same catalog, such rows and the same wish give the same plan.
 */
export const planVolume = async (db: Session, catalog: Catalog, wish: VolumeWish): Promise<PlannedVolume> => {
  await loadParser()
  const facts = await readFacts(db, catalog, () => [])
  const order = orderTables(facts, catalog)
  const sizes = sizesOf(order, facts, wish)
  const stand = await readStanding(
    db,
    order.tables.filter((id) => (sizes.get(id) ?? 0) > 0).map((id) => facts.get(id)!.table),
  )
  const rows = await makeRows(db, catalog)
  const planning: Planning = { db, facts, order, sizes, wish, rows, settled: new Map(), widths: new Map() }
  const problems = new Map<string, VolumeProblem>()
  const levels = new Map<string, Level>()
  const made = new Set<string>()
  const refusedBy = new Map<string, PgFault>()
  const refusedLater = new Map<string, Map<string, PgFault>>()
  let planned = new Map<string, TableVolume>()
  /** What was tried before. */
  let tried = new Map<string, string>()
  let stale: ReadonlySet<string> = new Set(order.tables)
  for (;;) {
    const before = planned
    planned = new Map(stand)
    for (const id of order.tables) {
      const wished = sizes.get(id) ?? 0
      if (wished === 0 || stand.has(id)) continue
      if (made.has(id)) {
        const summary = 'its rows are those that triggers of other tables make'
        problems.set(id, { table: id, kind: 'made', summary })
        continue
      }
      const level = levels.get(id) ?? 0
      const refusal = refusedBy.get(id)
      const parents = order.references(id).map(({ target }) => target)
      if (level === 3) {
        const others = order.circle(id).filter((other) => other !== id)
        const why = refusal ? said(refusal) : 'its rows are refused'
        const summary =
          others.length === 0 ? why : `it needs rows of ${others.join(', ')}, which need rows of it: ${why}`
        problems.set(id, { table: id, kind: 'refused', summary })
        continue
      }
      const known = before.get(id)
      // A plan stands as long as those that it leads to are what they were.
      if (known && !stale.has(id) && parents.every((p) => planned.get(p) === before.get(p))) {
        planned.set(id, known)
        continue
      }
      problems.delete(id)
      const { volume, problem } = await planTable(id, wished, level, planned, planning)
      if (problem !== null) {
        problems.set(id, { table: id, kind: 'refused', summary: problem })
        continue
      }
      planned.set(id, volume)
      if (volume.count < wished)
        problems.set(id, {
          table: id,
          kind: 'fewer',
          summary: `its keys and conditions allow ${volume.count} rows, not ${wished}`,
        })
    }
    const { tables, problems: nulls } = withLater(planned, refusedLater, planning)
    const circles = circlesOf(planned, planning)
    const plan: VolumePlan = { seed: wish.seed, chunk: wish.chunk, tables, circles }
    // At first all, then what has changed; before it is done all once more.
    const changed = tables.filter((one) => tried.get(one.id) !== JSON.stringify(one)).map(({ id }) => id)
    const isPart = changed.length < tables.length && tried.size > 0
    const part = isPart ? await tryPlan(db, plan, new Set(changed)) : null
    const { refusals, gaining } = part && part.refusals.length > 0 ? part : await tryPlan(db, plan)
    // An audit log, an outbox: what triggers write there is worth more than what is made up.
    const needed = new Set(tables.flatMap(({ links }) => links.map(({ target }) => target)))
    const byTriggers = gaining.filter((id) => !wish.sizes.has(id) && !needed.has(id))
    if (refusals.length === 0 && byTriggers.length === 0)
      return { plan, problems: [...problems.values(), ...nulls] }
    for (const id of byTriggers) made.add(id)
    tried = new Map(tables.map((one) => [one.id, JSON.stringify(one)]))
    for (const { table, fault, isMade, later } of refusals) {
      if (later !== null) {
        refusedLater.set(table, new Map([...(refusedLater.get(table) ?? []), [later, fault]]))
        continue
      }
      refusedBy.set(table, fault)
      if (isMade && fault.sqlstate === '23505') {
        made.add(table)
        continue
      }
      const wide = planning.widths.get(table) ?? 1
      if (fault.sqlstate === '23P01' && wide < widest) {
        planning.widths.set(table, wide * wider)
        continue
      }
      levels.set(table, Math.min(3, (levels.get(table) ?? 0) + 1) as Level)
    }
    stale = new Set(refusals.filter(({ later }) => later === null).map(({ table }) => table))
  }
}
