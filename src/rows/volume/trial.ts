/** A plan tried with few rows on the real tables, in a transaction that is taken back: what PostgreSQL refuses, and why. */
import { qualified } from '../../postgres/quote.ts'
import { PgError, type PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { isServerFault } from './server-fault.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'
import { runStep, worksOf, type Work } from './works.ts'

export interface Trial {
  readonly refusals: readonly TrialRefusal[]
  /** Tables that had more rows in the end than were written: triggers of others write there, too. */
  readonly gaining: readonly string[]
}

export interface TrialRefusal {
  readonly table: string
  readonly fault: PgFault
  /** Rows stood there already: a trigger of another table has made them. */
  readonly isMade: boolean
  /** Its rows are taken, but not what is set in them later: by this foreign key. */
  readonly later: string | null
}

/** More for larger tables, so that children stay more than parents. */
const trialCount = (count: number): number =>
  count === 0 ? 0 : Math.min(count, Math.max(8, Math.round(12 * Math.log2(count + 2))))

const laterOf = ({ kind, firstNote, chunks, tables: [volume] }: Work): string | null => {
  if (kind !== 'later' || volume === undefined) return null
  const { link } = volume.later![-firstNote / chunks - 1]!
  return volume.links[link]!.name
}

/** Tables that stand before those that are asked about, and these. */
const withParents = (plan: VolumePlan, asked: ReadonlySet<string>): ReadonlySet<string> => {
  const byId = new Map(plan.tables.map((table) => [table.id, table]))
  const all = new Set<string>()
  const open = [...asked]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (all.has(id)) continue
    all.add(id)
    open.push(...(byId.get(id)?.links ?? []).map(({ target }) => target))
    open.push(...(plan.circles ?? []).filter((circle) => circle.includes(id)).flat())
  }
  return all
}

const gainingOf = async (db: Session, tables: readonly TableVolume[]): Promise<readonly string[]> => {
  if (tables.length === 0) return []
  const counts = tables.map((one) => `(select count(*) from ${qualified(one)})::text`)
  // A target list has 1,664 columns at most.
  const [reply] = await db.query(`select unnest(array[${counts.join(', ')}])`)
  return tables.filter(({ count }, at) => Number(reply?.rows[at]?.[0]) > count).map(({ id }) => id)
}

/**
 * `db` is in a transaction; nothing of it is left behind. `asked`: only these tables, and what they need. Throws PgError
 * where it is not the rows that PostgreSQL refuses: a full disk, a session that is ended.
 */
export const tryPlan = async (
  db: Session,
  plan: VolumePlan,
  asked: ReadonlySet<string> | null = null,
): Promise<Trial> => {
  const tried = asked === null ? null : withParents(plan, asked)
  const tables = plan.tables.map((table): TableVolume => ({
    ...table,
    count: table.stands ? table.count : trialCount(table.count),
  }))
  const refusals: TrialRefusal[] = []
  let gaining: readonly string[] = []
  const empty = new Set<string>()
  const leaveEmpty = (work: Work): void => {
    if (work.kind !== 'later') for (const { id } of work.tables) empty.add(id)
  }
  /** What has no parents for want of another table's rows is tried when those are there. */
  const isWaiting = ({ kind, tables: own, needs }: Work): boolean =>
    kind === 'later'
      ? needs.some((id) => empty.has(id))
      : own.some(({ links }) =>
          links.some(({ target, nulls, isLater }) => !isLater && nulls === 0 && empty.has(target)),
        )
  await db.query('savepoint assay_trial')
  try {
    for (const work of worksOf({ ...plan, tables })) {
      if (work.chunks === 0 || (tried !== null && !work.tables.every(({ id }) => tried.has(id)))) continue
      if (isWaiting(work)) {
        leaveEmpty(work)
        continue
      }
      const has = work.tables.map((one) => `exists (select from only ${qualified(one)})::text`)
      const [made] = await db.query(`select ${has.join(', ')}; savepoint assay_table`)
      try {
        for (let chunk = 0; chunk < work.chunks; chunk++)
          for (const step of work.steps(chunk)) await runStep(db, step)
        await db.query(
          'set constraints all immediate; set constraints all deferred; release savepoint assay_table',
        )
      } catch (cause) {
        if (!(cause instanceof PgError) || isServerFault(cause.fault)) throw cause
        await db.query('rollback to savepoint assay_table')
        const later = laterOf(work)
        for (const [at, { id }] of work.tables.entries()) {
          const isMade = later === null && made?.rows[0]?.[at] === 'true'
          refusals.push({ table: id, fault: cause.fault, isMade, later })
        }
        leaveEmpty(work)
      }
    }
    gaining = await gainingOf(
      db,
      tables.filter(({ id, stands }) => !stands && !empty.has(id) && tried === null),
    )
  } finally {
    await db.query('rollback to savepoint assay_trial; release savepoint assay_trial')
  }
  return { refusals, gaining }
}
