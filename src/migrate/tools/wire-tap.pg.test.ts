/** What clients send in every way of the protocol is what the tap writes down. */
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseConnectionUrl } from '../../postgres/connection-url.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Server } from '../../postgres/server.ts'
import { openSession, type Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import type { SentStatement } from './sent-statement.ts'
import { startTap, type WireTap } from './wire-tap.ts'

let server: Server
let database: string
let tap: WireTap

beforeAll(async () => {
  await loadParser()
  server = await startServer({ tcp: true })
  database = await server.createDatabase('tap')
  tap = await startTap(parseConnectionUrl(server.ownerUrl(database)))
})
afterAll(async () => {
  await tap.stop()
  await server.stop()
})

const address = () => ({
  ...parseConnectionUrl(server.ownerUrl(database)),
  host: '127.0.0.1',
  port: tap.port,
})

const listening = async (work: (db: Session) => Promise<void>): Promise<readonly SentStatement[]> => {
  const db = await openSession(address())
  tap.take()
  try {
    await work(db)
  } finally {
    await db.end()
  }
  return tap.take()
}

const textsOf = (all: readonly SentStatement[]): readonly string[] => all.map(({ text }) => text)

it('what was refused, rolled back or taken back to a savepoint left nothing', async () => {
  const sent = await listening(async (db) => {
    await db.query('create table t (x int)')
    await db.batch([
      'select nothing',
      'begin; insert into t values (1)',
      'insert into t values (1/0)',
      'commit',
    ])
    await db.query('insert into t values (2); insert into t values (3)')
    await db.batch(['insert into t values (4); select 1/0'])
    await db.query('begin; insert into t values (5); savepoint "A b"; insert into t values (6)')
    await db.batch([
      'select 1/0',
      'rollback to savepoint "A b"',
      'insert into t values (7)',
      'release "A b"',
      'commit',
    ])
    await db.query('begin; insert into t values (8); rollback and chain; insert into t values (9); commit')
  })
  expect(textsOf(sent)).toEqual([
    'create table t (x int)',
    'insert into t values (2)',
    'insert into t values (3)',
    'insert into t values (5)',
    'insert into t values (7)',
    'insert into t values (9)',
  ])
  const numbers = sent.map(({ transaction }) => transaction)
  expect(numbers[0]).toBeNull()
  expect(numbers[1]).toBe(numbers[2])
  expect(numbers[3]).toBe(numbers[4])
  expect(new Set(numbers).size).toBe(4)
})

it('rows of a COPY, comments that speak to Assay, statements in many pieces', async () => {
  const long = 'é'.repeat(200_000)
  const sent = await listening(async (db) => {
    await db.query('create table c (a text, b text)')
    await db.copyIn('copy c from stdin', ['1\t2\n', '3\t\\N\n'])
    await db.query(`-- assay: rerunnable\n/* x */ insert into c values ('${long}', null)`)
  })
  expect(sent.map(({ text, copyData, says }) => [text.length, copyData, says])).toEqual([
    ['create table c (a text, b text)'.length, null, []],
    ['copy c from stdin'.length, '1\t2\n3\t\\N\n', []],
    [`insert into c values ('${long}', null)`.length, null, ['-- assay: rerunnable']],
  ])
})

it('values of prepared statements stand in their texts; settings of a connection are statements', async () => {
  const client = new pg.Client({
    ...address(),
    ssl: false,
    options: '-c search_path=app,public -c lock_timeout=2s',
  })
  await client.connect()
  try {
    await client.query('create table v (a int, b text, c timestamptz)')
    await client.query("/* a $2 comment */ insert into v values ($1, $2, null), ($1, '$2', null);", [
      1,
      `it's $1 \\`,
    ])
    await client.query({ name: 'again', text: 'update v set b = $1', values: [null] })
    await client.query({ name: 'again', text: 'update v set b = $1', values: ['x'] })
    await client.query('select $1::int', ['no']).catch(() => undefined)
    await client.query({ text: 'delete from v where b = $1', values: [Buffer.from('x')] })
  } finally {
    await client.end()
  }
  expect(tap.take().map(({ text, unread }) => unread ?? text)).toEqual([
    `select pg_catalog.set_config('search_path', 'app,public', false)`,
    `select pg_catalog.set_config('lock_timeout', '2s', false)`,
    'create table v (a int, b text, c timestamptz)',
    `insert into v values ('1', E'it''s $1 \\\\', null), ('1', '$2', null)`,
    'update v set b = null',
    `update v set b = 'x'`,
    'the value of $1, which its driver sent in the binary form of type 0',
  ])
})
