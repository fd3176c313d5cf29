/** asOf as a user runs it: Kysely over node-postgres, on a history that the designed triggers keep. */
import { asOf, architecture, enumType, historyOf, table, type DatabaseOf } from 'assay'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Architecture } from '../src/architecture/architecture.ts'
import type { Server } from '../src/postgres/server.ts'
import type { Session } from '../src/postgres/session.ts'
import { startServer } from '../src/postgres/start.ts'
import { designedMigration } from './support/audit-lab.ts'

const products = table('products', { id: 'integer', name: 'text' }, (t) => [t.primaryKey('id')])
const prices = table(
  'product_prices',
  { product_id: 'integer', kind: enumType('price_kind', ['net', 'gross']), 'amount "x"': 'numeric' },
  (t) => [
    t.primaryKey('product_id', 'kind'),
    t.required('amount "x"'),
    t.versioned({ history: 'product_prices_history' }),
  ],
)
const pricesHistory = historyOf(prices)
const terms = table('sales.terms', { id: 'integer', days: 'integer' }, (t) => [
  t.primaryKey('id'),
  t.versioned({ history: 'sales.past_terms' }),
])
const pastTerms = historyOf(terms)
const shop = architecture('shop', { tables: { products, prices, pricesHistory, terms, pastTerms } })

let server: Server
let session: Session
let db: Kysely<DatabaseOf<typeof shop>>

beforeAll(async () => {
  server = await startServer({})
  session = await server.connect(await server.createDatabase('shop'), 'owner')
  await session.query(
    designedMigration(shop as unknown as Architecture, [
      'create extension btree_gist',
      `create type price_kind as enum ('net', 'gross')`,
    ]),
  )
  const { host, port, database, user, password } = session.address
  const pool = new pg.Pool({ host, port, database, user, ...(password === undefined ? {} : { password }) })
  db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  for (const write of [
    `insert into products values (1, 'one'), (2, 'two')`,
    `insert into product_prices values (1, 'net', 10), (1, 'gross', 12), (2, 'net', 20)`,
    `insert into sales.terms values (1, 30)`,
    `update product_prices set "amount ""x""" = "amount ""x""" + 1`,
    `delete from product_prices where product_id = 2`,
  ])
    await session.query(write)
})

afterAll(async () => {
  await db?.destroy()
  await session?.end()
  await server?.stop()
})

/** The moments at which versions began, as text with its microseconds. */
const beginnings = async (): Promise<readonly string[]> => {
  const rows = await session.json<{ at: string }>(
    `select distinct lower(valid)::text as at from product_prices_history order by 1`,
  )
  return rows.map(({ at }) => at)
}

describe('asOf', () => {
  test('answers rows of the table, without the period', async () => {
    const [first, second] = await beginnings()
    expect(
      await asOf(db, prices, first!).selectAll().orderBy('product_id').orderBy('kind').execute(),
    ).toEqual([
      { product_id: 1, kind: 'net', 'amount "x"': '10' },
      { product_id: 1, kind: 'gross', 'amount "x"': '12' },
      { product_id: 2, kind: 'net', 'amount "x"': '20' },
    ])
    expect(
      await asOf(db, prices, second!).select('amount "x"').orderBy('product_id').orderBy('kind').execute(),
    ).toEqual(['11', '13', '21'].map((amount) => ({ 'amount "x"': amount })))
    expect(await asOf(db, prices, new Date()).selectAll().execute()).toHaveLength(2)
    expect(await asOf(db, prices, '2000-01-01').selectAll().execute()).toEqual([])
  })

  test('joins like the table, also with a schema, and in a transaction', async () => {
    const rows = await db.transaction().execute((trx) =>
      asOf(trx, prices, new Date())
        .innerJoin('products', 'products.id', 'product_prices.product_id')
        .leftJoin(asOf(trx, terms, new Date()).selectAll().as('terms'), 'terms.id', 'products.id')
        .select(['products.name', 'product_prices.kind', 'terms.days'])
        .where('product_prices.kind', '=', 'net')
        .execute(),
    )
    expect(rows).toEqual([{ name: 'one', kind: 'net', days: 30 }])
    expect(await asOf(db, terms, new Date()).select('terms.days').execute()).toEqual([{ days: 30 }])
  })

  test('is the SQL that it says', () => {
    const query = asOf(db, terms, '2026-03-01').selectAll().where('terms.id', '=', 7).compile()
    expect(query.sql).toBe(
      'select * from (select "id", "days" from "sales"."past_terms" where "valid" @> cast($1 as timestamptz)) as "terms" where "terms"."id" = $2',
    )
    expect(query.parameters).toEqual(['2026-03-01', 7])
  })

  test('by a key finds the versions by the index of the history’s key', async () => {
    await session.query(
      `insert into product_prices_history select n, 'net', 1, tstzrange(timestamptz '2020-01-01' + v * interval '1 day', timestamptz '2020-01-01' + (v + 1) * interval '1 day') from generate_series(100, 1100) n, generate_series(0, 9) v; analyze product_prices_history`,
    )
    const { sql: text, parameters } = asOf(db, prices, '2020-01-05')
      .selectAll()
      .where('product_id', '=', 500)
      .compile()
    const plan = await db.executeQuery<{ 'QUERY PLAN': string }>(
      sql
        .raw(`explain (costs off) ${text.replace('$1', `'${String(parameters[0])}'`).replace('$2', '500')}`)
        .compile(db),
    )
    const lines = plan.rows.map((row) => row['QUERY PLAN'].trim())
    expect(lines[0]).toContain('product_prices_history_pkey')
    expect(lines).toContainEqual(expect.stringMatching(/^Index Cond: .*product_id = 500.*valid @>/u))
  })
})

test('asOf of a table without versions is refused at run time, too', () => {
  // @ts-expect-error it keeps none
  expect(() => asOf(db, products, new Date())).toThrow('asOf(products): the table keeps no versions')
})
