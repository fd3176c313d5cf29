/**
 * Runs a statement that commits by itself between its phases (CONCURRENTLY, VACUUM) so that each phase can be seen:
 * gates keep it from its first lock of each table, and then writers, one after the other, hold ROW EXCLUSIVE on
 * the table, for which every phase waits. What it holds at each stop is read from outside.
 */
import type { PgFault } from '../../postgres/fault.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { RelationState } from './database-state.ts'
import { compareModes } from './lock-modes.ts'
import { readLocks } from './read-locks.ts'
import type { Phase } from './trace.ts'

export interface GatedRun {
  readonly statement: string
  readonly runner: Session
  readonly watcher: Session
  /** Opens a session of the owner in the same database. */
  readonly open: () => Promise<Session>
  /** Tables that the statement works on. */
  readonly tables: readonly RelationState[]
}

export interface GatedOutcome {
  readonly phases: readonly Phase[]
  readonly fault: PgFault | null
}

/** More stops than any statement has. */
const mostStops = 64

/** What a session in the way holds: a gate's lock, or a writer's. */
type GateMode = 'access exclusive' | 'share update exclusive' | 'row exclusive'

/** A session in the way: a gate, or a writer. */
interface Holder {
  readonly session: Session
  readonly table: RelationState
}

const waitAwhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))

export const runGated = async ({
  statement,
  runner,
  watcher,
  open,
  tables,
}: GatedRun): Promise<GatedOutcome> => {
  const holders = new Map<number, Holder>()
  const opened: Session[] = []
  /** Answers when its lock is granted, or stands in line: a writer may have to wait for the statement itself. */
  const add = async (table: RelationState, mode: GateMode): Promise<void> => {
    const session = await open()
    opened.push(session)
    // Cut off while it waits: nobody needs its answer.
    void session
      .batch(['begin', `lock table only ${qualified(table)} in ${mode} mode`])
      .catch(() => undefined)
    holders.set(session.pid, { session, table })
    for (;;) {
      const { held, awaited } = await readLocks(watcher, session.pid)
      if (held.has(table.oid) || awaited.has(table.oid)) return
      await waitAwhile()
    }
  }
  try {
    for (const table of tables) await add(table, 'access exclusive')
    let isOver = false
    const running = runner.batch([statement]).then(([reply]) => {
      isOver = true
      return reply!.fault
    })
    const phases: Phase[] = []
    while (!isOver && phases.length < mostStops) {
      const { held, awaited, blockers } = await readLocks(watcher, runner.pid)
      const holder = blockers.map((pid) => holders.get(pid)).find((one) => one !== undefined)
      if (holder === undefined) {
        await waitAwhile()
        continue
      }
      phases.push({ held, awaited })
      // The next writer stands in line before this one leaves: the statement cannot slip through between them.
      const wanted = awaited.get(holder.table.oid)
      // VACUUM looks at its tables before it locks them for its work.
      const isLooking = wanted !== undefined && compareModes(wanted, 'ROW EXCLUSIVE') < 0
      await add(holder.table, isLooking ? 'share update exclusive' : 'row exclusive')
      holders.delete(holder.session.pid)
      await holder.session.end()
    }
    for (const { session } of holders.values()) await session.end()
    return { phases, fault: await running }
  } finally {
    await Promise.all(opened.map((session) => session.end()))
  }
}
