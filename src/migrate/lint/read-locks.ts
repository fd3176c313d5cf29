/** The locks of a session, as another one sees them. */
import type { Session } from '../../postgres/session.ts'
import { compareModes, parseLockMode, type LockMode } from './lock-modes.ts'

/** Relation → the strongest mode that is held of it. */
export type LockTable = ReadonlyMap<number, LockMode>

export interface SeenLocks {
  readonly held: LockTable
  /** Asked for, and not granted yet. */
  readonly awaited: LockTable
  /** Sessions that it waits for. */
  readonly blockers: readonly number[]
}

interface LockRow {
  readonly oid: number
  readonly mode: string
  readonly granted: boolean
}

const locksSql = (pid: number): string => `
select relation::bigint as oid, mode, granted
  from pg_catalog.pg_locks
 where pid = ${pid} and locktype = 'relation' and relation >= 16384
   and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`

const blockersSql = (pid: number): string =>
  `select pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid}))::bigint as pid`

export const strongest = (a: LockMode | undefined, b: LockMode): LockMode =>
  a === undefined || compareModes(a, b) < 0 ? b : a

/** The stronger of both for each relation. */
export const mergeLocks = (a: LockTable, b: LockTable): LockTable => {
  const merged = new Map(a)
  for (const [oid, mode] of b) merged.set(oid, strongest(merged.get(oid), mode))
  return merged
}

/** Those of `after` that `before` does not have, or has in a weaker mode. */
export const newLocks = (before: LockTable, after: LockTable): LockTable =>
  new Map(
    [...after].filter(([oid, mode]) => {
      const known = before.get(oid)
      return known === undefined || compareModes(known, mode) < 0
    }),
  )

const tableFrom = (rows: readonly LockRow[]): LockTable => {
  const table = new Map<number, LockMode>()
  for (const { oid, mode } of rows) {
    const known = parseLockMode(mode)
    if (known !== null) table.set(oid, strongest(table.get(oid), known))
  }
  return table
}

export const readHeldLocks = async (watcher: Session, pid: number): Promise<LockTable> =>
  tableFrom((await watcher.json<LockRow>(locksSql(pid))).filter(({ granted }) => granted))

/** For a session that may be waiting. Who blocks it is asked first: what it waits for then stays as it is. */
export const readLocks = async (watcher: Session, pid: number): Promise<SeenLocks> => {
  const blockers = await watcher.json<{ pid: number }>(blockersSql(pid))
  const rows = await watcher.json<LockRow>(locksSql(pid))
  return {
    held: tableFrom(rows.filter(({ granted }) => granted)),
    awaited: tableFrom(rows.filter(({ granted }) => !granted)),
    blockers: blockers.map((one) => one.pid),
  }
}
