/** Writers that go on while something else is done. */
import { PgError } from '../../src/postgres/fault.ts'
import type { Server } from '../../src/postgres/server.ts'

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** As the runner does: what gives way to a lock begins again. */
const patiently = async (work: () => Promise<unknown>, tries = 30): Promise<void> => {
  try {
    await work()
  } catch (cause) {
    if (tries === 0 || !/lock timeout/u.test(String(cause))) throw cause
    await patiently(work, tries - 1)
  }
}

/** How often each server was under load: rounds of one test file are numbered alike, whichever files share its process. */
const loads = new WeakMap<Server, number>()

/** Two writers that go on until the work is done; answers what was refused to them. `writes`: statements of round `n`. */
export const underLoad = async (
  server: Server,
  database: string,
  writes: (n: number) => readonly string[],
  work: () => Promise<unknown>,
): Promise<readonly string[]> => {
  const failed: string[] = []
  let isDone = false
  const writer = async (from: number): Promise<void> => {
    const db = await server.connect(database, 'owner')
    for (let n = from; !isDone; n++)
      for (const statement of writes(n)) {
        await db.query(statement).catch((cause: unknown) => {
          failed.push(cause instanceof PgError ? `${cause.fault.message}: ${statement}` : String(cause))
        })
        await pause(2)
      }
    await db.end()
  }
  const batch = (loads.get(server) ?? 0) + 1
  loads.set(server, batch)
  const writers = [writer(batch * 100_000), writer(batch * 100_000 + 50_000)]
  try {
    await patiently(work)
  } finally {
    isDone = true
    await Promise.all(writers)
  }
  return failed
}
