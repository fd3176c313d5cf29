/** Times of one statement, warm, each beside the calibration query of the same moment: a slow machine slows down both. */
import type { Session } from '../postgres/session.ts'
import { becomeAsker } from '../prove/runner.ts'
import type { Experiment } from '../rules/experiment.ts'
import { statementIn } from '../rules/query/text.ts'

/** Work of PostgreSQL's own, without a table. */
const calibrationSql = 'select pg_catalog.count(*) from pg_catalog.generate_series(1, 5000)'

const warmUps = 3
const runs = 30
/** A slow statement is run fewer times. */
const patience = 2_000

export interface Times {
  readonly median: number
  readonly p95: number
  readonly calibration: number
  readonly runs: number
}

/** Nearest rank. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0

const timed = async (db: Session, sql: string): Promise<number> => {
  const from = performance.now()
  await db.query(sql)
  return performance.now() - from
}

/** Throws PgError where PostgreSQL refuses it. Leaves nothing behind. */
export const measure = async (db: Session, experiment: Experiment): Promise<Times> => {
  const sql = statementIn(experiment.when.at(-1)!)
  const { world, given, as } = experiment
  await db.query(['begin', ...world.statements, ...given, ...(as ? becomeAsker(as) : [])].join(';\n'))
  try {
    for (let n = 0; n < warmUps; n += 1) await timed(db, sql)
    const own: number[] = []
    const calibration: number[] = []
    const from = performance.now()
    while (own.length < runs && (own.length === 0 || performance.now() - from < patience)) {
      calibration.push(await timed(db, calibrationSql))
      own.push(await timed(db, sql))
    }
    const sorted = own.toSorted((a, b) => a - b)
    const beside = calibration.toSorted((a, b) => a - b)
    return {
      median: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      calibration: quantile(beside, 0.5),
      runs: own.length,
    }
  } finally {
    await db.batch(['rollback'])
  }
}
