/** When a backfill has to wait: replicas that fall behind, and a server that is busy with others. */
import type { Session } from '../../postgres/session.ts'

export interface Limits {
  /** Seconds that the slowest replica may lag; null: not looked at. */
  readonly lagSeconds: number | null
  /** Sessions of others that may be at work; null: not looked at. */
  readonly active: number | null
}

export interface Pressure {
  /** Seconds; null: no replica, or the role may not see it. */
  readonly lagSeconds: number | null
  readonly active: number
}

/** Bytes of WAL from the beginning. */
interface Positions {
  readonly written: number
  /** What the slowest replica has applied; null: no replica, or the role may not see it (pg_monitor). */
  readonly applied: number | null
  readonly active: number
}

const sql = `
  select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::float8 as written,
    (select min(pg_catalog.pg_wal_lsn_diff(replay_lsn, '0/0'))::float8 from pg_catalog.pg_stat_replication) as applied,
    (select count(*)::int from pg_catalog.pg_stat_activity
      where backend_type = 'client backend' and state = 'active' and pid <> pg_catalog.pg_backend_pid()) as active`

interface Sample {
  readonly written: number
  readonly at: number
}

/**
 * Seconds since the oldest moment whose WAL the slowest replica has not applied yet. The column replay_lag would not
 * say it: it stands still while a replica stands still.
 */
export const makeLagGauge = (): ((positions: Omit<Positions, 'active'>, at: number) => number | null) => {
  let samples: readonly Sample[] = []
  return ({ written, applied }, at) => {
    if (applied === null) {
      samples = []
      return null
    }
    samples = [...samples, { written, at }].filter((sample) => sample.written > applied)
    const [oldest] = samples
    return oldest === undefined ? 0 : (at - oldest.at) / 1000
  }
}

/** Looks again and again at one server. */
export const openPressureGauge = (db: Session): (() => Promise<Pressure>) => {
  const lagOf = makeLagGauge()
  return async () => {
    const [positions] = await db.json<Positions>(sql)
    if (!positions) return { lagSeconds: null, active: 0 }
    return { lagSeconds: lagOf(positions, performance.now()), active: positions.active }
  }
}

/** What it waits for, as progress says it; null: it goes on. */
export const reasonToWait = ({ lagSeconds, active }: Pressure, limits: Limits): string | null => {
  if (limits.lagSeconds !== null && lagSeconds !== null && lagSeconds > limits.lagSeconds)
    return `a replica is ${lagSeconds.toFixed(1)} s behind, more than ${limits.lagSeconds} s`
  if (limits.active !== null && active > limits.active)
    return `${active} other sessions are at work, more than ${limits.active}`
  return null
}
