/** Writers on every table of the shop, each in short transactions, and somebody who sees which of them wait for a lock. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'

export interface LoadResult {
  readonly transactions: number
  /** What PostgreSQL refused, in words. */
  readonly failed: readonly string[]
  /** The longest wait of one statement of a writer for a lock on a table, in ms. */
  readonly longestWait: number
  /** The slowest transaction by the writers' own clocks, in ms: the machine's pauses are in it. */
  readonly slowest: number
}

export interface Load {
  stop(): Promise<LoadResult>
}

const writers = 4
const lookEveryMs = 5

interface Numbers {
  /** Rows of the largest table. */
  readonly rows: number
  /** Two writers never meet in one row: what they wait for is the migration. */
  readonly own: (below: number) => number
  /** Counts up from where the rows end. */
  readonly next: () => number
}

/** In turn; each is one transaction. The tables stand in the order in which applications use them: parents first, or last. */
const transactions: readonly ((n: Numbers) => string)[] = [
  ({ rows, own }) =>
    `update big set wrote = wrote + 1 where id = ${own(rows)}; update customers set wrote = wrote + 1 where id = ${own(rows / 10)}`,
  ({ rows, own, next }) => {
    const id = next()
    return `select name from customers where id = ${own(rows / 10)};
insert into big (id, customer_id, code, amount, qty, note, tags, data, span, spot) values (${id}, ${own(rows / 10)}, 'C-${id}', 5, 1, 'n', '{a}', '{"k": 1}', int4range(${id * 2}, ${id * 2 + 1}), point(1, 1));
insert into lines (id, big_id, n) values (${-id}, ${own(rows)}, ${own(rows / 10)})`
  },
  ({ rows, own, next }) => {
    const id = next()
    return `insert into parts (id, customer_id, n, kind) values (${id}, ${own(rows / 10)}, 1, 'x'); update parts set wrote = wrote + 1 where id = ${own(rows)};
update customers set wrote = wrote + 1 where id = ${own(rows / 10)}`
  },
  ({ rows, own, next }) => {
    const id = next()
    return `insert into deep (id, region, n) values (${id}, '${id % 2 === 0 ? 'north' : 'south'}', 1);
update deep set wrote = wrote + 1 where id = ${own(rows / 2)}; update lines set wrote = wrote + 1 where id = ${own(rows / 4)}`
  },
  ({ next }) => {
    const id = next()
    return `insert into big (id, customer_id, code, amount, qty, note, tags, data, span, spot) values (${id}, 1, 'C-${id}', 5, 1, 'n', '{a}', '{"k": 1}', int4range(${id * 2}, ${id * 2 + 1}), point(1, 1));
delete from big where id = ${id}`
  },
  ({ rows, own }) =>
    `select id, code, amount from big where id = ${own(rows)}; select id, n from parts where id = ${own(rows)}`,
]

const waitingSql = `
  select coalesce(max(extract(epoch from pg_catalog.clock_timestamp() - l.waitstart)) * 1000, 0)::float8 as ms
  from pg_catalog.pg_locks l
  join pg_catalog.pg_stat_activity a on a.pid = l.pid
  where not l.granted and l.locktype = 'relation' and a.application_name = 'writer' and a.datname = pg_catalog.current_database()`

export const startLoad = async (server: Server, database: string, rows: number): Promise<Load> => {
  const failed: string[] = []
  let done = 0
  let slowest = 0
  let longestWait = 0
  let isOver = false

  const write = async (db: Session, writer: number): Promise<void> => {
    let counter = 0
    const numbers: Numbers = {
      rows,
      own: (below) => Math.floor((Math.random() * Math.floor(below)) / writers) * writers + writer,
      next: () => rows + 1000 + (counter += 1) * writers + writer,
    }
    for (let turn = 0; !isOver; turn += 1) {
      const make = transactions[turn % transactions.length]
      if (make === undefined) continue
      const from = performance.now()
      const [reply] = await db.batch([`begin;\n${make(numbers)};\ncommit`])
      slowest = Math.max(slowest, performance.now() - from)
      done += 1
      if (reply !== undefined && reply.fault !== null) {
        failed.push(`${reply.fault.message} (${reply.fault.sqlstate})`)
        await db.batch(['rollback'])
      }
      await sleep(1)
    }
  }

  const watch = async (db: Session): Promise<void> => {
    while (!isOver) {
      const [found] = await db.json<{ ms: number }>(waitingSql)
      longestWait = Math.max(longestWait, found?.ms ?? 0)
      await sleep(lookEveryMs)
    }
  }

  const sessions: Session[] = []
  const open = async (): Promise<Session> => {
    const db = await server.connect(database, 'owner')
    sessions.push(db)
    return db
  }
  const work: Promise<void>[] = []
  for (let i = 0; i < writers; i += 1) {
    const db = await open()
    await db.query(`set application_name = 'writer'`)
    work.push(write(db, i))
  }
  const watcher = await server.connect(database, 'administrator')
  sessions.push(watcher)
  work.push(watch(watcher))
  return {
    async stop() {
      isOver = true
      try {
        await Promise.all(work)
      } finally {
        for (const db of sessions) await db.end()
      }
      return { transactions: done, failed, longestWait, slowest }
    },
  }
}
