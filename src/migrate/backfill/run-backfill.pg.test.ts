import { setTimeout as rest } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { literal } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { runBackfill, type BackfillWish } from './run-backfill.ts'
import { readBackfillStatement } from './statement.ts'
import { findBackfill, readDeadRows, setState } from './store.ts'

let server: Server
let database: string
let db: Session

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  database = await server.createDatabase('backfill')
  db = await server.connect(database, 'owner')
})
afterAll(async () => {
  await db.end()
  await server.stop()
})

/** Small batches, so that ten thousand rows take many. */
const pace = { target: 50, smallest: 1, largest: 700 }

const wish = (name: string, text: string, more: Partial<BackfillWish> = {}): BackfillWish => ({
  name,
  statement: readBackfillStatement({ file: null, text }),
  key: null,
  again: false,
  limits: { lagSeconds: null, active: null },
  pace,
  ...more,
})

/** In a session of its own, as a process of its own would have. */
const run = async (name: string, text: string, more: Partial<BackfillWish> = {}) => {
  const own = await server.connect(database, 'owner')
  try {
    return await runBackfill(own, wish(name, text, more))
  } finally {
    await own.end()
  }
}

const counts = async (table: string): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    (
      await db.json<{ n: number; rows: number }>(
        `select n, count(*)::int as rows from ${table} group by n order by n`,
      )
    ).map(({ n, rows }) => [String(n), rows] as const),
  )

