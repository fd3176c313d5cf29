/**
 * Notices a network that dies without a word, which TCP alone tells after a quarter of an hour, and a proxy in between
 * never: from a second connection it asks now and then what the server knows of the first one.
 */
import { connectFault } from '../../postgres/connect-fault.ts'
import { openSession, type Session } from '../../postgres/session.ts'

export interface Pulse {
  /** Between two looks. */
  readonly everyMs: number
  /** How long an answer may take. */
  readonly limitMs: number
  /** So many looks in a row without an answer, and it is lost. */
  readonly misses: number
}

const usualPulse: Pulse = { everyMs: 20_000, limitMs: 20_000, misses: 3 }

export interface ServerWatch {
  /** Why the session was given up; null: it was not. */
  why(): string | null
  stop(): void
}

/** `resting`: it waits for what we send. `unread`: its answer does not get through. `gone`: the server has no such session. */
type Seen = 'active' | 'resting' | 'unread' | 'gone' | 'unreachable'

const seenSql = (pid: number): string => `
  select case
    when wait_event = 'ClientWrite' then 'unread'
    when state like 'idle%' and pg_catalog.clock_timestamp() - state_change > interval '1 s' then 'resting'
    else 'active' end as seen
  from pg_catalog.pg_stat_activity where pid = ${pid}`

const within = async <T>(limitMs: number, work: Promise<T>): Promise<T | 'late'> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Refused for any other reason, the server was reached. */
const isUnreachable = (cause: unknown, db: Session): boolean =>
  connectFault(cause, db.address).code === 'server.unreachable'

const look = async (db: Session, limitMs: number): Promise<Seen> => {
  const opening = openSession({ ...db.address, applicationName: 'assay migrate (pulse)' })
  // What comes too late is closed by whoever notices.
  void opening.then(
    (late) => setTimeout(() => void late.end(), limitMs).unref(),
    () => undefined,
  )
  try {
    const watcher = await within(limitMs, opening)
    if (watcher === 'late') return 'unreachable'
    const rows = await within(limitMs, watcher.json<{ seen: Seen }>(seenSql(db.pid)))
    void watcher.end()
    if (rows === 'late') return 'unreachable'
    return rows[0]?.seen ?? 'gone'
  } catch (cause) {
    return isUnreachable(cause, db) ? 'unreachable' : 'active'
  }
}

/** It waits for us: then what is asked now is answered at once. */
const answers = async (db: Session, limitMs: number): Promise<boolean> => {
  const reply = await within(
    limitMs,
    db.batch(['select 1']).catch(() => 'late' as const),
  )
  return reply !== 'late'
}

const told = (seen: Seen, { everyMs, limitMs, misses }: Pulse): string => {
  const seconds = Math.round(((everyMs + limitMs) * misses) / 1000)
  if (seen === 'unreachable') return `no answer, and no new connection either, for ${seconds} s`
  if (seen === 'unread') return `the server has had no way to send its answer for ${seconds} s`
  return seen === 'gone'
    ? 'no answer; the server no longer knows the session'
    : `no answer, though the server waits for the next statement, for ${seconds} s`
}

export const watchServer = (db: Session, pulse: Pulse = usualPulse): ServerWatch => {
  let why: string | null = null
  let missed = 0
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const wait = (): void => {
    timer = setTimeout(() => void beat(), pulse.everyMs)
    timer.unref()
  }
  const beat = async (): Promise<void> => {
    const seen = await look(db, pulse.limitMs)
    if (isOver) return
    const isWell = seen === 'active' || (seen === 'resting' && (await answers(db, pulse.limitMs)))
    if (isOver) return
    missed = isWell ? 0 : missed + 1
    if (missed < pulse.misses) return wait()
    why = told(seen, pulse)
    void db.end()
  }
  wait()
  return {
    why: () => why,
    stop() {
      isOver = true
      clearTimeout(timer)
    },
  }
}
