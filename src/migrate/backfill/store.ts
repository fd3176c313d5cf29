/**
 * What is known of a backfill in the database itself: its cursor moves in the transaction that changes the rows, so that
 * no moment of a crash can lose a batch or repeat one.
 */
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import { literal } from '../../postgres/quote.ts'
import type { Address, Session } from '../../postgres/session.ts'
import type { Key } from './key-range.ts'

export type BackfillState = 'running' | 'paused' | 'complete'

export interface Backfill {
  readonly name: string
  /** sha256 of table, key and statement. */
  readonly hash: string
  readonly state: BackfillState
  /** The last key that was taken; null: none yet. */
  readonly cursor: Key | null
  /** Rows that were walked past, in this pass. */
  readonly walked: number
  /** Rows that the statement changed. */
  readonly changed: number
  readonly dead: number
  readonly batches: number
}

export interface DeadRow {
  readonly key: Key
  readonly sqlstate: string
  readonly reason: string
}

const statements: readonly string[] = [
  `create table if not exists assay.backfills (
    name text primary key,
    hash text not null,
    statement text not null,
    state text not null check (state in ('running', 'paused', 'complete')),
    cursor jsonb,
    walked bigint not null default 0,
    changed bigint not null default 0,
    dead bigint not null default 0,
    batches bigint not null default 0,
    started_at timestamptz not null default pg_catalog.now(),
    moved_at timestamptz not null default pg_catalog.now(),
    started_by text not null default session_user
  )`,
  `create table if not exists assay.backfill_dead_rows (
    backfill text not null references assay.backfills (name) on delete cascade,
    key jsonb not null,
    sqlstate text not null,
    reason text not null,
    at timestamptz not null default pg_catalog.now(),
    primary key (backfill, key)
  )`,
]

const noRight = (cause: PgError): AssayError =>
  new AssayError('The role may not keep the cursor of a backfill.', {
    code: 'backfill.no-right',
    exit: 3,
    asked: 'the tables assay.backfills and assay.backfill_dead_rows',
    found: cause.fault.message,
    why: 'the cursor moves in the same transaction as the rows, so it stands in the same database',
    mend: 'As its owner: grant create on database … to …; or, if the schema assay is there: grant usage, create on schema assay to …;',
    cause,
  })

interface ReadOnly {
  readonly standby: boolean
  readonly readOnly: boolean
}

const notWritten = ({ host, port, user, database }: Address, { standby }: ReadOnly): AssayError =>
  standby
    ? new AssayError('The server is a standby, which can only be read.', {
        code: 'backfill.standby',
        exit: 4,
        asked: `to write ${host}:${port}`,
        found: 'pg_is_in_recovery() is true',
        why: 'rows and cursor are written on the primary, and come here by themselves',
        mend: 'Give the --url of the primary server.',
      })
    : new AssayError(`Sessions of ${user} in ${database} are read-only.`, {
        code: 'backfill.read-only',
        exit: 3,
        asked: 'a session that may write',
        found: 'transaction_read_only is on, for the role, the database or the server',
        mend: 'Use the role that owns the rows, or take the setting away: alter role … reset default_transaction_read_only',
      })

/** Throws AssayError `backfill.standby` (exit 4), `backfill.read-only` (exit 3). */
const refuseReadOnly = async (db: Session): Promise<void> => {
  const [found] = await db.json<ReadOnly>(
    `select pg_catalog.pg_is_in_recovery() as standby, pg_catalog.current_setting('transaction_read_only') = 'on' as "readOnly"`,
  )
  if (found?.standby === true || found?.readOnly === true) throw notWritten(db.address, found)
}

export const hasStore = async (db: Session): Promise<boolean> => {
  const [stands] = await db.json<{ readonly is: boolean }>(
    `select pg_catalog.to_regclass('assay.backfills') is not null as is`,
  )
  return stands?.is === true
}

/** Makes the two tables where they are not. Throws AssayError `backfill.no-right` (exit 3), and where nothing may be written. */
export const makeStore = async (db: Session): Promise<void> => {
  await refuseReadOnly(db)
  const [stands] = await db.json<{ readonly schema: boolean; readonly tables: boolean }>(
    `select pg_catalog.to_regnamespace('assay') is not null as schema,
      pg_catalog.to_regclass('assay.backfills') is not null
        and pg_catalog.to_regclass('assay.backfill_dead_rows') is not null as tables`,
  )
  if (stands?.tables) return
  try {
    if (!stands?.schema) await db.query('create schema if not exists assay')
    for (const statement of statements) await db.query(statement)
  } catch (cause) {
    if (cause instanceof PgError && cause.fault.sqlstate === '42501') throw noRight(cause)
    throw cause
  }
}

