/** Versions and the typed `as of`, asserted exactly: compiled by tsc, never run. */
import type { ColumnType, Kysely } from 'kysely'
import { architecture, asOf, enumType, historyOf, table, type DatabaseOf, type RowOf } from 'assay'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_same: Same<A, B>): void => undefined

const products = table('products', { id: 'bigint', name: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('name'),
])
const prices = table(
  'product_prices',
  { product_id: 'bigint', kind: enumType('price_kind', ['net', 'gross']), amount: 'numeric', note: 'text' },
  (t) => [
    t.primaryKey('product_id', 'kind'),
    t.required('amount'),
    t.defaults({ amount: '0' }),
    t.references('product_id', 'products'),
    t.versioned({ history: 'product_prices_history', correct: 'correct_price', correctedBy: ['clerk'] }),
  ],
)
const pricesHistory = historyOf(prices)
const terms = table('sales.terms', { id: 'bigint', days: 'integer' }, (t) => [
  t.primaryKey('id'),
  t.versioned({ history: 'sales.terms_history' }),
])
const termsHistory = historyOf(terms)
// Versioned, and its history is left out of the architecture below (which only compiles).
const orphans = table('orphans', { id: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.versioned({ history: 'orphans_history' }),
])
export const stays = table('stays', { room: 'integer', during: 'tstzrange', guest: 'text' }, (t) => [
  t.primaryKey('room', { withoutOverlaps: 'during' }),
  t.unique('guest', { withoutOverlaps: 'during' }),
])

const shop = architecture('shop', {
  tables: { products, prices, pricesHistory, terms, termsHistory, orphans },
})
type Shop = DatabaseOf<typeof shop>

same<RowOf<typeof stays>, { room: number; during: string; guest: string | null }>(true)
same<
  Shop['product_prices_history'],
  {
    product_id: ColumnType<string, never, never>
    kind: ColumnType<'net' | 'gross', never, never>
    amount: ColumnType<string, never, never>
    note: ColumnType<string | null, never, never>
    valid: ColumnType<
      string,
      'a history is written by the triggers of its table',
      'a history is written by the triggers of its table'
    >
  }
>(true)
same<
  RowOf<typeof pricesHistory>,
  { product_id: string; kind: 'net' | 'gross'; amount: string; note: string | null; valid: string }
>(true)

export const then = (db: Kysely<Shop>) => asOf(db, prices, '2026-03-01').selectAll().execute()
same<Awaited<ReturnType<typeof then>>[number], RowOf<typeof prices>>(true)

export const joined = (db: Kysely<Shop>) =>
  asOf(db, prices, new Date(0))
    .innerJoin('products', 'products.id', 'product_prices.product_id')
    .innerJoin(asOf(db, terms, new Date(0)).selectAll().as('terms'), 'terms.id', 'products.id')
    .select(['products.name', 'product_prices.amount', 'terms.days', 'kind'])
    .where('kind', '=', 'net')
    .execute()
same<
  Awaited<ReturnType<typeof joined>>[number],
  { name: string; amount: string; days: number | null; kind: 'net' | 'gross' }
>(true)

export const slips = (db: Kysely<Shop>) => [
  // @ts-expect-error the period is no column of the table
  asOf(db, prices, new Date()).select('valid'),
  // @ts-expect-error no such column
  asOf(db, prices, new Date()).select('amuont'),
  // @ts-expect-error no versions
  asOf(db, products, new Date()),
  // @ts-expect-error its history is not in this database
  asOf(db, orphans, new Date()),
  // @ts-expect-error a moment, not a number
  asOf(db, prices, 7),
  // @ts-expect-error no versions
  historyOf(products),
  // @ts-expect-error the application writes no history
  db.insertInto('product_prices_history').values({ amount: '1' }),
  // @ts-expect-error nor changes it
  db.updateTable('product_prices_history').set({ amount: '1' }),
]

export const misspelt = table('misspelt', { id: 'bigint', during: 'tstzrange' }, (t) => [
  // @ts-expect-error no such column
  t.primaryKey('id', { withoutOverlaps: 'durign' }),
  // @ts-expect-error no such column
  t.unique('id', { withoutOverlaps: 'durign' }),
  // @ts-expect-error a history is named
  t.versioned({}),
])

export const inTransaction = (db: Kysely<Shop>) =>
  db.transaction().execute((trx) => asOf(trx, prices, new Date()).select('amount').executeTakeFirst())
same<Awaited<ReturnType<typeof inTransaction>>, { amount: string } | undefined>(true)
