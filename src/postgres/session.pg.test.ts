import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConnectionLost, PgError } from './fault.ts'
import type { Server } from './server.ts'
import type { Session } from './session.ts'
import { startServer } from './start.ts'
import { unlessCancelled } from './unless-cancelled.ts'

let server: Server
let database: string
let db: Session

beforeAll(async () => {
  server = await startServer()
  database = await server.createDatabase('session')
  db = await server.connect(database, 'owner')
  await db.query(
    `create table coins (id int primary key, weight int constraint weighs_something check (weight > 0))`,
  )
})
afterAll(() => server.stop())

describe('query', () => {
  it('answers every statement of a message with its tag, columns, their types and rows', async () => {
    const commands = await db.query(
      `select 1 as a, null as b; create temporary table t1(); select 'x' as c where false`,
    )
    expect(commands).toEqual([
      { tag: 'SELECT 1', columns: ['a', 'b'], types: [23, 25], rows: [['1', null]] },
      { tag: 'CREATE TABLE', columns: [], types: [], rows: [] },
      { tag: 'SELECT 0', columns: ['c'], types: [25], rows: [] },
    ])
  })

  it('throws what PostgreSQL refused, with the cause and without the values', async () => {
    const error = await db.query('insert into coins values (1, -77)').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(PgError)
    expect((error as PgError).fault).toMatchObject({
      sqlstate: '23514',
      constraint: 'weighs_something',
      table: 'coins',
      schema: 'public',
      routine: 'ExecConstraints',
    })
    expect(JSON.stringify((error as PgError).fault)).not.toContain('77')
  })

  it('gives the position of a syntax error in characters, not bytes', async () => {
    const error = (await db.query(`select 'äöü€😀', selec 2`).catch((e: unknown) => e)) as PgError
    expect(error.fault.sqlstate).toBe('42601')
    expect(
      Array.from(`select 'äöü€😀', selec 2`)
        .slice((error.fault.position ?? 0) - 1)
        .join(''),
    ).toBe('2')
  })

  it('answers an empty message with no commands', async () => {
    expect(await db.query(' -- nothing')).toEqual([])
  })

  it('runs multi-statement messages as one transaction', async () => {
    await db
      .query('insert into coins values (50, 1); insert into coins values (50, 1)')
      .catch(() => undefined)
    expect(await db.json('select id from coins where id = 50')).toEqual([])
  })
})

describe('json', () => {
  it('keeps numbers, booleans, arrays, nulls and order', async () => {
    const rows = await db.json(
      `select n, n % 2 = 0 as even, array[n, null] as list from generate_series(3, 1, -1) n -- x`,
    )
    expect(rows).toEqual([
      { n: 3, even: false, list: [3, null] },
      { n: 2, even: true, list: [2, null] },
      { n: 1, even: false, list: [1, null] },
    ])
  })
})

describe('batch', () => {
  it('answers 20,000 messages of one write in order', async () => {
    const replies = await db.batch(Array.from({ length: 20_000 }, (_, n) => `select ${n}`))
    expect(replies.length).toBe(20_000)
    expect(replies.every((reply, n) => reply.commands[0]?.rows[0]?.[0] === String(n))).toBe(true)
  })

  it('keeps a refusal inside its message', async () => {
    const replies = await db.batch([
      'begin; savepoint s',
      'rollback to s; insert into coins values (1, 0)',
      'rollback to s; selec 1',
      `rollback to s; insert into coins values (1, 1); select count(*) from coins`,
      'rollback',
    ])
    expect(replies.map((reply) => reply.fault?.sqlstate ?? reply.commands.map((c) => c.tag).join())).toEqual([
      'BEGIN,SAVEPOINT',
      '23514',
      '42601',
      'ROLLBACK,INSERT 0 1,SELECT 1',
      'ROLLBACK',
    ])
    expect(replies[1]?.commands.map((c) => c.tag)).toEqual(['ROLLBACK'])
  })

  it('keeps a statement that hangs inside its message', async () => {
    const replies = await db.batch([
      `begin; set local statement_timeout = '50ms'; savepoint s`,
      'rollback to s; select pg_sleep(100)',
      'rollback to s; select 1',
      'rollback',
    ])
    expect(replies.map((reply) => reply.fault?.sqlstate ?? 'ok')).toEqual(['ok', '57014', 'ok', 'ok'])
  })

  it('tells when one was cancelled, and what asks anew then gets its answer', async () => {
    await db.query('create sequence asked')
    const answer = (): Promise<string | null> =>
      unlessCancelled(db, async () => {
        const slowOnce = `select case when nextval('asked') = 1 then pg_sleep(100)::text else 'answered' end`
        const sql = `begin; set local statement_timeout = '50ms'; savepoint s`
        const [, reply] = await db.batch([sql, slowOnce, 'rollback'])
        return reply!.commands[0]?.rows[0]?.[0] ?? null
      })
    const before = db.cancelled()
    expect(await answer()).toBe('answered')
    expect(db.cancelled()).toBe(before + 1)
    expect(await answer()).toBe('answered')
    const [asked] = await db.json<{ times: number }>('select last_value as times from asked')
    expect(asked).toEqual({ times: 3 })
  })

  it('takes replies of many megabytes', async () => {
    const replies = await db.batch([
      `select repeat('x', 30000000)`,
      `select g from generate_series(1, 300000) g`,
      'select 1',
    ])
    expect(replies[0]?.commands[0]?.rows[0]?.[0]?.length).toBe(30_000_000)
    expect(replies[1]?.commands[0]?.rows.length).toBe(300_000)
    expect(replies[2]?.commands[0]?.rows).toEqual([['1']])
  })

  it('sends messages of many megabytes', async () => {
    const long = 'y'.repeat(20_000_000)
    const replies = await db.batch([`select length('${long}')`, `select 2`])
    expect(replies.map((reply) => reply.commands[0]?.rows[0]?.[0])).toEqual(['20000000', '2'])
  })

  it('survives COPY FROM STDIN between other messages, and a message with a zero byte', async () => {
    const replies = await db.batch([
      'select 1',
      'copy coins from stdin',
      'select 2',
      'COPY coins /* x */ FROM /* y */ STDIN; select 3',
      'copy (select 4) to stdout',
      'select 5\0; select 6',
      'select 7',
    ])
    expect(replies.map((reply) => reply.fault?.sqlstate ?? reply.commands.at(-1)?.tag)).toEqual([
      'SELECT 1',
      '57014',
      'SELECT 1',
      '57014',
      'COPY 1',
      '08P01',
      'SELECT 1',
    ])
  })

  it('keeps answers apart when batches and queries are sent at once', async () => {
    const [a, b, c] = await Promise.all([
      db.batch(['select 1', 'select 2']),
      db.query('select 3'),
      db.batch(['select 4']),
    ])
    expect([
      ...a.map((r) => r.commands[0]?.rows[0]?.[0]),
      b[0]?.rows[0]?.[0],
      c[0]?.commands[0]?.rows[0]?.[0],
    ]).toEqual(['1', '2', '3', '4'])
  })

  it('answers nothing to nothing', async () => {
    expect(await db.batch([])).toEqual([])
  })
})