describe('every row exactly once', () => {
  test('in many short transactions, then it is complete, and again only when that is said', async () => {
    await db.query(
      'create table many (id bigint primary key, n int not null default 0); insert into many select i * 3 from generate_series(1, 10000) i; analyze many',
    )
    const done = await run('many', 'update many set n = n + 1')
    expect(done).toMatchObject({
      state: 'complete',
      walked: 10_000,
      changed: 10_000,
      dead: 0,
      table: 'many',
      key: ['id'],
    })
    expect(done.batches).toBeGreaterThan(10)
    expect(await counts('many')).toEqual({ 1: 10_000 })

    expect(await run('many', 'update many set n = n + 1')).toMatchObject({ state: 'complete', resumed: true })
    expect(await counts('many')).toEqual({ 1: 10_000 })

    await expect(run('many', 'update many set n = n + 2')).rejects.toMatchObject({
      code: 'backfill.changed',
      exit: 4,
    })
    expect(await run('many', 'update many set n = n + 2', { again: true })).toMatchObject({ changed: 10_000 })
    expect(await counts('many')).toEqual({ 3: 10_000 })
  })

  test('only rows of its own condition are changed, all are walked past', async () => {
    const done = await run('some', 'update many set n = 0 where id % 2 = 0 or id < 10')
    expect(done).toMatchObject({ walked: 10_000, changed: 5_002 })
    expect(await counts('many')).toEqual({ 0: 5_002, 3: 4_998 })
  })

  test('a table of partitions, odd names, a key of several columns, another schema', async () => {
    await db.query(`
      create schema "Odd ""S";
      create table "Odd ""S"."t b" ("K 1" text collate "C", "été" uuid, n int not null default 0, primary key ("K 1", "été")) partition by hash ("K 1");
      create table "Odd ""S".p0 partition of "Odd ""S"."t b" for values with (modulus 2, remainder 0);
      create table "Odd ""S".p1 partition of "Odd ""S"."t b" for values with (modulus 2, remainder 1);
      insert into "Odd ""S"."t b" select chr(65 + i % 7) || e'\\\\' || '''', gen_random_uuid() from generate_series(1, 3000) i`)
    const done = await run('odd', 'update "Odd ""S"."t b" as x set n = x.n + s.v from (select 1 as v) s;')
    expect(done).toMatchObject({ state: 'complete', walked: 3000, changed: 3000, key: ['K 1', 'été'] })
    expect(await counts('"Odd ""S"."t b"')).toEqual({ 1: 3000 })
    expect(await run('gone', 'delete from "Odd ""S"."t b"')).toMatchObject({ changed: 3000 })
    expect(await counts('"Odd ""S"."t b"')).toEqual({})
  })

  test('an insert walks the table that it reads', async () => {
    await db.query(`
      create table "old ""one" (id int primary key, a text, b int);
      create table "new one" (id int primary key references "old ""one" on delete cascade, a text check (a <> 'bad'), unique (a));
      insert into "old ""one" select i, case when i in (77, 900) then 'bad' else 'a' || i end, i % 2 from generate_series(1, 2000) i;
      insert into "new one" values (5, 'by hand')`)
    const text = `insert into "new one" (id, a)
      select "o o".id, "o o".a from "old ""one" as "o o"
      where "o o".b = 1 -- half of them
      for no key update of "o o" on conflict (id) do nothing`
    expect(await run('copied', text)).toMatchObject({
      state: 'complete',
      walked: 2000,
      changed: 998,
      dead: 1,
      table: '"old ""one"',
    })
    expect(await readDeadRows(db, 'copied', 10)).toMatchObject([{ key: ['77'], sqlstate: '23514' }])
    expect(
      await db.json(
        `select count(*)::int as n, count(*) filter (where n.a = o.a)::int as same from "new one" n join "old ""one" o using (id)`,
      ),
    ).toEqual([{ n: 999, same: 998 }])
    await expect(
      run('itself', `insert into public."old ""one" select o.* from "old ""one" o for update`),
    ).rejects.toMatchObject({ code: 'backfill.table' })
  })

  test('keys of every ordered type, with their ends', async () => {
    const values: Readonly<Record<string, readonly string[]>> = {
      numeric: ['NaN', '-Infinity', 'Infinity', '0', '1e-20', '-99999999999999999999.5'],
      float8: ['NaN', '-Infinity', 'Infinity', '0.1', '0.30000000000000004', '-0', '5e-324'],
      timestamptz: ['-infinity', 'infinity', '2024-03-31 01:59:59.999999+00', '0044-03-15 12:00:00+00 BC'],
      date: ['-infinity', 'infinity', '2024-02-29', '0001-01-01 BC'],
      interval: ['1 mon', '30 days 00:00:00.000001', '-1 day', '1 year'],
      bytea: ['', '\\x00', '\\xff00', '\\x5c'],
      bool: ['true', 'false'],
      text: ['', ' ', "'", '\\', 'é', 'z', 'Z', '"', '{', 'null'],
      '"char"': ['a', 'b'],
      inet: ['10.0.0.1', '::1', '10.0.0.0/8'],
      'int4range[]': ['{"[1,2)"}', '{empty}', '{}'],
    }
    for (const [i, [type, list]] of Object.entries(values).entries()) {
      await db.query(
        `create table typed_${i} (k ${type} primary key, n int not null default 0); insert into typed_${i} (k) values ${list.map((v) => `(${literal(v)})`).join(', ')}`,
      )
      const done = await run(`typed_${i}`, `update typed_${i} set n = n + 1`, {
        pace: { ...pace, largest: 1 },
      })
      expect({ type, ...(await counts(`typed_${i}`)), walked: done.walked }).toEqual({
        type,
        1: list.length,
        walked: list.length,
      })
    }
  })
})

