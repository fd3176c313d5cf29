/**
 * Compares both sides table by table, each group at one and the same point, while the application writes: writes to these
 * tables wait for the moment in which a snapshot is taken and a mark is set, and the other side stops behind that mark
 * until it has a snapshot too. Then both go on, and the snapshots are read.
 */
import { setTimeout as rest } from 'node:timers/promises'
import { AssayError } from '../../ground/errors.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { relationId } from '../../ground/names.ts'
import type { Session } from '../../postgres/session.ts'
import { isEqual, readSum, sentTablesSql, withSameText, type SentTable, type TableSum } from './checksum.ts'
import { readFollowed } from './follow.ts'
import { stalled } from './faults.ts'
import { inJournal, holdLockText } from './names.ts'
import { markSql, waitUntilHeld } from './marks.ts'
import { narrow, type Mismatch } from './narrow.ts'
import { placeOf, type Side } from './side.ts'

export interface VerifiedTable extends TableSum {
  /** Relation id. */
  readonly table: string
  /** null: equal. */
  readonly mismatch: (Mismatch & { readonly other: TableSum }) | null
}

export interface VerifyProgress {
  readonly done: number
  readonly of: number
  readonly table: string
}

export interface Verification {
  readonly tables: readonly VerifiedTable[]
  /** Compared in an earlier run. */
  readonly kept: number
  /** Milliseconds of the longest moment in which writes to a table had to wait. */
  readonly longestWait: number
}

/** Tables of one point: their locks are asked for together, and given up together when one does not come. */
const mostTables = 16
const mostBytes = 64 * 2 ** 20

const inGroups = (tables: readonly SentTable[]): readonly (readonly SentTable[])[] => {
  const groups: SentTable[][] = []
  let bytes = 0
  for (const table of tables) {
    const group = groups.at(-1)
    if (!group || group.length >= mostTables || bytes + table.bytes > mostBytes) {
      groups.push([table])
      bytes = table.bytes
    } else {
      group.push(table)
      bytes += table.bytes
    }
  }
  return groups
}

const beginSnapshot = 'begin transaction isolation level repeatable read read only; select 1'

/** Shorter than deadlock_timeout, so that it is always the comparison that gives way, and growing up to it. */
const lockMs = (attempt: number): number => Math.min(100 + attempt * 50, 900)
const attempts = 60

const neverQuiet = (side: Side, tables: readonly SentTable[]): AssayError =>
  new AssayError('There is no moment between the writes of others.', {
    code: 'cutover.lock',
    exit: 3,
    asked: `a lock of at most ${lockMs(attempts)} ms on ${tables.map(relationId).join(', ')} of ${placeOf(side)}, ${attempts} times`,
    found: 'transactions that write there for longer',
    why: 'both sides are compared at one point, which lies between transactions',
    mend: `Find them: select pid, state, query from pg_stat_activity where xact_start < now() - interval '1 second'; then run the same command again: it goes on with what was not compared.`,
  })

/** Answers the mark, and how long writes were held up. */
const takePoint = async (active: Side, snapshot: Session, tables: readonly SentTable[]): Promise<number> => {
  const names = tables.map((table) => `only ${qualified(table)}`).join(', ')
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const from = performance.now()
    const [, locked] = await active.db.batch([
      `begin; set local lock_timeout = ${lockMs(attempt)}`,
      `lock table ${names} in share mode`,
    ])
    if (!locked?.fault) {
      try {
        await snapshot.query(beginSnapshot)
        await active.db.query(`${markSql}; commit`)
        return performance.now() - from
      } finally {
        await active.db.batch(['rollback'])
      }
    }
    await active.db.batch(['rollback'])
    if (!['55P03', '40P01'].includes(locked.fault.sqlstate)) throw new Error(locked.fault.message)
    await rest(100 + Math.random() * 400)
  }
  throw neverQuiet(active, tables)
}

const stalledMs = 60_000

