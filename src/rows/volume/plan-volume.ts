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
import { sizesOf } from './sizes.ts'
import { readStanding } from './standing.ts'
import { tryPlan } from './trial.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'
import type { VolumeWish } from './wish.ts'

/** A table that gets no rows, or fewer than were wished for. */
export interface VolumeProblem {
  readonly table: string
  readonly kind: 'refused' | 'fewer' | 'made'
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

interface Planning {
  readonly db: Session
  readonly facts: ReadonlyMap<string, TableFacts>
  readonly order: FillOrder
  readonly rows: Rows
  readonly wish: VolumeWish
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
  const { db, facts, order, rows, wish } = planning
  const own = facts.get(id)!
  const draft = openDraft(own, wished)
  const isFollowed = ({ columns }: { readonly columns: readonly string[] }): boolean =>
    level < 2 || columns.every((name) => own.table.columns.some((c) => c.name === name && c.notNull))
  draftLinks(draft, order.references(id).filter(isFollowed), planned)
  draftKeys(draft, planned)
  draftValues(draft, wish.columns.get(id))
  const judging: Judging = {
    rows,
    plan: { seed: wish.seed, chunk: wish.chunk },
    planned,
    texts: (column, expressions) => readColumnTexts(db, column, expressions),
  }
  if (level > 0) await takeSolvedRows(draft, planning)
  const missing = await fillUnknown(draft, judging)
  const refused = await obeyConditions(draft, judging)
  const volume = volumeOf(draft)
  const without = [...missing, ...refused]
  return {
    volume,
    problem:
      without.length === 0 ? null : `no values were found that PostgreSQL takes for ${without.join(', ')}`,
  }
}

const said = ({ message, sqlstate }: PgFault): string => `${message} (SQLSTATE ${sqlstate})`

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
  const planning: Planning = { db, facts, order, wish, rows: await makeRows(db, catalog) }
  const problems = new Map<string, VolumeProblem>()
  const levels = new Map<string, Level>()
  const made = new Set<string>()
  const refusedBy = new Map<string, PgFault>()
  let planned = new Map<string, TableVolume>()
  let stale: ReadonlySet<string> = new Set(order.tables)
  for (;;) {
    const before = planned
    planned = new Map()
    for (const id of order.tables) {
      const wished = sizes.get(id) ?? 0
      if (wished === 0) continue
      const standing = stand.get(id)
      if (standing) {
        planned.set(id, standing)
        continue
      }
      if (made.has(id)) {
        const summary = 'its rows are those that triggers of other tables make'
        problems.set(id, { table: id, kind: 'made', summary })
        continue
      }
      const level = levels.get(id) ?? 0
      const refusal = refusedBy.get(id)
      const parents = order.references(id).map(({ target }) => target)
      if (level === 3) {
        const circle = order.circle(id)
        const why = refusal ? said(refusal) : 'its rows are refused'
        const summary = circle === null ? why : `it needs rows of ${circle}, which need rows of it: ${why}`
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
    const plan: VolumePlan = { seed: wish.seed, chunk: wish.chunk, tables: [...planned.values()] }
    const refusals = await tryPlan(db, plan)
    if (refusals.length === 0) return { plan, problems: [...problems.values()] }
    for (const { table, fault, isMade } of refusals) {
      refusedBy.set(table, fault)
      if (isMade && fault.sqlstate === '23505') {
        made.add(table)
        continue
      }
      levels.set(table, Math.min(3, (levels.get(table) ?? 0) + 1) as Level)
    }
    stale = new Set(refusals.map(({ table }) => table))
  }
}
