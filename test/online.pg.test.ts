/**
 * Designed migrations under writers, as `npm run bench -- online` runs them over a million rows: a few of them over few
 * rows. What takes how long is the benchmark's to say; here nothing may fail, and the database is what was designed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onlineCases, type OnlineCase } from '../bench/support/online-cases.ts'
import { designCase, openShop, runCase, runDesigned, type Shop } from '../bench/support/online-run.ts'
import { loadParser } from '../src/postgres/parse.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'

let server: Server
let shop: Shop

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  shop = await openShop(server, 2000)
})

afterAll(async () => {
  await server?.stop()
})

const caseOf = (name: string): OnlineCase => onlineCases.find((one) => one.name === name)!

it('has changes of every kind', () => {
  expect(onlineCases.filter(({ blocks }) => blocks === undefined).length).toBeGreaterThanOrEqual(40)
  expect(new Set(onlineCases.map(({ name }) => name)).size).toBe(onlineCases.length)
})

it.each([
  ['a self-numbering key takes larger steps'],
  ['partitioned in two levels: add a primary key'],
  ['a primary key of other columns'],
])('%s', async (name) => {
  const { online, direct } = await runCase(shop, caseOf(name))
  for (const { fault, failed, transactions } of [online, direct]) {
    expect(fault).toBeNull()
    expect(failed).toEqual([])
    expect(transactions).toBeGreaterThan(0)
  }
})

const waitsSql = `select exists (select from pg_locks l join pg_stat_activity a using (pid)
  where not l.granted and a.application_name like 'assay migrate%' and l.relation = 'customers'::regclass) as waits`

it('gives way before PostgreSQL ends a writer that holds what it waits for', async () => {
  const one = caseOf('drop a foreign key')
  const { online } = await designCase(shop, one)
  const database = await server.clone(shop.full, 'circle')
  const writer = await server.connect(database, 'owner')
  await writer.query(one.before ?? '')
  await writer.query('begin; select name from customers where id = 1')
  const run = runDesigned(server.ownerUrl(database), online)
  const watcher = await server.connect(database, 'owner')
  while (!(await watcher.json<{ waits: boolean }>(waitsSql))[0]?.waits) await sleep(20)
  // Longer than deadlock_timeout: the migration, had it gone on waiting, would not look for circles any more.
  await sleep(1200)
  const [written] = await writer.batch(['update big set wrote = 1 where id = 1'])
  expect(written?.fault).toBeNull()
  await writer.query('commit')
  await run
  const [left] = await watcher.json(
    `select count(*)::int as n from pg_constraint where conname = 'of_customer'`,
  )
  expect(left).toEqual({ n: 0 })
  await writer.end()
  await watcher.end()
  await server.dropDatabase(database)
})
