/**
 * Marks in the stream of changes: transactions are applied in the order of their commits, so that whoever sees a mark has
 * everything that was committed before it.
 */
import { setTimeout as rest } from 'node:timers/promises'
import type { Session } from '../../postgres/session.ts'
import { holdLock, inJournal } from './names.ts'
import type { Side } from './side.ts'

export const markSql = `insert into ${inJournal('marks')} as marks (key, n) values (1, 1)
  on conflict (key) do update set n = marks.n + 1 returning n`

/** Commits by itself; in a transaction of the caller, when that does. */
export const writeMark = async (db: Session): Promise<number> =>
  Number((await db.query(markSql)).at(-1)?.rows[0]?.[0])

const pollMs = 5

/** Asks again and again; `check` throws when it has been too long. */
export const waitForMark = async (
  standby: Side,
  n: number,
  check: () => Promise<void> | void,
): Promise<void> => {
  for (;;) {
    const [row] = await standby.db.json<{ readonly n: number }>(
      `select n from ${inJournal('marks')} where key = 1`,
    )
    if (row && row.n >= n) return
    await check()
    await rest(pollMs)
  }
}

const heldSql = `
  select exists (select from pg_catalog.pg_locks l where l.locktype = 'advisory' and not l.granted
    and l.classid = ${holdLock.classId} and l.objid = ${holdLock.objectId}
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())) as held`

/** Until the process that applies changes waits behind a mark for this session, which holds the lock. */
export const waitUntilHeld = async (standby: Side, check: () => Promise<void> | void): Promise<void> => {
  for (;;) {
    const [row] = await standby.db.json<{ readonly held: boolean }>(heldSql)
    if (row?.held === true) return
    await check()
    await rest(pollMs)
  }
}
