/**
 * A session whose connection is cut in the middle of one statement: somebody else is made to stand in its way, and when
 * the statement waits for him, its backend is ended. A statement that waits for nobody comes to its end.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { qualified } from '../../postgres/quote.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import type { OpenSession } from './run-stages.ts'

/** A statement that runs outside of transactions waits for those that write to its table. */
const holdAll = async (holder: Session): Promise<void> => {
  const tables = await holder.json<{ readonly schema: string; readonly name: string }>(`
    select n.nspname as schema, c.relname as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and c.oid >= 16384 and n.nspname not in ('assay', 'information_schema') and n.nspname !~ '^pg_'
     order by c.oid`)
  await holder.query('begin')
  for (const table of tables)
    await holder.batch(['savepoint one', `lock table ${qualified(table)} in row exclusive mode`])
}

const isWaiting = async (holder: Session, pid: number): Promise<boolean> => {
  const [found] = await holder.json<{ readonly waits: boolean }>(
    `select exists (select from pg_catalog.pg_stat_activity where pid = ${pid} and wait_event_type = 'Lock') as waits`,
  )
  return found?.waits === true
}

const pollMs = 10

/** Runs the statement and ends its backend as soon as it waits. */
const runAndDie = async (db: Session, open: OpenSession, text: string): Promise<Reply[]> => {
  const holder = await open()
  try {
    await holdAll(holder)
    let isOver = false
    const running = db.batch([text]).finally(() => {
      isOver = true
    })
    // Whoever asks for it is told.
    running.catch(() => undefined)
    while (!isOver) {
      if (await isWaiting(holder, db.pid)) {
        await holder.query(`select pg_catalog.pg_terminate_backend(${db.pid})`)
        break
      }
      await sleep(pollMs)
    }
    return await running
  } finally {
    await holder.end()
  }
}

/** `db`, but that its connection dies within the statement `text`. */
export const dyingSession = (db: Session, open: OpenSession, text: string): Session => {
  let isAlive = true
  return {
    ...db,
    batch: (texts) => {
      if (!isAlive || texts.length !== 1 || texts[0] !== text) return db.batch(texts)
      isAlive = false
      return runAndDie(db, open, text)
    },
  }
}
