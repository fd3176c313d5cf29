/** What must be so before a switch, and what is done before anybody has to wait for it. */
import { AssayError } from '../../ground/errors.ts'
import { qualified } from '../../postgres/quote.ts'
import { sentTablesSql, type SentTable } from './checksum.ts'
import { withoutSecret } from './conninfo.ts'
import { closingStatements, doorStatements, welcomeStatements } from './doors.ts'
import { ownRelations } from './facts.ts'
import { notFollowing } from './faults.ts'
import {
  dropSlot,
  makePublication,
  readFollowed,
  slotStatement,
  subscribe,
  subscriptionStatement,
  type SubscriptionWish,
} from './follow.ts'
import { doorSql } from './journal.ts'
import { markSql } from './marks.ts'
import { partsOf, type MoveWish, type Parts } from './move-parts.ts'
import { stepCommand, type SideKey } from './names.ts'
import { readSchema, schemaDigest } from './schema.ts'
import { placeOf, type Pair, type Side } from './side.ts'
import { isPaused, readRows } from './state.ts'
import { countVerified } from './verify.ts'

const mostLagBytes = 64 * 2 ** 20

const schemaChanged = (side: Side): AssayError =>
  new AssayError(`The schema of ${placeOf(side)} is another one than when the copy began.`, {
    code: 'cutover.schema-changed',
    exit: 4,
    asked: 'the schema that was copied',
    found: 'a structure that was made, changed or dropped since then',
    why: 'logical replication carries rows only: what is new is missing on the other side',
    mend: 'Take the change back on that side; or begin anew: assay migrate cutover abort --drop-copy --from … --to …, then copy. Run no migrations during a cutover.',
  })

const unverified = (found: string): AssayError =>
  new AssayError('The two sides were not compared.', {
    code: 'cutover.unverified',
    exit: 4,
    found,
    why: 'what is missing is found out by users after the switch',
    mend: `Compare them while the application runs:\n${stepCommand('verify')}\nOr switch without: --accept unverified`,
    next: [stepCommand('verify')],
  })

const prepared = (side: Side): AssayError =>
  new AssayError(`${placeOf(side)} has prepared transactions.`, {
    code: 'cutover.prepared',
    exit: 4,
    found: 'select gid from pg_prepared_xacts',
    why: 'they cannot be ended with a session, and whoever commits one after the switch writes to the closed database',
    mend: 'Commit them, or roll them back: rollback prepared …;',
  })

/** Neither side was changed since the copy began. */
export const assertSchemasKept = async (sides: readonly Side[], rows: Parts['rows']): Promise<void> => {
  await Promise.all(
    sides.map(async (side) => {
      const { schema } = await readSchema(side.db)
      if (schemaDigest(schema) !== rows[side.key].schema) throw schemaChanged(side)
    }),
  )
}

export const assertReady = async ({ active, standby, slot, rows }: Parts, wish: MoveWish): Promise<void> => {
  const followed = await readFollowed(standby, active, slot)
  if (followed === null) throw notFollowing(active, 'no subscription')
  if (followed.ready < followed.tables)
    throw notFollowing(active, `${followed.ready} of ${followed.tables} tables are copied`)
  if ((followed.lag ?? Number.POSITIVE_INFINITY) > mostLagBytes)
    throw notFollowing(
      active,
      `${followed.lag ?? 'an unknown number of'} bytes of changes are not applied yet`,
    )
  const tables = await active.db.json<SentTable>(sentTablesSql)
  const verified = await countVerified(standby)
  if (!wish.acceptsUnverified && verified < tables.length)
    throw unverified(`${verified} of ${tables.length} tables are compared and equal`)
  const [waiting] = await active.db.json(
    `select 1 as one from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database() limit 1`,
  )
  if (waiting) throw prepared(active)
  await assertSchemasKept([active, standby], rows)
}

/** In the order in which they were made: one may read another. */
const viewsSql = `
  select n.nspname as schema, c.relname as name ${ownRelations} and c.relkind = 'm' and c.relispopulated order by c.oid`

/** Before the pause, and so a little older than the rows. */
export const refreshViews = async ({ active, standby }: Parts): Promise<void> => {
  const filled = new Set(
    (await active.db.json<{ schema: string; name: string }>(viewsSql)).map((view) => qualified(view)),
  )
  const here = await standby.db.json<{ schema: string; name: string }>(
    viewsSql.replace('and c.relispopulated', ''),
  )
  for (const view of here)
    if (filled.has(qualified(view))) await standby.db.query(`refresh materialized view ${qualified(view)}`)
}

/** The way back is made, and tried, before anybody has to wait for it; it stands still until the switch is made. */
export const prepareBack = async ({ active, standby, backSlot, rows }: Parts): Promise<void> => {
  await makePublication(standby)
  if (rows.from.isOneWay) return
  await dropSlot(standby, backSlot)
  await subscribe(active, standby, { slot: backSlot, copiesRows: false, isEnabled: false })
}

export interface MovePlan {
  readonly active: SideKey
  readonly tables: number
  readonly verified: number
  readonly lag: number | null
  readonly sql: readonly { readonly on: SideKey; readonly statement: string }[]
}

/** What `moveTo` would do; looks whether it could, and writes nothing. */
export const planMove = async (pair: Pair, target: SideKey, wish: MoveWish): Promise<MovePlan> => {
  const parts = partsOf(pair, await readRows(pair))
  const { active, standby, slot, backSlot, rows } = parts
  if (active.key === target || isPaused(rows))
    throw notFollowing(active, `${placeOf(pair[target])} is not the side that follows`)
  await assertReady(parts, wish)
  const followed = await readFollowed(standby, active, slot)
  const on =
    (side: SideKey) =>
    (statement: string): MovePlan['sql'][number] => ({ on: side, statement })
  const back: SubscriptionWish = { slot: backSlot, copiesRows: false, isEnabled: false }
  return {
    active: active.key,
    tables: (await active.db.json(sentTablesSql)).length,
    verified: await countVerified(standby),
    lag: followed?.lag ?? null,
    sql: [
      ...(rows.from.isOneWay
        ? []
        : [on(active.key)(subscriptionStatement(withoutSecret(standby.reached), back))]),
      ...(await doorStatements(active)).map(on(active.key)),
      ...(await closingStatements(active)).map(on(active.key)),
      on(active.key)(doorSql(false).trim()),
      on(active.key)('select pg_terminate_backend(pid) from pg_stat_activity where …'),
      on(active.key)(markSql),
      ...(rows.from.isOneWay ? [] : [on(target)(slotStatement(backSlot))]),
      on(target)(doorSql(true).trim()),
      ...(await welcomeStatements(standby, parts.standbyRow)).map(on(target)),
    ],
  }
}
