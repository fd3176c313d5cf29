/** A backfill of a million rows beside one plain UPDATE of the same rows, how long its locks last, and 50 kills. */
import { loadParser } from '../src/postgres/parse.ts'
import type { Server } from '../src/postgres/server.ts'
import type { Session } from '../src/postgres/session.ts'
import { startServer } from '../src/postgres/start.ts'
import { runBackfill, type BackfillWish } from '../src/migrate/backfill/run-backfill.ts'
import { readBackfillStatement } from '../src/migrate/backfill/statement.ts'
import { figure, median, timed, type Bench, type BenchLine } from './support/line.ts'

export const title = 'Backfill of a million rows'

const rows = 1_000_000
const repetitions = 3
const kills = 50

const create = `create table big (id bigint primary key, name text not null, slug text, n int not null default 0);
insert into big (id, name) select i, 'Product Number ' || i from generate_series(1, ${rows}) i`
const statement = `update big set slug = lower(replace(name, ' ', '-')), n = n + 1`

const wish = (name: string, more: Partial<BackfillWish> = {}): BackfillWish => ({
  name,
  statement: readBackfillStatement({ file: null, text: statement }),
  key: null,
  again: false,
  limits: { lagSeconds: 10, active: null },
  ...more,
})

const withSession = async <T>(
  server: Server,
  database: string,
  work: (db: Session) => Promise<T>,
): Promise<T> => {
  const db = await server.connect(database, 'owner')
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}

/** Killed as a process is: its session ends in the middle of what it does. Answers how many runs it took. */
const untilComplete = async (server: Server, database: string): Promise<number> => {
  let left = kills
  let runs = 0
  const admin = await server.connect(database, 'administrator')
  try {
    for (;;) {
      const db = await server.connect(database, 'owner')
      runs += 1
      const timer =
        left > 0
          ? setTimeout(
              () => void admin.query(`select pg_terminate_backend(${db.pid})`),
              20 + Math.random() * 200,
            )
          : undefined
      left -= 1
      const outcome = await runBackfill(db, wish('killed')).catch(() => null)
      clearTimeout(timer)
      await db.end()
      if (outcome?.state === 'complete') return runs
    }
  } finally {
    await admin.end()
  }
}

export const bench: Bench = async (say) => {
  await loadParser()
  const server = await startServer({})
  try {
    const template = await server.createDatabase('backfill')
    say(`filling ${rows} rows`)
    await withSession(server, template, async (db) => {
      await db.query(create)
      await db.query('vacuum analyze big')
    })
    const plain: number[] = []
    const batched: number[] = []
    const longest: number[] = []
    for (let i = 0; i < repetitions; i++) {
      say(`round ${i + 1} of ${repetitions}`)
      for (const which of i % 2 === 0 ? ['plain', 'batched'] : ['batched', 'plain']) {
        const database = await server.clone(template, which)
        await withSession(server, database, async (db) => {
          if (which === 'plain') plain.push(await timed(() => db.query(statement)))
          else
            batched.push(
              await timed(async () => {
                const outcome = await runBackfill(db, wish('bench'))
                longest.push(outcome.longest)
                if (outcome.changed !== rows) throw new Error(`${outcome.changed} rows were changed`)
              }),
            )
        })
        await server.dropDatabase(database)
      }
    }
    say(`${kills} kills`)
    const database = await server.clone(template, 'killed')
    const runs = await untilComplete(server, database)
    const wrong = await withSession(server, database, (db) =>
      db.json<{ n: number }>(
        `select count(*)::int as n from big where n <> 1 or slug is distinct from lower(replace(name, ' ', '-'))`,
      ),
    )
    const lines: BenchLine[] = [
      {
        measure: 'a backfill of 1,000,000 rows, share of the speed of one UPDATE',
        value: `${figure((100 * median(plain)) / median(batched))} %`,
        reference: `one UPDATE: ${figure(median(plain))} ms, the backfill: ${figure(median(batched))} ms`,
      },
      { measure: 'longest transaction of it', value: `${figure(median(longest))} ms` },
      {
        measure: `rows that are not as they should be after ${runs - 1} kills`,
        value: String(wrong[0]?.n ?? -1),
      },
    ]
    return lines
  } finally {
    await server.stop()
  }
}
