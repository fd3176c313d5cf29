import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { askOnce, knownAnswers } from './known-answers.ts'
import { askEach } from './savepoint.ts'

let server: Server
let db: Session

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('known')
  const owner = await server.connect(database, 'owner')
  await owner.query(`create table notes (id int);
    create function "how many ""notes"""() returns bigint language sql stable as 'select count(*) from public.notes'`)
  await owner.end()
  await server.admitRoles()
  db = await server.connect(database, 'prover')
  await db.query('begin')
}, 60_000)

afterAll(async () => {
  await db.end()
  await server.stop()
})

test('what may change between two questions is told by its words', async () => {
  const known = await knownAnswers(db)
  const steady = [
    `cast('a@example.com' as text)`,
    `amount >= 0 and code ~ '^[A-Z]{2}-[0-9]+$'`,
    `cast('select now() from user' as character varying(40))`,
    `interval '1 day' + timestamp '2024-01-01'`,
  ]
  const moving = [
    'starts_at > now()',
    `starts_at > 'now'::timestamptz`,
    `starts_at > ' Tomorrow'::date`,
    'random() > 0.5',
    `"how many ""notes"""() = 0`,
    `public."how many ""notes"""() = 0`,
    `code = (select 'a')`,
    `code operator(public.~~) 'a'`,
    `owner = current_user`,
    `tenant = current_setting('app.tenant', true)`,
    `E'it\\'s' || now()::text || 'x'`,
    `$$it's$$ || now()::text || 'x'`,
  ]
  expect(steady.map((sql) => known.areSteady([sql]))).toEqual(steady.map(() => true))
  expect(moving.map((sql) => known.areSteady([sql]))).toEqual(moving.map(() => false))
  expect(known.areSteady([...steady, moving[0]!])).toBe(false)
})

test('a steady question is asked once, a moving one each time', async () => {
  const answers: string[] = []
  const ask = (sql: string) =>
    askOnce(db, `select ${sql}`, [sql], async () => {
      const [reply] = await askEach(db, [`select ${sql}`])
      answers.push(sql)
      return { text: reply!.commands.at(-1)?.rows[0]?.[0] ?? null }
    })
  const counted = '"how many ""notes"""()'
  expect([await ask('1 + 1'), await ask('1 + 1')]).toEqual([{ text: '2' }, { text: '2' }])
  expect(await ask(counted)).toEqual({ text: '0' })
  await db.query('insert into notes values (1)')
  expect(await ask(counted)).toEqual({ text: '1' })
  expect(answers).toEqual(['1 + 1', counted, counted])
})

test('what was cut short is not kept', async () => {
  let asked = 0
  const ask = () =>
    askOnce(db, 'select 2 + 2', ['2 + 2'], async () => {
      asked += 1
      const [reply] = await askEach(db, [
        asked === 1 ? `set local statement_timeout = '5ms'; select pg_sleep(10)` : 'select 2 + 2',
      ])
      return { sqlstate: reply!.fault?.sqlstate ?? null }
    })
  expect([await ask(), await ask(), await ask()]).toEqual([
    { sqlstate: '57014' },
    { sqlstate: null },
    { sqlstate: null },
  ])
  expect(asked).toBe(2)
})