describe('copyIn in parts', () => {
  it('asks for no more of them once the server has refused one', async () => {
    await db.query('create temp table grains (id int primary key, n int check (n >= 0))')
    function* parts(count: number, bad: number): Generator<string> {
      for (let at = 0; at < count; at++) {
        asked += 1
        yield `${at}\t${at === bad ? -1 : at}\n`
      }
    }
    let asked = 0
    await db.copyIn('copy grains from stdin', parts(1_000, -1))
    expect(asked).toBe(1_000)
    expect(await db.json('select count(*)::int as n from grains')).toEqual([{ n: 1_000 }])
    await db.query('truncate grains')
    asked = 0
    await expect(db.copyIn('copy grains from stdin', parts(10_000_000, 5))).rejects.toMatchObject({
      fault: { sqlstate: '23514' },
    })
    expect(asked).toBeLessThan(10_000_000)
    function* failing(): Generator<string> {
      yield '1\t1\n'
      throw new Error('no more rows')
    }
    await expect(db.copyIn('copy grains from stdin', failing())).rejects.toThrow('no more rows')
    expect(await db.json('select count(*)::int as n from grains')).toEqual([{ n: 0 }])
  })
})

describe('copyIn', () => {
  it('loads rows in the format of COPY', async () => {
    await db.copyIn('copy coins (id, weight) from stdin', '10\t5\n11\t\\N\n')
    expect(await db.json('select id, weight from coins where id > 9 order by id')).toEqual([
      { id: 10, weight: 5 },
      { id: 11, weight: null },
    ])
  })

  it('throws what PostgreSQL refused', async () => {
    await expect(db.copyIn('copy coins from stdin', '12\t-1\n')).rejects.toMatchObject({
      fault: { sqlstate: '23514' },
    })
    expect((await db.query('select 1'))[0]?.rows).toEqual([['1']])
  })
})

describe('a lost connection', () => {
  const end = async (victim: Session): Promise<void> => {
    const admin = await server.connect(database, 'administrator')
    await admin.query(`select pg_terminate_backend(${victim.pid}, 5000)`)
    await admin.end()
  }

  it('rejects everything that was not answered, and everything after, with what the server said', async () => {
    const victim = await server.connect(database, 'owner')
    const batch = victim.batch([
      'select 1',
      'select pg_sleep(100)',
      ...Array.from({ length: 100 }, () => 'select 2'),
    ])
    const query = victim.query('select 3')
    const answers = Promise.allSettled([batch, query])
    await end(victim)
    for (const answer of await answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'ConnectionLost' } })
    }
    await expect(victim.query('select 4')).rejects.toThrow(
      /terminating connection due to administrator command/u,
    )
    await expect(victim.batch(['select 5'])).rejects.toBeInstanceOf(ConnectionLost)
    await victim.end()
  })

  it('is noticed while idle', async () => {
    const victim = await server.connect(database, 'owner')
    await end(victim)
    await expect(victim.query('select 1')).rejects.toBeInstanceOf(ConnectionLost)
    await victim.end()
  })

  it('is what a session is after its end', async () => {
    const session = await server.connect(database, 'owner')
    await session.end()
    await expect(session.query('select 1')).rejects.toBeInstanceOf(ConnectionLost)
    await session.end()
  })
})

describe('the environment', () => {
  const ambient = {
    PGOPTIONS: '-c statement_timeout=1',
    PGREPLICATION: 'database',
    PGPASSWORD: 'not this',
    PGUSER: 'nobody_such',
    PGHOST: '/nowhere',
    PGPORT: '1',
    PGDATABASE: 'nothing',
    PGSSLMODE: 'verify-full',
    PGSSLNEGOTIATION: 'direct',
    PGAPPNAME: 'other',
    PGCLIENT_ENCODING: 'LATIN1',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  }
  afterAll(() => {
    for (const name of Object.keys(ambient)) delete process.env[name]
  })

  it('has no say in a connection', async () => {
    Object.assign(process.env, ambient)
    const session = await server.connect(database, 'owner')
    expect(
      await session.json(
        `select session_user as "user", current_setting('statement_timeout') as timeout, current_setting('application_name') as app`,
      ),
    ).toEqual([{ user: server.owner, timeout: '0', app: 'assay' }])
    await session.end()
  })
})
