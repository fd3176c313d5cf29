/** Times in milliseconds, beside those of the calibration query: never a judgement, and never without their number. */
import type { Session } from '../postgres/session.ts'

/** Work of PostgreSQL's own, without a table. */
const calibrationSql = 'select pg_catalog.count(*) from pg_catalog.generate_series(1, 5000)'

export interface Times {
  readonly median: number
  readonly p95: number
  /** Median of the calibration query. */
  readonly calibration: number
  readonly runs: number
}

export const elapsed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

export const calibrate = (db: Session): Promise<number> => elapsed(() => db.query(calibrationSql))

/** Nearest rank. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0

export const timesOf = (own: readonly number[], calibration: readonly number[]): Times => {
  const sorted = own.toSorted((a, b) => a - b)
  const beside = calibration.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    calibration: quantile(beside, 0.5),
    runs: own.length,
  }
}