/** Throws when nothing is applied for a minute. */
const watchApply = (active: Side, standby: Side, slot: string): (() => Promise<void>) => {
  let lag: number | null = null
  let since = performance.now()
  let looked = performance.now()
  return async () => {
    if (performance.now() - looked < 500) return
    looked = performance.now()
    const state = await readFollowed(standby, active, slot)
    if (state?.lag !== lag) {
      lag = state?.lag ?? null
      since = performance.now()
    }
    if (state === null || performance.now() - since > stalledMs)
      throw stalled(
        standby,
        stalledMs / 1000,
        state === null ? 'there is no subscription' : `${state.errors} failures so far`,
      )
  }
}

const compareTables = async (
  snapshots: { readonly active: Session; readonly standby: Session },
  tables: readonly SentTable[],
  onTable: (table: SentTable) => void,
): Promise<readonly VerifiedTable[]> => {
  const compared: VerifiedTable[] = []
  for (const table of tables) {
    onTable(table)
    const [a, b] = await Promise.all([readSum(snapshots.active, table), readSum(snapshots.standby, table)])
    const mismatch = isEqual(a, b)
      ? null
      : { ...(await narrow(snapshots.active, snapshots.standby, table)), other: b }
    compared.push({ table: relationId(table), ...a, mismatch })
  }
  return compared
}

const keptSql = `select schema, name from ${inJournal('verified')}`

const keepSql = (table: SentTable, { rows, checksum }: TableSum): string =>
  `insert into ${inJournal('verified')} (schema, name, rows, checksum) values (${literal(table.schema)}, ${literal(table.name)}, ${rows}, ${literal(checksum)})
   on conflict (schema, name) do update set rows = excluded.rows, checksum = excluded.checksum, at = pg_catalog.clock_timestamp()`

export const countVerified = async (standby: Side): Promise<number> =>
  (await standby.db.json<{ n: number }>(`select count(*)::int as n from ${inJournal('verified')}`))[0]?.n ?? 0

export const forgetVerified = (standby: Side): Promise<unknown> =>
  standby.db.query(`delete from ${inJournal('verified')}`)

/** Tables that were compared before are left out. What differs is answered, never thrown. */
export const verify = async (
  active: Side,
  standby: Side,
  slot: string,
  onProgress: (progress: VerifyProgress) => void,
): Promise<Verification> => {
  const all = await active.db.json<SentTable>(sentTablesSql)
  const kept = new Set(
    (await standby.db.json<{ schema: string; name: string }>(keptSql)).map((row) => relationId(row)),
  )
  const open = all.filter((table) => !kept.has(relationId(table)))
  const snapshots = { active: await active.open(), standby: await standby.open() }
  const tables: VerifiedTable[] = []
  let longestWait = 0
  let done = kept.size
  try {
    await withSameText(snapshots.active, () =>
      withSameText(snapshots.standby, async () => {
        for (const group of inGroups(open)) {
          await standby.db.query(`select pg_catalog.pg_advisory_lock(${holdLockText})`)
          try {
            longestWait = Math.max(longestWait, await takePoint(active, snapshots.active, group))
            await waitUntilHeld(standby, watchApply(active, standby, slot))
            await snapshots.standby.query(beginSnapshot)
          } finally {
            await standby.db.query(`select pg_catalog.pg_advisory_unlock(${holdLockText})`)
          }
          const compared = await compareTables(snapshots, group, (table) =>
            onProgress({ done: done++, of: all.length, table: relationId(table) }),
          )
          await Promise.all([snapshots.active.query('rollback'), snapshots.standby.query('rollback')])
          for (const [i, table] of group.entries()) {
            const one = compared[i]
            if (one && one.mismatch === null) await standby.db.query(keepSql(table, one))
          }
          tables.push(...compared)
        }
      }),
    )
  } finally {
    await Promise.all([snapshots.active.end(), snapshots.standby.end()])
  }
  return { tables, kept: kept.size, longestWait }
}
