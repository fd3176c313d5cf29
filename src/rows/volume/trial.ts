/** A plan tried with few rows on the real tables, in a transaction that is taken back: what PostgreSQL refuses, and why. */
import { identList, qualified } from '../../postgres/quote.ts'
import { PgError, type PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { compileVolume } from './compile.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'

export interface TrialRefusal {
  readonly table: string
  readonly fault: PgFault
  /** Rows stood there already: a trigger of another table has made them. */
  readonly isMade: boolean
}

/** More for larger tables, so that children stay more than parents. */
const trialCount = (count: number): number =>
  count === 0 ? 0 : Math.min(count, Math.max(8, Math.round(12 * Math.log2(count + 2))))

export const copyCommand = (volume: TableVolume): string =>
  `copy ${qualified(volume)} (${identList(volume.columns.map(({ column }) => column.name))}) from stdin`

/** `db` is in a transaction; nothing of it is left behind. */
export const tryPlan = async (db: Session, plan: VolumePlan): Promise<readonly TrialRefusal[]> => {
  const tables = plan.tables.map((table) => ({
    ...table,
    count: table.stands ? table.count : trialCount(table.count),
  }))
  const compiled = compileVolume({ ...plan, tables })
  const refusals: TrialRefusal[] = []
  const empty = new Set<string>()
  await db.query('savepoint assay_trial')
  try {
    for (const volume of tables) {
      if (volume.count === 0 || volume.stands) continue
      // What has no parents for want of another table's rows is tried when those are there.
      if (volume.links.some(({ target, nulls }) => nulls === 0 && empty.has(target))) {
        empty.add(volume.id)
        continue
      }
      const { line } = compiled(volume.id)
      const text = Array.from({ length: volume.count }, (_, n) => `${line(n)}\n`).join('')
      const [made] = await db.query(`select exists (select from only ${qualified(volume)})::text`)
      await db.query('savepoint assay_table')
      try {
        await db.copyIn(copyCommand(volume), text)
        await db.query(
          'set constraints all immediate; set constraints all deferred; release savepoint assay_table',
        )
      } catch (cause) {
        if (!(cause instanceof PgError)) throw cause
        await db.query('rollback to savepoint assay_table')
        refusals.push({ table: volume.id, fault: cause.fault, isMade: made?.rows[0]?.[0] === 'true' })
        empty.add(volume.id)
      }
    }
  } finally {
    await db.query('rollback to savepoint assay_trial; release savepoint assay_trial')
  }
  return refusals
}
