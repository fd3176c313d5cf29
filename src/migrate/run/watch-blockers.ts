/** Looks from a second session what the first one waits for, who holds it and what it holds itself: afterwards nobody could tell. */
import { openSession, type Session } from '../../postgres/session.ts'
import { blockersSql, holdingSql } from './runner-lock.ts'

const pauseMs = 250
/** At the last try it is looked sooner, and then less often: what the error says is not missed where this process comes late. */
const firstPauseMs = 40

export interface Watched<T> {
  readonly result: T
  /** Sessions that were in the way when it was looked last, in words. */
  readonly holders: readonly string[]
  /** Whether it held locks while it waited for one; null: it was not seen to wait. */
  readonly isHolding: boolean | null
}

/** No connection left, or none allowed: it goes on without being told who is in the way. */
const openWatcher = (db: Session): Promise<Session | null> =>
  openSession({ ...db.address, applicationName: 'assay migrate (watching)' }).catch(() => null)

export interface Watching {
  /** Nobody looks before: most statements are through by then, and cost no second session. 0: at the last try. */
  readonly afterMs: number
  readonly onHeld?: (holders: readonly string[]) => void
}

export const watchBlockers = async <T>(
  db: Session,
  work: () => Promise<T>,
  { afterMs, onHeld }: Watching,
): Promise<Watched<T>> => {
  let pause = afterMs === 0 ? firstPauseMs : pauseMs
  let opened = afterMs === 0 ? openWatcher(db) : null
  await opened
  let holders: readonly string[] = []
  let isHolding: boolean | null = null
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const look = async (): Promise<void> => {
    opened ??= openWatcher(db)
    const watcher = await opened
    if (watcher === null || isOver) return
    const found = await watcher.json<{ holder: string }>(blockersSql(db.pid)).catch(() => [])
    if (found.length > 0) holders = found.map(({ holder }) => holder)
    const [waits] = await watcher.json<{ holding: boolean }>(holdingSql(db.pid)).catch(() => [])
    if (waits !== undefined) isHolding = waits.holding
    if (isOver) return
    if (found.length > 0) onHeld?.(holders)
    pause = Math.min(pauseMs, 2 * pause)
    timer = setTimeout(() => void look(), pause)
  }
  timer = setTimeout(() => void look(), Math.max(pause, afterMs))
  try {
    const result = await work()
    return { result, holders, isHolding }
  } finally {
    isOver = true
    clearTimeout(timer)
    await (await opened)?.end()
  }
}
