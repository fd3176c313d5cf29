/** Looks from a second session who holds the lock that the first one waits for: afterwards nobody could tell. */
import { openSession, type Session } from '../../postgres/session.ts'
import { blockersSql } from './runner-lock.ts'

const pauseMs = 250

/** Answers what `work` answers, and the holders that were seen last while it went on. */
export const watchBlockers = async <T>(
  db: Session,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly holders: readonly string[] }> => {
  // No connection left, or none allowed: it goes on without being told who is in the way.
  const watcher = await openSession({ ...db.address, applicationName: 'assay migrate (watching)' }).catch(
    () => null,
  )
  if (watcher === null) return { result: await work(), holders: [] }
  let holders: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const look = async (): Promise<void> => {
    const found = await watcher.json<{ holder: string }>(blockersSql(db.pid)).catch(() => [])
    if (found.length > 0) holders = found.map(({ holder }) => holder)
    if (!isOver) timer = setTimeout(() => void look(), pauseMs)
  }
  timer = setTimeout(() => void look(), pauseMs)
  try {
    const result = await work()
    return { result, holders }
  } finally {
    isOver = true
    clearTimeout(timer)
    await watcher.end()
  }
}
