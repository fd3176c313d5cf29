import type { Kysely } from 'kysely'
import { describe, expect, it } from 'vitest'
import { architecture, sql, table } from '../index.ts'
import type { AssayError, AssayErrors } from '../ground/errors.ts'
import { placesOf, type Architecture } from './architecture.ts'
import type { QueryRule } from './kinds/query.ts'
import { numbered } from './plain-query.ts'

const users = table('users', { id: 'bigint', email: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('email'),
])
const orders = table('sales.orders', { id: 'bigint', user_id: 'bigint', total: 'numeric(10,2)' }, (t) => [
  t.primaryKey('id'),
  t.required('user_id'),
])
const shop = () => architecture('shop', { tables: { users, orders } })
const ruleOf = (architecture: Architecture): QueryRule => architecture.queries![0] as QueryRule

const faultsOf = (declare: () => unknown): readonly AssayError[] => {
  try {
    declare()
  } catch (cause) {
    return (cause as AssayErrors).errors
  }
  throw new Error('nothing was refused')
}

describe('query', () => {
  it('is typed over the tables that it names, and by its parameters', () => {
    const one = shop()
    const totals = one.query('totals', ['sales.orders'], (db, p: { user: string }) =>
      db.selectFrom('sales.orders').select(['id', 'total']).where('user_id', '=', p.user),
    )
    const row: (typeof totals)['$query'] = { parameters: { user: '7' }, row: { id: '1', total: null } }
    expect(row).toBeDefined()
    // @ts-expect-error: id is never null
    const wrong: NonNullable<(typeof totals)['$query']>['row'] = { id: null, total: null }
    expect(wrong).toBeDefined()
    expect(totals.compile({ user: '7' })).toEqual({
      sql: 'select "id", "total" from "sales"."orders" where "user_id" = $1',
      parameters: ['7'],
    })
    // @ts-expect-error: users is not among the tables that it names
    one.query('others', ['sales.orders'], (db) => db.selectFrom('users').selectAll())
    expect(ruleOf(one)).toMatchObject({
      id: 'queries/totals',
      table: 'sales.orders',
      reads: ['sales.orders'],
    })
    expect(ruleOf(one).forms).toEqual([
      {
        sql: 'select "id", "total" from "sales"."orders" where "user_id" = $1',
        parameters: [{ name: 'user', type: null }],
        call: null,
      },
    ])
    expect(ruleOf(one).at?.file).toMatch(/query\.test\.ts$/u)
  })

  it('is a rule of its first table, and leaves an architecture without queries as it is', () => {
    const one = shop()
    expect(Object.keys(one)).toEqual(['name', 'identity', 'tables'])
    const place = () =>
      placesOf(one)
        .find(({ id }) => id === 'users')!
        .rules.map(({ kind }) => kind)
    expect(place()).not.toContain('query')
    one.query('all users', ['users'], (db) => db.selectFrom('users').selectAll())
    expect(place()).toContain('query')
    // Whoever copies the architecture keeps its queries.
    expect(placesOf({ ...one })).toEqual(placesOf(one))
  })

  it('takes plain SQL with named parameters, typed by what is stated', () => {
    const one = shop()
    const query = one.query(
      'plain',
      ['users'],
      sql('select id from users where email = :email', { email: 'text' }, { id: 'bigint' }),
    )
    const facts: (typeof query)['$query'] = { parameters: { email: 'a' }, row: { id: null } }
    expect(facts).toBeDefined()
    expect(query.compile({ email: 'a@b' })).toEqual({
      sql: 'select id from users where email = $1',
      parameters: ['a@b'],
    })
    expect(ruleOf(one).shows).toEqual({ id: 'bigint' })
    expect(ruleOf(one).forms[0]!.parameters).toEqual([{ name: 'email', type: 'text' }])
  })

  it('keeps the values of the declaration, and of calls that it names', () => {
    const one = shop()
    one.query(
      'some',
      ['users'],
      (db, p: { ids: readonly string[] }) =>
        db.selectFrom('users').selectAll().where('id', 'in', p.ids).limit(20),
      { with: [{ ids: ['1', '2'] }] },
    )
    expect(ruleOf(one).forms).toEqual([
      {
        sql: 'select * from "users" where "id" in ($1, $2) limit $3',
        parameters: [{ value: '1' }, { value: '2' }, { value: '20' }],
        call: '{"ids":["1","2"]}',
      },
    ])
  })

  it('keeps what a call names, and leaves the others to be found; what may be left out is left out', () => {
    const one = shop()
    one.query(
      'some of it',
      ['users'],
      (db, p: { id: string; email: string; limit?: number }) => {
        const found = db.selectFrom('users').select('id').where('id', '>', p.id).where('email', '=', p.email)
        return p.limit === undefined ? found : found.limit(p.limit)
      },
      { with: [{ email: 'a@b' }, { email: 'a@b', limit: 3 }] },
    )
    const sql = 'select "id" from "users" where "id" > $1 and "email" = $2'
    expect(ruleOf(one).forms).toEqual([
      { sql, parameters: [{ name: 'id', type: null }, { value: 'a@b' }], call: '{"email":"a@b"}' },
      {
        sql: `${sql} limit $3`,
        parameters: [{ name: 'id', type: null }, { value: 'a@b' }, { value: '3' }],
        call: '{"email":"a@b","limit":3}',
      },
    ])
  })

  it('keeps what a call of plain SQL names, and the stated types of the others', () => {
    const one = shop()
    one.query(
      'some of it',
      ['users'],
      sql('select id from users where email = :email and id = :id', { email: 'text', id: 'bigint' }),
      { with: [{ email: null }] },
    )
    expect(ruleOf(one).forms).toMatchObject([
      { parameters: [{ value: null }, { name: 'id', type: 'bigint' }], call: '{"email":null}' },
    ])
  })
})

