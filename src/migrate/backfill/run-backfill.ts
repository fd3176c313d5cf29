/**
 * Walks through a table by its key and runs one statement over each stretch of it, each in a short transaction of its own
 * that moves the cursor too. It waits for locks, replicas and load, halves what is refused until the row at fault stands
 * alone, keeps that one aside, and goes on after anything that ended it.
 */
import { createHash } from 'node:crypto'
import { setTimeout as rest } from 'node:timers/promises'
import { AssayError } from '../../ground/errors.ts'
import { relationId } from '../../ground/names.ts'
import type { PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { seeAllRows } from './all-rows.ts'
import { nextSize, smallerSize, usualPace, type Pace } from './batch-size.ts'
import { keyBehindSql, lastKeySql, rangeCondition, type Key } from './key-range.ts'
import { readKeyedTable, type KeyedTable } from './keyed-table.ts'
import { remainingSeconds } from './remaining-time.ts'
import type { BackfillStatement } from './statement.ts'
import {
  batchSql,
  beginBackfill,
  deadRowSql,
  findBackfill,
  makeStore,
  setState,
  tryLock,
  type Backfill,
  type BackfillState,
} from './store.ts'
import { openPressureGauge, reasonToWait, type Limits, type Pressure } from './throttle.ts'

export interface BackfillProgress {
  readonly walked: number
  /** Estimated; null: not known. */
  readonly total: number | null
  /** null: nothing can be said yet. */
  readonly remainingSeconds: number | null
  /** What it waits for; null: it works. */
  readonly waitsFor: string | null
}

export interface BackfillWish {
  readonly name: string
  readonly statement: BackfillStatement
  /** Columns to walk along; null: the primary key. */
  readonly key: readonly string[] | null
  /** Begin anew though it was completed, or though it was another statement. */
  readonly again: boolean
  readonly limits: Limits
  readonly pace?: Pace
  /** A row's lock is waited for that long; the batch is then taken back and tried again, smaller. */
  readonly lockTimeoutMs?: number
  /** How often a single row's lock is waited for before it is given up. */
  readonly patience?: number
  readonly onProgress?: (progress: BackfillProgress) => void
}

export interface BackfillOutcome extends Backfill {
  readonly table: string
  readonly key: readonly string[]
  readonly resumed: boolean
  /** Of this run. */
  readonly seconds: number
  /** Milliseconds of the longest transaction of this run, and so the longest that a row's lock was held. */
  readonly longest: number
  readonly lockWaits: number
}

const usualLockTimeout = 100
const usualPatience = 100
/** Milliseconds between two looks at replicas and load. */
const pressureEvery = 500
/** Rows of the first batch. */
export const firstSize = 1000

/** Of one row: data that it cannot take (22, 23), or what a trigger or function says (P0001). */
const isOfTheRow = ({ sqlstate }: PgFault): boolean => /^(?:22|23|P0)/u.test(sqlstate)
/** Another transaction was in the way: lock_timeout, deadlock, serialization. */
const isOfTheMoment = ({ sqlstate }: PgFault): boolean => ['55P03', '40P01', '40001'].includes(sqlstate)

const hashOf = (table: KeyedTable, statement: BackfillStatement): string =>
  createHash('sha256')
    .update(JSON.stringify([relationId(table.relation), table.key, statement.text]))
    .digest('hex')

const locked = (name: string): AssayError =>
  new AssayError(`Somebody else runs the backfill ${name}.`, {
    code: 'backfill.locked',
    exit: 4,
    found: 'its advisory lock is held by another session',
    why: 'two runners would walk the same stretch',
    mend: `Wait for it, or ask it to stop: assay migrate backfill --name ${name} --pause --url …`,
  })

const another = (name: string): AssayError =>
  new AssayError(`The name ${name} belongs to another backfill.`, {
    code: 'backfill.changed',
    exit: 4,
    found: 'its statement, table or key is not the one that was begun under this name',
    why: 'its cursor says nothing about this one',
    mend: 'Give this one a name of its own with --name, or begin anew with --again.',
  })

const stuck = (name: string, key: Key, fault: PgFault): AssayError =>
  new AssayError('A row stays locked by others.', {
    code: 'backfill.row-locked',
    exit: 3,
    asked: `the row with the key ${key.join(', ')}`,
    found: fault.message,
    why: 'it is neither skipped nor waited for without end, since a batch that waits holds locks of its own',
    mend: `Find who holds it: select pid, state, query from pg_stat_activity where xact_start < now() - interval '1 minute'; then run the same command again: it goes on from there (${name}).`,
  })

const refused = (fault: PgFault, sql: string): AssayError =>
  new AssayError('PostgreSQL refuses the statement of this backfill.', {
    code: 'backfill.refused',
    exit: 3,
    asked: sql,
    found: `${fault.message} (SQLSTATE ${fault.sqlstate})`,
    mend:
      fault.sqlstate === '42501'
        ? 'Give the role of --url the right that the message names. Where it names row-level security, a function or trigger would not see all rows: run it as a role with BYPASSRLS.'
        : 'Correct the statement and run it again with --again.',
  })

/** Of the message alone: DETAIL would quote the row. */
const reasonOf = ({ message, constraint }: PgFault): string =>
  constraint === null || message.includes(constraint) ? message : `${message} (${constraint})`

interface Running {
  readonly db: Session
  readonly wish: BackfillWish
  readonly table: KeyedTable
  readonly pace: Pace
  readonly pressure: () => Promise<Pressure>
  cursor: Key | null
  walked: number
  changed: number
  dead: number
  batches: number
  size: number
  longest: number
  lockWaits: number
}

/** `rows`: how many stand in it when it is looked up. */
interface Stretch {
  readonly upTo: Key
  readonly rows: number
}

const nextStretch = async ({ db, table, cursor, size }: Running): Promise<Stretch | null> => {
  const [full] = await db.json<{ readonly key: Key }>(keyBehindSql(table, cursor, size))
  if (full) return { upTo: full.key, rows: size }
  const [last] = await db.json<{ readonly key: Key; readonly rows: number }>(lastKeySql(table, cursor))
  return last ? { upTo: last.key, rows: last.rows } : null
}

const firstKey = async ({ db, table, cursor }: Running): Promise<Key | null> => {
  const [first] = await db.json<{ readonly key: Key }>(keyBehindSql(table, cursor, 1))
  return first?.key ?? null
}

/** Milliseconds between tries at a lock: longer each time, and never the same for two runners. */
const backoff = (tries: number): number =>
  Math.min(2000, 20 * 2 ** Math.min(tries, 7)) * (0.5 + Math.random() / 2)

const stateOf = (text: string | null | undefined): BackfillState => (text ?? 'running') as BackfillState

/** One stretch, or less of it; answers the state that is asked for. */
const runStretch = async (running: Running, stretch: Stretch): Promise<BackfillState> => {
  const { db, wish, table, pace } = running
  const { statement, name } = wish
  let { upTo, rows } = stretch
  for (let tries = 0; ;) {
    const range = rangeCondition(table.key, statement.column, { after: running.cursor, upTo })
    const from = performance.now()
    const [reply] = await db.batch([batchSql(name, statement.within(range), upTo, rows)])
    const took = performance.now() - from
    running.longest = Math.max(running.longest, took)
    if (!reply?.fault) {
      const [changed, state] = reply?.commands.at(-1)?.rows[0] ?? []
      running.cursor = upTo
      running.walked += rows
      running.changed += Number(changed ?? 0)
      running.batches += 1
      running.size = nextSize(Math.max(rows, 1), took, pace)
      return stateOf(state)
    }
    const { fault } = reply
    const isMoment = isOfTheMoment(fault)
    if (!isMoment && !isOfTheRow(fault)) throw refused(fault, statement.text)
    if (isMoment) {
      running.lockWaits += 1
      tries += 1
      if (tries > (wish.patience ?? usualPatience)) throw stuck(name, upTo, fault)
      wish.onProgress?.(
        progressOf(running, null, `a row that others have locked (${relationId(table.relation)})`),
      )
      await rest(backoff(tries))
    } else if (rows <= 1) {
      // Somebody may have put a row before this one since it was looked up.
      const first = await firstKey(running)
      if (first === null) return 'running'
      if (first.join('\0') !== upTo.join('\0')) {
        upTo = first
        continue
      }
      const dead = { key: upTo, sqlstate: fault.sqlstate, reason: reasonOf(fault) }
      const [told] = await db.query(deadRowSql(name, dead))
      running.cursor = upTo
      running.walked += 1
      running.dead += 1
      return stateOf(told?.rows[0]?.[0])
    }
    if (rows > 1) {
      running.size = smallerSize(rows)
      const less = await nextStretch(running)
      if (less === null) return 'running'
      ;({ upTo, rows } = less)
    }
  }
}

const progressOf = (
  { walked, table }: Running,
  remaining: number | null,
  waitsFor: string | null,
): BackfillProgress => ({ walked, total: table.rows, remainingSeconds: remaining, waitsFor })

/** Waits until replicas and load allow to go on. */
const waitForOthers = async (running: Running): Promise<void> => {
  const { pressure, wish } = running
  if (wish.limits.lagSeconds === null && wish.limits.active === null) return
  for (;;) {
    const reason = reasonToWait(await pressure(), wish.limits)
    if (reason === null) return
    wish.onProgress?.(progressOf(running, null, reason))
    await rest(pressureEvery)
  }
}

const walk = async (running: Running): Promise<BackfillState> => {
  const { wish, table } = running
  const from = { walked: running.walked, at: performance.now() }
  let looked = Number.NEGATIVE_INFINITY
  for (;;) {
    if (performance.now() - looked > pressureEvery) {
      await waitForOthers(running)
      looked = performance.now()
    }
    const stretch = await nextStretch(running)
    if (stretch === null) {
      await setState(running.db, wish.name, 'complete')
      return 'complete'
    }
    const state = await runStretch(running, stretch)
    const now = { walked: running.walked, at: performance.now() }
    wish.onProgress?.(progressOf(running, remainingSeconds(from, now, table.rows), null))
    if (state === 'paused') return 'paused'
  }
}

const begin = async (
  db: Session,
  { name, statement, again }: BackfillWish,
  hash: string,
): Promise<{ readonly known: Backfill; readonly resumed: boolean }> => {
  const before = await findBackfill(db, name)
  if (before && !again && before.hash !== hash) throw another(name)
  if (before && !again) {
    if (before.state === 'paused') await setState(db, name, 'running')
    return { known: before, resumed: true }
  }
  await beginBackfill(db, name, hash, statement.text)
  const known = await findBackfill(db, name)
  if (!known) throw new Error(`the backfill ${name} was begun and is not there`)
  return { known, resumed: false }
}

/**
 * Runs a backfill from where it stands to its end, or to a pause that another session asks for. `db`: a
 * session of its own, not through a transaction pooler. A backfill that is complete answers at once.
 *
 * Throws AssayError: `backfill.table`, `backfill.hidden-rows`, `backfill.no-right`, `backfill.locked`, `backfill.changed`, `backfill.refused`,
 * `backfill.row-locked`; ConnectionLost when the server went away. What was done stays done, and the next run goes on.
 */
export const runBackfill = async (db: Session, wish: BackfillWish): Promise<BackfillOutcome> => {
  const started = performance.now()
  const table = await readKeyedTable(db, wish.statement, wish.key)
  await seeAllRows(db, wish.statement)
  await makeStore(db)
  if (!(await tryLock(db, wish.name))) throw locked(wish.name)
  try {
    const { known, resumed } = await begin(db, wish, hashOf(table, wish.statement))
    await db.query(
      `set lock_timeout = ${wish.lockTimeoutMs ?? usualLockTimeout}; set statement_timeout = 0; set idle_session_timeout = 0`,
    )
    const running: Running = {
      db,
      wish,
      table,
      pace: wish.pace ?? usualPace,
      pressure: openPressureGauge(db),
      cursor: known.cursor,
      walked: known.walked,
      changed: known.changed,
      dead: known.dead,
      batches: known.batches,
      size: firstSize,
      longest: 0,
      lockWaits: 0,
    }
    const state = resumed && known.state === 'complete' ? 'complete' : await walk(running)
    const { walked, changed, dead, batches, cursor, longest, lockWaits } = running
    return {
      ...known,
      state,
      cursor,
      walked,
      changed,
      dead,
      batches,
      table: relationId(table.relation),
      key: table.key.map(({ name }) => name),
      resumed,
      seconds: (performance.now() - started) / 1000,
      longest,
      lockWaits,
    }
  } finally {
    // A session that is lost has let go of it already.
    await db
      .query('select pg_catalog.pg_advisory_unlock_all(); reset lock_timeout; reset row_security')
      .catch(() => undefined)
  }
}
