/** One run at a time: an advisory lock of a session in the database of --from, which ends with the session. */
import { locked } from './faults.ts'
import { runnerLock } from './names.ts'
import type { Pair } from './side.ts'

/** Throws AssayError `cutover.locked` when another run has it. */
export const withRunLock = async <T>({ from }: Pair, work: () => Promise<T>): Promise<T> => {
  const db = await from.open()
  try {
    const [got] = await db.json<{ readonly got: boolean }>(
      `select pg_catalog.pg_try_advisory_lock(${runnerLock}) as got`,
    )
    if (got?.got !== true) throw locked(from)
    return await work()
  } finally {
    await db.end()
  }
}