const read = `select name, hash, state, cursor, walked::int8 as walked, changed::int8 as changed, dead::int8 as dead, batches::int8 as batches from assay.backfills`

export const listBackfills = (db: Session): Promise<Backfill[]> =>
  db.json<Backfill>(`${read} order by started_at, name`)

export const findBackfill = async (db: Session, name: string): Promise<Backfill | null> =>
  (await db.json<Backfill>(`${read} where name = ${literal(name)}`))[0] ?? null

export const beginBackfill = async (
  db: Session,
  name: string,
  hash: string,
  statement: string,
): Promise<void> => {
  await db.query(
    `insert into assay.backfills (name, hash, statement, state)
     values (${literal(name)}, ${literal(hash)}, ${literal(statement)}, 'running')
     on conflict (name) do update set hash = excluded.hash, statement = excluded.statement, state = 'running',
       cursor = null, walked = 0, changed = 0, dead = 0, batches = 0,
       started_at = pg_catalog.now(), moved_at = pg_catalog.now(), started_by = session_user`,
  )
  await db.query(`delete from assay.backfill_dead_rows where backfill = ${literal(name)}`)
}

/** Says so to whoever runs it, at its next batch. Answers false when there is none of that name. */
export const setState = async (db: Session, name: string, state: BackfillState): Promise<boolean> => {
  const [done] = await db.query(
    `update assay.backfills set state = ${literal(state)}, moved_at = pg_catalog.now() where name = ${literal(name)}`,
  )
  return done?.tag === 'UPDATE 1'
}

/** One that is complete stays so. Answers what it was; null: there is none of that name. */
export const askToPause = async (db: Session, name: string): Promise<Backfill | null> => {
  await refuseReadOnly(db)
  await db.query(
    `update assay.backfills set state = 'paused', moved_at = pg_catalog.now() where name = ${literal(name)} and state = 'running'`,
  )
  return findBackfill(db, name)
}

const lockKey = (name: string): string =>
  `pg_catalog.hashtextextended(${literal(`assay backfill ${name}`)}, 0)`

/** Its advisory lock, for the session. */
export const tryLock = async (db: Session, name: string): Promise<boolean> => {
  const [lock] = await db.json<{ readonly got: boolean }>(
    `select pg_catalog.pg_try_advisory_lock(${lockKey(name)}) as got`,
  )
  return lock?.got === true
}

/** Whether a session holds that lock. */
export const isRun = async (db: Session, name: string): Promise<boolean> => {
  const [found] = await db.json<{ readonly is: boolean }>(
    `select exists (select from pg_catalog.pg_locks where locktype = 'advisory' and objsubid = 1
        and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and (classid::int8 << 32) | objid::int8 = ${lockKey(name)}) as is`,
  )
  return found?.is === true
}

const jsonOf = (key: Key): string => `${literal(JSON.stringify(key))}::jsonb`

/**
 * One statement, and so one transaction: the rows of `work` are changed, and the cursor stands behind them. Answers one
 * row: `changed`, and the `state` that another session may have asked for.
 */
export const batchSql = (name: string, work: string, upTo: Key, walked: number): string => `
  with assay_changed as (${work}
    returning 1)
  update assay.backfills set cursor = ${jsonOf(upTo)}, walked = walked + ${walked},
    changed = changed + (select count(*) from assay_changed), batches = batches + 1, moved_at = pg_catalog.clock_timestamp()
  where name = ${literal(name)}
  returning (select count(*) from assay_changed) as changed, state`

/** A row that its statement cannot change is kept aside with its reason, and the cursor goes past it. */
export const deadRowSql = (name: string, { key, sqlstate, reason }: DeadRow): string => `
  with assay_dead as (
    insert into assay.backfill_dead_rows (backfill, key, sqlstate, reason)
    values (${literal(name)}, ${jsonOf(key)}, ${literal(sqlstate)}, ${literal(reason)})
    on conflict (backfill, key) do nothing)
  update assay.backfills set cursor = ${jsonOf(key)}, walked = walked + 1, dead = dead + 1, moved_at = pg_catalog.clock_timestamp()
  where name = ${literal(name)}
  returning state`

export const readDeadRows = (db: Session, name: string, limit: number): Promise<DeadRow[]> =>
  db.json<DeadRow>(
    `select key, sqlstate, reason from assay.backfill_dead_rows where backfill = ${literal(name)} order by at, key limit ${limit}`,
  )