describe('whatever ends it', () => {
  test('its session is killed at any moment: nothing is lost, nothing is repeated', async () => {
    await db.query(
      'create table killed (id int primary key, n int not null default 0); insert into killed select generate_series(1, 4000)',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 6 }),
        async (kills) => {
          await db.query('update killed set n = 0')
          const name = 'killed'
          let again = true
          for (const after of kills) {
            const own = await server.connect(database, 'owner')
            let batches = 0
            const going = runBackfill(
              own,
              wish(name, 'update killed set n = n + 1', {
                again,
                pace: { ...pace, largest: 100 },
                onProgress: () => {
                  if (batches++ === after) void db.query(`select pg_terminate_backend(${own.pid})`)
                },
              }),
            )
            await going.catch(() => undefined)
            await own.end()
            // Begun once; from here on it goes on where it stood.
            again = again && (await findBackfill(db, name)) === null
            again = false
          }
          const done = await run(name, 'update killed set n = n + 1')
          expect(done).toMatchObject({ state: 'complete', walked: 4000, changed: 4000 })
          expect(await counts('killed')).toEqual({ 1: 4000 })
        },
      ),
      { numRuns: Number(process.env['ASSAY_RUNS'] ?? 4) },
    )
  })

  test('a pause that another session asks for, and then on', async () => {
    await db.query(
      'create table paused (id int primary key, n int not null default 0); insert into paused select generate_series(1, 3000)',
    )
    let asked = false
    const paused = await run('paused', 'update paused set n = n + 1', {
      pace: { ...pace, largest: 50 },
      onProgress: ({ walked }) => {
        if (walked >= 1000 && !asked) {
          asked = true
          void setState(db, 'paused', 'paused')
        }
      },
    })
    expect(paused.state).toBe('paused')
    expect(paused.walked).toBeLessThan(3000)
    const done = await run('paused', 'update paused set n = n + 1')
    expect(done).toMatchObject({ state: 'complete', resumed: true, changed: 3000 })
    expect(await counts('paused')).toEqual({ 1: 3000 })
  })

  test('a second runner leaves', async () => {
    const holder = await server.connect(database, 'owner')
    await holder.query(`select pg_advisory_lock(hashtextextended('assay backfill many', 0))`)
    await expect(run('many', 'update many set n = n + 2')).rejects.toMatchObject({
      code: 'backfill.locked',
      exit: 4,
    })
    await holder.end()
  })
})

describe('rows that do not go along', () => {
  test('rows that are refused are kept aside with their reason, and without their values', async () => {
    await db.query(`
      create table strict (id int primary key, v text, n int not null default 0, constraint short check (n = 0 or length(v) < 9));
      insert into strict select i, case when i in (7, 8, 900, 2000) then 'secret-value' else 'ok' end from generate_series(1, 2000) i`)
    const done = await run('strict', 'update strict set n = 1')
    expect(done).toMatchObject({ state: 'complete', walked: 2000, changed: 1996, dead: 4 })
    const dead = await readDeadRows(db, 'strict', 10)
    expect(dead.map(({ key }) => key)).toEqual([['7'], ['8'], ['900'], ['2000']])
    expect(dead[0]).toMatchObject({ sqlstate: '23514', reason: expect.stringContaining('"short"') as string })
    expect(JSON.stringify(dead)).not.toContain('secret')
    expect(await counts('strict')).toEqual({ 0: 4, 1: 1996 })
  })

  test('a locked row is waited for, and not for ever', async () => {
    const other = await server.connect(database, 'owner')
    await other.query('begin; update strict set v = v where id = 500')
    const statement = 'update strict set v = v || v where n = 1'
    await expect(run('waits', statement, { patience: 2, lockTimeoutMs: 20 })).rejects.toMatchObject({
      code: 'backfill.row-locked',
    })
    const waiting = run('waits', statement, { lockTimeoutMs: 20 })
    await rest(150)
    await other.query('commit')
    await other.end()
    expect(await waiting).toMatchObject({ state: 'complete', changed: 1996 })
    expect(await db.json(`select count(*)::int as n from strict where v = 'okok'`)).toEqual([{ n: 1996 }])
  })

  test.each([
    ['no key', 'create table nokey (a int)', 'update nokey set a = 1', {}, 'backfill.table'],
    [
      'a key with nulls',
      'create table half (a int unique, b int)',
      'update half set b = 1',
      {},
      'backfill.table',
    ],
    [
      'it changes its key',
      'create table moves (a int primary key)',
      'update moves set a = a + 1',
      {},
      'backfill.table',
    ],
    ['no such table', '', 'update nothing set a = 1', {}, 'backfill.table'],
    ['a view', 'create view seen as select 1 as a', 'update seen set a = 1', {}, 'backfill.table'],
    ['another key', '', 'update moves set a = 1', { key: ['b'] }, 'backfill.table'],
    [
      'a column that is not there',
      'create table lacks (a int primary key); insert into lacks values (1)',
      'update lacks set b = 1',
      {},
      'backfill.refused',
    ],
  ])('%s', async (name, ddl, text, more, code) => {
    if (ddl !== '') await db.query(ddl)
    await expect(run(name, text, more)).rejects.toMatchObject({
      code,
      mend: expect.stringMatching(/\w/u) as string,
    })
  })
})
