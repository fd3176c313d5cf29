/** What stands on a desk, for whom, and what is not asked twice. The sequence tells how often something was really done. */
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { attemptOn, giveLocksUp, openDesk, type Desk } from './desk.ts'

let server: Server
let session: Session
let desk: Desk

beforeAll(async () => {
  server = await startServer({})
  session = await server.connect(await server.createDatabase('desk'), 'owner')
  await session.query('create table t (id bigint); create sequence s')
}, 120_000)

afterAll(async () => {
  await session.end()
  await server.stop()
})

beforeEach(async () => {
  await session.query(`begin; select setval('s', 1, false)`)
  desk = openDesk(session)
})

afterEach(async () => {
  desk.close()
  await session.query('rollback')
})

const lay = [`insert into t values (nextval('s'))`]
const countRows = 'select count(*) from t'

/** The first value of the last select of each reply. */
const values = async (
  before: readonly string[],
  attempts: readonly string[],
  wish: Parameters<typeof attemptOn>[3] = {},
): Promise<readonly (string | null | undefined)[]> => {
  const { replies } = await attemptOn(desk.db, before, attempts, wish)
  return replies.map((reply) => reply.fault?.sqlstate ?? reply.commands.at(-1)?.rows[0]?.[0])
}
const laid = async (): Promise<number> => {
  const [row] = await session.json<{ n: number }>('select last_value - 1 + is_called::int as n from s')
  return row!.n
}

test('attempts run apart from one another, on top of what is laid', async () => {
  expect(await values(lay, [`delete from t; ${countRows}`, countRows])).toEqual(['0', '1'])
})

test('what attempts stand on stays laid while they stand on the same', async () => {
  await values(lay, [countRows])
  await values(lay, [`insert into t values (7); ${countRows}`])
  expect(await values(lay, [countRows])).toEqual(['1'])
  expect(await laid()).toBe(1)
  expect(await values([], [countRows])).toEqual(['0'])
  await values(lay, [countRows])
  expect(await laid()).toBe(2)
})

test('who speaks to the session finds nothing of it', async () => {
  await values(lay, [countRows])
  expect(await desk.db.json(`${countRows}`)).toEqual([{ count: 0 }])
  await values(lay, [countRows])
  expect((await desk.db.query(countRows))[0]!.rows).toEqual([['0']])
  await values(lay, [countRows])
  const [reply] = await desk.db.batch([countRows])
  expect(reply!.commands[0]!.rows).toEqual([['0']])
  await values(lay, [countRows])
  await desk.db.copyIn('copy t from stdin', '5\n')
  expect((await desk.db.query('select id from t'))[0]!.rows).toEqual([['5']])
})

test('where what is laid is refused the attempts are not asked, and the next ones are', async () => {
  const { laid: said } = await attemptOn(desk.db, ['select 1', 'select 1/0'], [countRows])
  expect(said.map((reply) => reply.fault?.sqlstate)).toEqual([undefined, '22012'])
  expect(await values([], [countRows])).toEqual(['0'])
  const twice = [
    await values(['select 1/0'], [countRows], { once: true }),
    await values(['select 1/0'], [countRows], { once: true }),
  ]
  expect(twice[1]).toEqual(['22012'])
  expect(await values(lay, [countRows])).toEqual(['1'])
})

test('a question of no table is asked on whatever stands', async () => {
  await values(lay, [countRows])
  expect(await values([], ['select 1 + 1'], { anywhere: true })).toEqual(['2'])
  await values(lay, [countRows])
  expect(await laid()).toBe(1)
})

test('a question of no table is not asked where names may mean something else', async () => {
  await session.query('create temp table noted (id int)')
  for (const set of [`set local search_path = ''`, `select set_config('search_path', '', true)`]) {
    await values([set], ['select 1'])
    expect(await values([], [`select 'noted'::regclass::text`], { anywhere: true })).toEqual(['noted'])
  }
})

test('what was refused beside it is not what such a question stands on', async () => {
  const [, answered] = await Promise.all([
    attemptOn(desk.db, ['select 1/0'], [countRows]),
    values([], ['select 1 + 1'], { anywhere: true }),
  ])
  expect(answered).toEqual(['2'])
})

test('the same attempt in the same state is asked once', async () => {
  const next = [`select nextval('s')`]
  expect(await values([], next, { once: true })).toEqual(['1'])
  expect(await values([], [...next, ...next, 'select 5'], { once: true })).toEqual(['1', '1', '5'])
  expect(await values([], next)).toEqual(['2'])
  expect(await values(['select 1'], next, { once: true })).toEqual(['3'])
  await desk.db.query('savepoint mine; insert into t values (1)')
  expect(await values([], next, { once: true })).toEqual(['4'])
  await desk.db.query('rollback to savepoint mine')
  expect(await values([], next, { once: true })).toEqual(['1'])
})

test('a desk that is closed leaves nothing standing, and remembers nothing', async () => {
  expect(await values([], [`select nextval('s')`], { once: true })).toEqual(['1'])
  desk.close()
  expect(await values([], [`select nextval('s')`], { once: true })).toEqual(['2'])
  expect(await values(lay, [countRows])).toEqual(['1'])
  expect((await session.query(countRows))[0]!.rows).toEqual([['0']])
})

test('on any other session attempts clean up after themselves', async () => {
  desk.close()
  const { replies } = await attemptOn(session, lay, [countRows])
  expect(replies[0]!.commands.at(-1)!.rows).toEqual([['1']])
  expect((await session.query(countRows))[0]!.rows).toEqual([['0']])
})

test('on another session nothing is known of what was asked and laid on the first', async () => {
  const other = await server.connect(session.address.database, 'owner')
  try {
    await values(lay, [countRows], { once: true })
    await session.batch(['rollback'])
    await other.query('begin')
    desk.move(other)
    expect(desk.db.pid).toBe(other.pid)
    expect(await values(lay, [countRows], { once: true })).toEqual(['1'])
    expect(await values([], [countRows])).toEqual(['0'])
    const [row] = await other.json<{ n: string }>('select last_value as n from s')
    expect(Number(row!.n)).toBe(2)
    await expect(values([], ['select pg_cancel_backend(pg_backend_pid())'])).resolves.toEqual(['57014'])
    expect([session.cancelled(), other.cancelled(), desk.db.cancelled()]).toEqual([0, 1, 1])
  } finally {
    await other.end()
  }
})

describe('locks of what was read before', () => {
  const locks = async (): Promise<number> => {
    const [row] = await session.json<{ n: number }>(
      `select count(*)::int as n from pg_locks where pid = ${session.pid} and relation = 't'::regclass`,
    )
    return row!.n
  }

  test('are given up, and what is asked afterwards is asked anew', async () => {
    await desk.db.json('select id from t')
    await values(lay, [countRows], { once: true })
    expect(await locks()).toBeGreaterThan(0)
    await giveLocksUp(desk.db)
    expect(await locks()).toBe(0)
    expect(await values(lay, [countRows], { once: true })).toEqual(['1'])
  })

  test.each(['insert into t values (1)', 'savepoint owned'])(
    'stay where something stands: %s',
    async (sql) => {
      await desk.db.json('select id from t')
      await desk.db.query(sql)
      await giveLocksUp(desk.db)
      expect(await locks()).toBeGreaterThan(0)
    },
  )
})