it('numbers names outside of quotes, comments and casts', () => {
  expect(
    numbered(
      `select ':a', ":b", x::int, y[1:2], $$ :c $$, /* :d */ :e::text, :f, :e, E'\\':g' -- :h\n from t where z=:Ä_1`,
    ),
  ).toEqual({
    sql: `select ':a', ":b", x::int, y[1:2], $$ :c $$, /* :d */ $1::text, $2, $1, E'\\':g' -- :h\n from t where z=$3`,
    names: ['e', 'f', 'Ä_1'],
  })
})

describe('a wrong declaration', () => {
  const query = (...given: readonly unknown[]): readonly AssayError[] => {
    const one = shop()
    one.query('taken', ['users'], (db) => db.selectFrom('users').selectAll())
    return faultsOf(() => (one.query as (...args: readonly unknown[]) => unknown)(...given))
  }
  const all = sql('select * from users')

  it('names everything that is wrong at once, with its line', () => {
    const faults = query('odd', ['user', 'sales.orders'], all, {
      budget: { bufers: 3, p95: '10', never: 7, estimate: 0.5 },
      at: { users: 1.5, 'sales.orders': -1 },
      limit: 3,
    })
    expect(faults.map((f) => f.message)).toMatchInlineSnapshot(`
      [
        "queries/odd: it reads "user", which is not among the tables. Did you mean "users"?",
        "queries/odd: query has no option "limit".",
        "queries/odd: at names "users", which it does not read. Did you mean "user"?",
        "queries/odd: "sales.orders" is to have -1 rows.",
        "queries/odd: a budget has no "bufers". Did you mean "buffers"?",
        "queries/odd: its budget says p95: "10".",
        "queries/odd: its budget says never: 7.",
        "queries/odd: its budget says estimate: 0.5.",
      ]
    `)
    expect(faults.every((f) => f.where?.file.endsWith('query.test.ts'))).toBe(true)
  })

  it.each([
    ['no sentence', ['', ['users'], all], 'architecture.query-sentence'],
    ['a sentence of two lines', ['a\nb', ['users'], all], 'architecture.query-sentence'],
    ['a sentence that is taken', ['taken', ['users'], all], 'architecture.two-queries'],
    ['no tables', ['x', [], all], 'architecture.query-reads'],
    ['no statement', ['x', ['users'], undefined], 'architecture.query-statement'],
    ['a parameter without a type', ['x', ['users'], sql('select :a')], 'architecture.query-parameter'],
    [
      'a type without a parameter',
      ['x', ['users'], sql('select 1', { a: 'text' })],
      'architecture.query-parameter',
    ],
    [
      'a call with a parameter that its SQL has not',
      ['x', ['users'], sql('select :id::int', { id: 'int' }), { with: [{ idd: 1 }] }],
      'architecture.query-call',
    ],
    [
      'a part of a parameter, which has no value yet',
      [
        'x',
        ['users'],
        (db: Kysely<{ users: { id: string } }>, p: { user: { id: string } }) =>
          db.selectFrom('users').select('id').where('id', '=', p.user.id),
      ],
      'architecture.query-build',
    ],
    [
      'a parameter that is looked at',
      ['x', ['users'], (_: unknown, p: { ids: readonly string[] }) => p.ids.map(String)],
      'architecture.query-build',
    ],
    [
      'a parameter that becomes text',
      [
        'x',
        ['users'],
        (_: unknown, p: { id: string }) => ({ compile: () => ({ sql: `select ${p.id}`, parameters: [] }) }),
      ],
      'architecture.query-build',
    ],
  ])('%s', (_, given, code) => {
    expect(query(...given).map((f) => f.code)).toEqual([code])
  })
})
