/** Advice for the statements of a live database, by its statistics alone: planned on an empty structure of the same schema. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Table } from '../../catalog/table.ts'
import { architecture, table } from '../../index.ts'
import { AssayError } from '../../ground/errors.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { withSession } from '../../postgres/with-session.ts'
import { readStatistics } from '../../rows/projected/read-statistics.ts'
import { adviseStatements } from './advise-statements.ts'
import { readStatements, type LiveStatement } from './read-statements.ts'
import type { AdviceResult } from './result.ts'
import { dependenceFinding, readDependence, type Dependence } from './dependence.ts'

let server: Server
let live: string
let result: AdviceResult
let ordersTable: Table

const ran = (id: string, calls: number, sql: string): LiveStatement => ({
  id,
  sql,
  calls,
  blocks: 1,
  role: null,
})

const statements = [
  ran('1', 1000, 'select * from orders where user_id = $1 order by at desc limit $2'),
  ran('2', 10, 'select count(*) from orders where tags @> $1'),
  ran('3', 50, 'update orders set at = $1 where "Odd ""x" = $2'),
  ran('4', 50, 'select * from gone where a = $1'),
  ran('5', 50, 'select missing from orders'),
  ran('6', 50, 'vacuum'),
  ran('8', 50, 'select id from orders where at > now() - interval $1'),
  ran('9', 20, 'prepare "a b"(int) as select id from orders where "Odd ""x" = $1 -- of a session'),
  ran('10', 20, 'declare c cursor with hold for select id from orders where user_id = $1'),
  ran('11', 20, 'copy (select id from orders where tags @> $1) to stdout'),
  ran('12', 20, 'execute "a b"(1)'),
  ran('13', 20, 'explain select * from orders'),
  ran('7', 50, 'select relname from pg_class where oid = $1'),
]

beforeAll(async () => {
  server = await startServer({})
  const template = await server.createDatabase('shop')
  await withSession(server, template, 'owner', (db) =>
    db.query(
      `create table orders (id bigint primary key, user_id bigint not null, at timestamptz not null, tags text[] not null, "Odd ""x" int)`,
    ),
  )
  live = await server.clone(template, 'live')
  await withSession(server, live, 'owner', (db) =>
    db.query(
      `insert into orders select n, n % 5000, timestamptz '2026-01-01' + n * interval '1 minute', array['t' || n % 500], n
         from generate_series(1, 50000) n; analyze orders`,
    ),
  )
  const statistics = await withSession(server, live, 'administrator', async (db) => {
    ordersTable = (await readCatalog(db)).tables.get('orders')!
    await db.query('create role nobody')
    return readStatistics(db)
  })
  const orders = table('orders', { id: 'bigint' })
  result = await adviseStatements({
    architecture: architecture('shop', { tables: { orders } }),
    server,
    template,
    statistics,
    statements,
    hidden: { statements: 3, calls: 50, mend: 'grant it' },
    limits: { storage: null, writes: null },
  })
})
afterAll(() => server?.stop())

describe('advice for live statements', () => {
  it('weighs them by their calls, and knows what an index of that size would do', () => {
    expect(result.structures.map(({ rule }) => rule)).toEqual([
      `t.indexed('user_id', 'at desc')`,
      `t.indexed('Odd "x')`,
      `t.indexed('tags', { using: 'gin' })`,
    ])
    for (const { id, before, after } of result.queries) expect(after, id).toBeLessThan(before)
    const [first] = result.structures
    // 28 bytes for each entry and its place on the page, pages 90 % full.
    expect(first!.bytesPerRow).toBeGreaterThan(25)
    expect(first!.bytesPerRow).toBeLessThan(40)
  })

  it('says which statements it could not look at, and why', () => {
    const skipped = result.findings.filter(({ code }) => code === 'advice.statement-skipped')
    expect(skipped.map(({ why, fix }) => [why, fix.includes('migrations')])).toEqual([
      ['the migrations make no gone', true],
      ['column "missing" does not exist (SQLSTATE 42703)', true],
      ['syntax error at or near "$1" (SQLSTATE 42601)', false],
    ])
    expect(result.queries.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual([
      '1',
      '2',
      '3',
      '9',
      '10',
      '11',
    ])
  })
})

it('says what was not tried for want of rows', () => {
  const [note, ...others] = result.findings.filter(({ code }) => code === 'advice.rows-needed')
  expect(others).toEqual([])
  expect(note!.summary).toContain('No materialized view')
  expect(note!.severity).toBe('note')
})

describe('values of several columns of a live database', () => {
  const askAs = (
    role: 'administrator' | 'prover',
    columns: readonly string[],
    before = '',
  ): Promise<readonly [Dependence | string, readonly unknown[]]> =>
    withSession(server, live, role, async (db) => {
      await db.query(`begin read only; ${before}`)
      const draft = { what: 'statistics', table: ordersTable, columns } as const
      const found = await readDependence(db, { draft, tableRows: 50_000 })
      return [found, (await db.query("select current_setting('row_security')")).at(-1)!.rows[0]!]
    })

  it('are counted there, and told where PostgreSQL expects other numbers', async () => {
    const [together] = (await askAs('administrator', ['tags', 'user_id'])) as readonly [Dependence, unknown]
    expect(together.rows).toBe(30_000)
    // Who it is says which tag it is: there are as many pairs as users.
    expect(together.combinations.found).toBeLessThanOrEqual(5_000)
    expect(together.combinations.expected).toBe(30_000)
    const draft = { what: 'statistics', table: ordersTable, columns: ['tags', 'user_id'] } as const
    const words = { rule: `t.statistics('tags', 'user_id')`, sql: '' }
    const found = dependenceFinding(draft, together, words)
    expect(found).toMatchObject({ code: 'advice.statistics', severity: 'note' })
    expect(found!.why).toContain('combinations, where up to 30,000 are expected (6 times more)')
    const [apart] = (await askAs('administrator', ['Odd "x', 'id'])) as readonly [Dependence, unknown]
    expect(dependenceFinding(draft, { ...apart, combinations: { found: 9, expected: 9 } }, words)).toBeNull()
  })

  it('are not counted by who may not see all rows, and the transaction goes on', async () => {
    const [why, setting] = await askAs('administrator', ['tags', 'user_id'], 'set local role nobody')
    expect(why).toBe('permission denied for table orders (SQLSTATE 42501)')
    expect(setting).toEqual(['on'])
  })
})

it('says that statements of others are not shown to the role', () => {
  const [found] = result.findings.filter(({ code }) => code === 'advice.statements-hidden')
  expect(found).toMatchObject({ severity: 'warning', fix: 'grant it' })
  expect(found!.summary).toBe('3 statements of others, with 50 calls, are not looked at')
})

describe('a database that does not keep its statements', () => {
  const faultOf = (): Promise<unknown> =>
    withSession(server, live, 'administrator', (db) =>
      readStatements(db).then(
        () => null,
        (cause: unknown) => cause,
      ),
    )

  it('is told how to', async () => {
    const without = await faultOf()
    await withSession(server, live, 'administrator', (db) => db.query('create extension pg_stat_statements'))
    const unloaded = await faultOf()
    for (const [fault, text] of [
      [without, 'create extension pg_stat_statements;'],
      [unloaded, 'shared_preload_libraries'],
    ] as const) {
      expect(fault).toBeInstanceOf(AssayError)
      expect(fault).toMatchObject({ code: 'advise.no-statements', exit: 3 })
      expect((fault as AssayError).mend).toContain(text)
    }
  })
})
