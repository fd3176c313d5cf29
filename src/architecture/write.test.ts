import { describe, expect, it } from 'vitest'
import { architecture, sql, table } from '../index.ts'
import type { AssayError, AssayErrors } from '../ground/errors.ts'
import type { QueryRule } from './kinds/query.ts'
import type { WriteRule } from './kinds/write.ts'

const users = table('users', { id: 'bigint', email: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('email'),
])
const orders = table('sales.orders', { id: 'bigint', user_id: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.required('user_id'),
])
const shop = () => architecture('shop', { tables: { users, orders } })

const faultsOf = (declare: () => unknown): readonly AssayError[] => {
  try {
    declare()
  } catch (cause) {
    return (cause as AssayErrors).errors
  }
  throw new Error('nothing was refused')
}

describe('write', () => {
  it('is a rule of the first table that it names, typed by its statement', () => {
    const one = shop()
    const rename = one.write(
      'a user is renamed',
      ['users', 'sales.orders'],
      (db, p: { id: string; email: string }) =>
        db.updateTable('users').set({ email: p.email }).where('id', '=', p.id).returning('id'),
      { concurrency: 50, budget: { statements: 1 } },
    )
    const row: (typeof rename)['$query'] = { parameters: { id: '1', email: 'a' }, row: { id: '1' } }
    expect(row).toBeDefined()
    expect(rename.compile({ id: '7', email: 'a@b' })).toEqual({
      sql: 'update "users" set "email" = $1 where "id" = $2 returning "id"',
      parameters: ['a@b', '7'],
    })
    expect(one.queries![0] as WriteRule).toMatchObject({
      kind: 'write',
      id: 'writes/a user is renamed',
      table: 'users',
      reads: ['users', 'sales.orders'],
      function: null,
      rows: 1,
      concurrency: 50,
      isolation: 'read committed',
      retries: 0,
      budget: { statements: 1 },
    })
  })

  it('may be a function that sends several statements, as a query may', () => {
    const one = shop()
    const lists = async (): Promise<readonly string[]> => Promise.resolve([])
    const query = one.query('users and their orders', ['users'], lists)
    const facts: (typeof query)['$query'] = { parameters: {}, row: ['7'] }
    expect(facts).toBeDefined()
    one.write('users are merged', ['users'], async (db, p: { ids: readonly string[] }) => {
      for (const id of p.ids) await db.deleteFrom('users').where('id', '=', id).execute()
    })
    const [first, second] = one.queries as readonly [QueryRule, WriteRule]
    expect([first.forms, first.function]).toEqual([[], lists])
    expect([second.forms, typeof second.function]).toEqual([[], 'function'])
    expect(() => query.compile({})).toThrow(
      'queries/users and their orders is a function that sends several statements.',
    )
  })

  it('is given what a call leaves out, so that no column of a new row is', () => {
    const one = shop()
    one.write(
      'a user comes',
      ['users'],
      (db, p: { id: string; email: string }) => db.insertInto('users').values({ id: p.id, email: p.email }),
      { with: [{ email: 'a@b' }] },
    )
    const [{ forms }] = one.queries as readonly [WriteRule]
    expect(forms).toMatchObject([{ parameters: [{ name: 'id' }, { value: 'a@b' }] }])
  })
})

describe('a wrong write', () => {
  const write = (...given: readonly unknown[]): readonly AssayError[] => {
    const one = shop()
    one.write('taken', ['users'], sql('delete from users'))
    return faultsOf(() => (one.write as (...args: readonly unknown[]) => unknown)(...given))
  }
  const all = sql('delete from users')

  it('names everything that is wrong at once, with its line', () => {
    const faults = write('odd', ['user'], all, {
      rows: 0,
      concurrency: 65,
      retries: -1,
      isolation: 'serialisable',
      limit: 3,
      budget: { statments: 1, rowsReadPerRow: -1, statements: 1.5, p95: 'soon' },
    })
    expect(faults.map((f) => f.message)).toMatchInlineSnapshot(`
      [
        "writes/odd: it names "user", which is not among the tables. Did you mean "users"?",
        "writes/odd: write has no option "limit".",
        "writes/odd: rows is 0.",
        "writes/odd: concurrency is 65.",
        "writes/odd: retries is -1.",
        "writes/odd: isolation is "serialisable". Did you mean "serializable"?",
        "writes/odd: the budget of a write has no "statments". Did you mean "statements"?",
        "writes/odd: its budget says rowsReadPerRow: -1.",
        "writes/odd: its budget says statements: 1.5.",
        "writes/odd: its budget says p95: "soon".",
      ]
    `)
    expect(faults.every((f) => f.where?.file.endsWith('write.test.ts'))).toBe(true)
  })

  it('of a function is told where only one statement says what it costs', () => {
    const several = async () => Promise.resolve()
    expect(
      write('x', ['users'], several, { budget: { walPerRow: 1, triggerCallsPerRow: 0 } }).map(
        (f) => f.message,
      ),
    ).toMatchInlineSnapshot(`
      [
        "writes/x: its budget says walPerRow, which is counted of one statement, and it is a function that sends several.",
        "writes/x: its budget says triggerCallsPerRow, which is counted of one statement, and it is a function that sends several.",
      ]
    `)
    const one = shop()
    expect(
      faultsOf(() =>
        one.query('y', ['users'], several, { budget: { uses: 'i', never: ['Sort'], statements: 2 } }),
      ).map((f) => f.message),
    ).toMatchInlineSnapshot(`
      [
        "queries/y: its budget says uses, which is about one plan, and it is a function that sends several statements.",
        "queries/y: its budget forbids nodes of plans, and it is a function that sends several statements.",
      ]
    `)
  })

  it.each([
    ['no sentence', ['', ['users'], all], 'architecture.write-sentence'],
    ['a sentence that is taken', ['taken', ['users'], all], 'architecture.two-writes'],
    ['no tables', ['x', [], all], 'architecture.write-reads'],
    ['no statement', ['x', ['users'], undefined], 'architecture.write-statement'],
    [
      'a parameter without a type',
      ['x', ['users'], sql('delete from users where id = :a')],
      'architecture.write-parameter',
    ],
    [
      'a parameter that becomes text',
      [
        'x',
        ['users'],
        (_: unknown, p: { id: string }) => ({ compile: () => ({ sql: `delete ${p.id}`, parameters: [] }) }),
      ],
      'architecture.write-build',
    ],
  ])('%s', (_, given, code) => {
    expect(write(...given).map((f) => f.code)).toEqual([code])
  })
})
