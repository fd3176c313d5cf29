/** One runner at a time in a database: a session advisory lock, which PostgreSQL lets go when the session ends. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AssayError } from '../../ground/errors.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

/** Two numbers that nobody else uses by chance: the first says whose lock it is. */
const key = { classId: 1_634_956_153, objectId: 1_835_624_306 } as const
const keyText = `${key.classId}, ${key.objectId}`

const holderSql = `
  select a.pid, coalesce(nullif(a.application_name, ''), a.usename, '?') as name,
    coalesce(a.client_addr::text, 'this machine') as "from",
    pg_catalog.to_char(a.backend_start at time zone 'UTC', 'HH24:MI:SS "UTC"') as since
  from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.classid = ${key.classId} and l.objid = ${key.objectId} and l.objsubid = 2 and l.granted
    and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`

interface Holder {
  readonly pid: number | null
  readonly name: string
  readonly from: string
  readonly since: string | null
}

const isHeld = (holder: Holder | undefined): string =>
  holder === undefined
    ? 'it was let go just now'
    : `${holder.name} (process ${holder.pid ?? '?'}, from ${holder.from}, since ${holder.since ?? '?'})`

const busy = (db: Session, waited: number, holder: Holder | undefined): AssayError =>
  new AssayError(`Another runner is migrating ${db.address.database}.`, {
    code: 'migrate.locked',
    exit: 4,
    asked: `to be the only one that migrates ${db.address.database}${waited === 0 ? '' : `; waited ${waited} s`}`,
    found: isHeld(holder),
    why: 'two runners would run the same migration twice',
    mend: `Wait for it to end, or wait longer: --wait 600${holder?.pid == null ? '' : `; end a runner that hangs with: select pg_terminate_backend(${holder.pid})`}`,
  })

const pauseMs = 200

const tryLock = async (db: Session): Promise<boolean> => {
  const [found] = await db.json<{ got: boolean }>(`select pg_catalog.pg_try_advisory_lock(${keyText}) as got`)
  return found?.got === true
}

/**
 * Throws AssayError when it does not come. Asked again and again: a session that waits inside of a statement holds a
 * snapshot, and the other runner's CREATE INDEX CONCURRENTLY would wait for it.
 */
export const takeRunnerLock = async (
  db: Session,
  waitSeconds: number,
  onWait?: (holder: string) => void,
): Promise<void> => {
  const until = performance.now() + waitSeconds * 1000
  let hasTold = false
  while (!(await tryLock(db))) {
    const [holder] = await db.json<Holder>(holderSql)
    if (!hasTold) onWait?.(isHeld(holder))
    hasTold = true
    if (performance.now() >= until) throw busy(db, waitSeconds, holder)
    await sleep(Math.min(pauseMs, Math.max(1, until - performance.now())))
  }
}

const lostLock = (name: string): AssayError =>
  new AssayError('The lock that keeps two runners apart is gone.', {
    code: 'migrate.lock-lost',
    exit: 4,
    asked: 'to go on after ' + name,
    found: 'no advisory lock of this session any more, and another runner has it',
    why: 'a statement of the migration let it go: pg_advisory_unlock_all(), or DISCARD ALL',
    mend: 'Take that statement out of the migration, and run again when the other runner has ended.',
  })

/** After each migration: a script that lets all advisory locks go has let go this one. */
export const keepRunnerLock = async (db: Session, name: string): Promise<void> => {
  const [found] = await db.json<{ mine: boolean }>(`
    select exists (select from pg_catalog.pg_locks l where l.locktype = 'advisory' and l.pid = pg_catalog.pg_backend_pid()
      and l.classid = ${key.classId} and l.objid = ${key.objectId} and l.objsubid = 2) as mine`)
  if (found?.mine !== true && !(await tryLock(db))) throw lostLock(name)
}

/** Whether a session that waits for a lock of a table has others already for which writers may wait. */
export const holdingSql = (pid: number): string => `
  select bool_or(l.granted and l.mode <> 'AccessShareLock') as holding
  from pg_catalog.pg_locks l where l.pid = ${pid} and l.locktype = 'relation' and l.relation >= 16384
  having bool_or(not l.granted)`

/** Sessions that had what another session waited for, in words. */
export const blockersSql = (pid: number): string => `
  select pg_catalog.format('process %s (%s, %s): %s', a.pid, coalesce(nullif(a.application_name, ''), a.usename), a.state,
      pg_catalog.left(pg_catalog.regexp_replace(a.query, ${literal(String.raw`\s+`)}, ' ', 'g'), 100)) as holder
  from pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid})) blocking
  join pg_catalog.pg_stat_activity a on a.pid = blocking
  order by a.pid`
