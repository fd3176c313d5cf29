/**
 * One side follows the other by PostgreSQL's own logical replication: publication, slot and subscription, each made only
 * where it is not there yet, and how far it has come.
 */
import { setTimeout as rest } from 'node:timers/promises'
import { AssayError } from '../../ground/errors.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { conninfo, scrubbed, withoutSecret } from './conninfo.ts'
import { aboutRows, sentTables } from './facts.ts'
import { stalled } from './faults.ts'
import { inJournal, ownSlotsWhere, publicationName, stepCommand, subscriptionName } from './names.ts'
import { placeOf, type Side } from './side.ts'

/** A partitioned table is named, and each partition sent as a table: their names are the same on both sides. */
const publishedSql = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name ${sentTables} and not c.relispartition
  order by n.nspname collate "C", c.relname collate "C"`

export const publicationStatement = async (side: Side): Promise<string> => {
  const tables = (await side.db.json<{ readonly name: string }>(publishedSql)).map(({ name }) => name)
  return `create publication ${ident(publicationName)} for table ${[inJournal('marks'), ...tables].join(', ')}`
}

export const makePublication = async (side: Side): Promise<void> => {
  const [found] = await side.db.json(
    `select 1 as there from pg_catalog.pg_publication where pubname = ${literal(publicationName)}`,
  )
  if (!found) await side.db.query(await publicationStatement(side))
}

export const dropPublication = (side: Side): Promise<unknown> =>
  side.db.query(`drop publication if exists ${ident(publicationName)}`)

interface Slot {
  readonly active: boolean
  readonly pid: number | null
  /** Bytes of WAL that the other side has not confirmed. */
  readonly lag: number | null
  /** Bytes of WAL that the server keeps for it. */
  readonly kept: number | null
  readonly status: string | null
}

const slotSql = (name: string): string => `
  select active, active_pid as pid, pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), confirmed_flush_lsn)::bigint as lag,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)::bigint as kept, wal_status as status
  from pg_catalog.pg_replication_slots where slot_name = ${literal(name)}`

const readSlot = async (side: Side, name: string): Promise<Slot | null> =>
  (await side.db.json<Slot>(slotSql(name)))[0] ?? null

export const slotStatement = (name: string): string =>
  `select pg_catalog.pg_create_logical_replication_slot(${literal(name)}, 'pgoutput')`

/** Waits for transactions that are under way on that server: a slot begins between transactions. */
export const makeSlot = async (side: Side, name: string): Promise<void> => {
  if ((await readSlot(side, name)) !== null) return
  // That wait is for locks of transactions, and may be long before a copy; in a pause statement_timeout ends it.
  const [before] = await side.db.json<{ readonly timeout: string }>(
    `select pg_catalog.current_setting('lock_timeout') as timeout`,
  )
  await side.db.query('set lock_timeout = 0')
  try {
    await side.db.query(slotStatement(name))
  } finally {
    await side.db.batch([`set lock_timeout = ${literal(before?.timeout ?? '0')}`])
  }
}

/** The process that reads it ends by itself when its subscription is gone; one whose subscriber is lost is ended. */
export const dropSlot = async (side: Side, name: string, patienceMs = 5000): Promise<boolean> => {
  const until = performance.now() + patienceMs
  for (;;) {
    const slot = await readSlot(side, name)
    if (slot === null) return false
    if (!slot.active) {
      const [reply] = await side.db.batch([`select pg_catalog.pg_drop_replication_slot(${literal(name)})`])
      if (!reply?.fault) return true
      // 55006: somebody reads it again.
      if (reply.fault.sqlstate !== '55006') throw new Error(`${reply.fault.message} (slot ${name})`)
    }
    if (performance.now() > until && slot.pid !== null)
      await side.db.query(`select pg_catalog.pg_terminate_backend(${slot.pid})`)
    await rest(20)
  }
}

export const readOwnSlots = async (side: Side): Promise<readonly string[]> =>
  (
    await side.db.json<{ readonly name: string }>(
      `select slot_name as name from pg_catalog.pg_replication_slots where ${ownSlotsWhere} order by 1`,
    )
  ).map(({ name }) => name)

export interface SubscriptionWish {
  readonly slot: string
  readonly copiesRows: boolean
  readonly isEnabled: boolean
}

export const subscriptionStatement = (
  connection: string,
  { slot, copiesRows, isEnabled }: SubscriptionWish,
): string =>
  `create subscription ${ident(subscriptionName)} connection ${literal(connection)} publication ${ident(publicationName)}
  with (create_slot = false, slot_name = ${literal(slot)}, copy_data = ${copiesRows}, enabled = ${isEnabled})`

interface Subscription {
  readonly oid: number
  readonly enabled: boolean
}

export const readSubscription = async (side: Side): Promise<Subscription | null> =>
  (
    await side.db.json<Subscription>(`
      select s.oid::bigint as oid, s.subenabled as enabled from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid
      where d.datname = pg_catalog.current_database() and s.subname = ${literal(subscriptionName)}`)
  )[0] ?? null

/** So that the password of the other server stands in no log and no list of statements; who may not set it goes without. */
const unheard = [
  `set log_statement = 'none'`,
  'set log_min_duration_statement = -1',
  'set log_min_error_statement = panic',
  'set track_activities = off',
  'set pg_stat_statements.track_utility = off',
]

const cannotSubscribe = (side: Side, sender: Side, message: string): AssayError =>
  new AssayError(`${placeOf(side)} cannot subscribe to ${placeOf(sender)}.`, {
    code: 'cutover.subscription',
    exit: 3,
    asked: withoutSecret(sender.reached),
    found: scrubbed(message, sender.reached),
    why: 'the one server connects to the other by itself, and not by way of this machine',
    mend: `See that it can reach the other (firewall, pg_hba.conf, password). Where it is reached by another name than from here, say so: --${sender.key}-reached-by postgres://…`,
  })

