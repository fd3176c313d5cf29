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

/**
 * replay_lag is null on an idle system (pg_stat_replication); the distance in bytes then says whether anything is open.
 * Roles without pg_monitor see null everywhere.
 */
const sql = `
  select (select extract(epoch from max(coalesce(replay_lag,
             case when replay_lsn < sent_lsn then pg_catalog.clock_timestamp() - reply_time end)))::float8
          from pg_catalog.pg_stat_replication) as "lagSeconds",
    (select count(*)::int from pg_catalog.pg_stat_activity
      where backend_type = 'client backend' and state = 'active' and pid <> pg_catalog.pg_backend_pid()) as active`

export const readPressure = async (db: Session): Promise<Pressure> =>
  (await db.json<Pressure>(sql))[0] ?? { lagSeconds: null, active: 0 }

/** What it waits for, as progress says it; null: it goes on. */
export const reasonToWait = ({ lagSeconds, active }: Pressure, limits: Limits): string | null => {
  if (limits.lagSeconds !== null && lagSeconds !== null && lagSeconds > limits.lagSeconds)
    return `a replica is ${lagSeconds.toFixed(1)} s behind, more than ${limits.lagSeconds} s`
  if (limits.active !== null && active > limits.active)
    return `${active} other sessions are at work, more than ${limits.active}`
  return null
}