/** The connection string stands in pg_subscription of that database, where superusers read it. */
export const subscribe = async (side: Side, sender: Side, wish: SubscriptionWish): Promise<void> => {
  if ((await readSubscription(side)) !== null) return
  // A session of its own: its settings end with it, and nothing of it is seen elsewhere.
  const db = await side.open()
  try {
    await db.batch(unheard)
    const [reply] = await db.batch([subscriptionStatement(conninfo(sender.reached), wish)])
    if (reply?.fault) throw cannotSubscribe(side, sender, reply.fault.message)
  } finally {
    await db.end()
  }
}

export const enableSubscription = (side: Side, isEnabled: boolean): Promise<unknown> =>
  side.db.query(`alter subscription ${ident(subscriptionName)} ${isEnabled ? 'enable' : 'disable'}`)

/** Its slot stays: it is dropped on the server that has it, which may be out of reach now. */
export const dropSubscription = async (side: Side): Promise<void> => {
  if ((await readSubscription(side)) === null) return
  const name = ident(subscriptionName)
  await side.db.query(`alter subscription ${name} disable`)
  await side.db.query(`alter subscription ${name} set (slot_name = none)`)
  await side.db.query(`drop subscription ${name}`)
}

export interface Followed {
  readonly enabled: boolean
  readonly tables: number
  /** Of them, those whose rows are all there. */
  readonly ready: number
  /** Estimated. */
  readonly copiedRows: number
  readonly totalRows: number
  readonly lag: number | null
  readonly kept: number | null
  readonly slotStatus: string | null
  /** Failures so far, of copying and applying; 0 where the server does not count them (before 15). */
  readonly errors: number
}

interface Relations {
  readonly schema: string
  readonly name: string
  readonly state: string
  readonly copied: number | null
}

const relationsSql = (oid: number): string => `
  select n.nspname as schema, c.relname as name, r.srsubstate as state, p.tuples_processed as copied
  from pg_catalog.pg_subscription_rel r join pg_catalog.pg_class c on c.oid = r.srrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_stat_progress_copy p on p.relid = c.oid
  where r.srsubid = ${oid}`

const estimatesSql = `
  select n.nspname as schema, c.relname as name, ${aboutRows} as rows ${sentTables} and c.relkind = 'r'`

const errorsSql = (oid: number): string =>
  `select (apply_error_count + sync_error_count)::bigint as errors from pg_catalog.pg_stat_subscription_stats where subid = ${oid}`

const keyOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  JSON.stringify([schema, name])

/** null: no subscription. */
export const readFollowed = async (standby: Side, active: Side, slot: string): Promise<Followed | null> => {
  const subscription = await readSubscription(standby)
  if (subscription === null) return null
  const relations = await standby.db.json<Relations>(relationsSql(subscription.oid))
  const estimates = new Map(
    (await active.db.json<{ schema: string; name: string; rows: number }>(estimatesSql)).map((row) => [
      keyOf(row),
      row.rows,
    ]),
  )
  const [errors] =
    standby.major < 15 ? [] : await standby.db.json<{ readonly errors: number }>(errorsSql(subscription.oid))
  const kept = await readSlot(active, slot)
  const isThere = ({ state }: Relations): boolean => state === 'r' || state === 's'
  const copied = relations.reduce(
    (sum, one) =>
      sum + (isThere(one) || one.state === 'f' ? (estimates.get(keyOf(one)) ?? 0) : (one.copied ?? 0)),
    0,
  )
  return {
    enabled: subscription.enabled,
    tables: relations.length,
    ready: relations.filter(({ state }) => state === 'r').length,
    copiedRows: copied,
    totalRows: [...estimates.values()].reduce((sum, rows) => sum + rows, 0),
    lag: kept?.lag ?? null,
    kept: kept?.kept ?? null,
    slotStatus: kept?.status ?? null,
    errors: errors?.errors ?? 0,
  }
}

const pollMs = 200
/** A copy that shows nothing new for so long, and has failed meanwhile, is told; one that only takes long is waited for. */
const stalledSeconds = 30

const lostSlot = (active: Side, slot: string): AssayError =>
  new AssayError(`${placeOf(active)} has given up what it kept for the other side.`, {
    code: 'cutover.slot-lost',
    exit: 3,
    asked: `the slot ${slot}`,
    found: 'it is lost: max_slot_wal_keep_size was reached, or somebody dropped it',
    why: 'changes are missing that cannot be sent any more',
    mend: `A larger max_slot_wal_keep_size lets it fall behind further. Begin anew with an empty target:\n${stepCommand('abort', '--drop-copy')}\n${stepCommand('copy')}`,
    next: [stepCommand('abort', '--drop-copy'), stepCommand('copy')],
  })

/** Until every table is there and only changes follow. */
export const waitUntilCopied = async (
  standby: Side,
  active: Side,
  slot: string,
  onProgress: (state: Followed) => void,
): Promise<Followed> => {
  let before = ''
  let since = performance.now()
  let errorsThen = 0
  for (;;) {
    const state = await readFollowed(standby, active, slot)
    if (state === null || state.slotStatus === null || state.slotStatus === 'lost')
      throw lostSlot(active, slot)
    onProgress(state)
    if (state.ready === state.tables && state.enabled) return state
    const now = `${state.ready} ${state.copiedRows} ${state.lag}`
    if (now !== before) {
      before = now
      since = performance.now()
      errorsThen = state.errors
    } else if (performance.now() - since > stalledSeconds * 1000 && state.errors > errorsThen)
      throw stalled(standby, stalledSeconds, `${state.errors} failures so far`)
    await rest(pollMs)
  }
}
