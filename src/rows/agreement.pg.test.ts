import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../postgres/parse.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { openRowLab, type RowLab } from '../../test/support/row-lab.ts'
import { proveAgreement } from './agreement.ts'
import { readFacts } from './read-facts.ts'
import type { TableFacts } from './facts.ts'

let server: Server
let lab: RowLab
let facts: TableFacts
beforeAll(async () => {
  server = await startServer({})
  lab = await openRowLab(
    server,
    `create table t (a int not null, b int, n numeric, s varchar(3), m text not null, f boolean, d numeric(6,2) not null,
      day date, at timestamptz not null, span interval, j jsonb, y bytea, bits bit(3), ip inet, shape box, week daterange)`,
  )
  await loadParser()
  facts = (await readFacts(lab.db, lab.catalog, () => [])).get('t')!
})
afterAll(async () => {
  await lab.close()
  await server.stop()
})

const prove = (expression: string, other: string, standing: readonly string[] = []) =>
  proveAgreement(
    lab.db,
    facts,
    expression,
    [other],
    standing.map((e) => ({
      expression: e,
      columns: ['a', 'b', 'n', 's', 'm', 'f', 'd', 'day', 'at', 'j'].filter((c) =>
        new RegExp(`\\b${c}\\b`, 'u').test(e),
      ),
    })),
  ).then(([answer]) => answer)

describe('proveAgreement', () => {
  it.each([
    ['a > 0', 'a >= 1', []],
    ['d > 0', 'd >= 0.01', []],
    ['b > 0 or b is null', 'b > 0', []],
    ["upper(s) in ('A', 'B') or s is null", `upper(s) in ('A', 'B')`, []],
    ['length(m) > 0', 'length(m) <> 0', []],
    [`m <> ''`, `m > ''`, []],
    ['a = 5', 'a <= 5', ['a >= 5']],
    ['f is true', 'coalesce(f, false)', []],
    ['a between 1 and 3', 'a in (1, 2, 3)', []],
    [`m ~ '^\\d+$'`, `m ~* '^\\d+$'`, []],
    ['extract(day from day) = 1', 'extract(day from day) <= 1', []],
    ['extract(isodow from lower(week)) = 7', 'extract(isodow from lower(week)) >= 7', []],
    ['extract(second from at) = 0', 'extract(second from at) <= 0', []],
    ['extract(hour from at) between 0 and 24', 'extract(hour from at) >= 0', []],
    [`date_trunc('month', at) = at`, `date_trunc('month', at) >= at`, []],
    [
      `day = date_trunc('month', day::timestamp)::date`,
      `day <= date_trunc('month', day::timestamp)::date`,
      [],
    ],
    ['floor(n) = n', 'floor(n) >= n', []],
    [`jsonb_typeof(j) = 'string'`, `jsonb_typeof(j) >= 'string'`, []],
    [`jsonb_typeof(j) <> 'array'`, `jsonb_typeof(j) > 'array'`, []],
    [
      `jsonb_typeof(j -> 'a') in ('number', 'object')`,
      `jsonb_typeof(j -> 'a') between 'number' and 'object'`,
      [],
    ],
    ['a & 1 = 1', 'a & 1 > 0', []],
    [`y <> ''`, `y > ''`, []],
    [`bits <> b'000'`, `bits > b'000'`, []],
    ['family(ip) = 6', 'family(ip) > 5', []],
    ['area(shape) > 0', 'area(shape) <> 0', []],
    [`day = 'infinity'`, `day >= 'infinity'`, []],
    [`at <> '-infinity'`, `at > '-infinity'`, []],
  ])('knows that %s is %s', async (expression, other, standing) => {
    expect(await prove(expression, other, standing)).toBe(true)
  })

  it.each([
    ['n > 0', 'n >= 1', []],
    ['a > 0', 'a > 1', []],
    ['b > 0', 'b > 0 and b is not null', []],
    [`m ~ '^a'`, `m ~* '^a'`, []],
    ['a > b', 'a >= b', []],
    ['a + 1 > b', 'a >= b', []],
    [`s = 'abcd'`, 'false', []],
    ['extract(day from day) <= 2', 'extract(day from day) = 2', []],
    ['extract(day from span) = 1', 'extract(day from span) <= 1', []],
    ['extract(year from day) = 1', 'extract(year from day) <= 1', []],
    [`date_trunc('month', span) = span`, `date_trunc('month', span) >= span`, []],
    [`date_trunc('month', at) = at`, `date_trunc('month', at) <= at`, []],
    [`jsonb_typeof(j) <> 'boolean'`, `jsonb_typeof(j) > 'boolean'`, []],
    ['a & 6 = 6', 'a & 6 >= 5', []],
    ['a & -2 = 0', 'a & -2 <= 0', []],
    [`bits <> b'001'`, `bits > b'001'`, []],
    ['b % 2 = 1', 'b % 2 > 0', []],
    [`day <> 'infinity'`, `day > '-infinity'`, []],
    [`d < 'infinity'`, `d <> 'infinity'`, []],
    ['no_such_column > 1', 'no_such_column > 2', []],
  ])('does not take %s for %s', async (expression, other, standing) => {
    expect(await prove(expression, other, standing)).toBe(false)
  })

  it('never claims what a row disproves', async () => {
    const operator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=')
    const number = fc.integer({ min: -1, max: 4 }).map(String)
    const numeric = fc.constantFrom(
      'a',
      'b',
      'n',
      'd',
      'abs(b)',
      'length(s)',
      '(b & 3)',
      'extract(isodow from day)',
      'floor(n)',
      'ceil(n)',
    )
    const text = fc.constantFrom('s', 'm', 'lower(s)')
    const word = fc.constantFrom(`'a'`, `'b'`, `'A'`, `''`)
    const atom = fc.oneof(
      fc.tuple(numeric, operator, fc.oneof(number, numeric)).map((p) => `(${p.join(' ')})`),
      fc.tuple(text, operator, fc.oneof(word, text)).map((p) => `(${p.join(' ')})`),
      fc
        .tuple(numeric, fc.array(number, { minLength: 1, maxLength: 3 }))
        .map(([c, l]) => `(${c} in (${l.join(', ')}))`),
      fc
        .tuple(fc.constantFrom('b', 'n', 's', 'f', 'a'), fc.constantFrom('is null', 'is not null'))
        .map((p) => `(${p.join(' ')})`),
      fc
        .tuple(fc.constantFrom('f'), fc.constantFrom('is true', 'is not true', 'is unknown', ''))
        .map((p) => `(${p.join(' ')})`),
      fc.tuple(numeric, number, number).map(([c, l, h]) => `(${c} between ${l} and ${h})`),
    )
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 2, withCrossShrink: true },
        atom,
        fc.tuple(tie('tree'), fc.constantFrom('and', 'or'), tie('tree')).map((p) => `(${p.join(' ')})`),
        tie('tree').map((t) => `(not ${t})`),
      ),
    }))
    let proven = 0
    await fc.assert(
      fc.asyncProperty(
        tree,
        tree,
        fc.constantFrom('none', 'dropped', 'weakened'),
        async (one, two, relation) => {
          const expression = relation === 'none' ? one : `(${one} and ${two})`
          const other =
            relation === 'weakened'
              ? `(${one} and (${two}) is not false)`
              : relation === 'dropped'
                ? one
                : two
          if (!(await prove(expression, other))) return
          proven++
          const [found] = await lab.db.json<{ differ: number }>(
            `select count(*)::int as differ from (values (-2), (-1), (0), (1), (2), (3), (4), (5)) as t1 (a)
           cross join (values (null), (-3), (-1), (0), (1), (2), (3), (5)) as t2 (b)
           cross join (values (null), (-0.5), (0), (0.5), (1), (3.5), (9)) as t3 (n)
           cross join (values (null), (''), ('a'), ('A'), ('ab'), ('b'), ('zzz')) as t4 (s)
           cross join (values (''), ('a'), ('A'), ('b'), ('é')) as t5 (m)
           cross join (values (null), (true), (false)) as t6 (f)
           cross join (values (-0.01), (0), (0.01), (1), (4)) as t7 (d)
           cross join (values (null), (date '2024-01-01'), ('2024-01-07'), ('infinity')) as t8 (day)
           where ((${expression}) is not false) <> ((${other}) is not false)`,
          )
          expect(`${found?.differ} rows differ between ${expression} and ${other}`).toMatch(/^0 /u)
        },
      ),
      { seed: 20, numRuns: 600 },
    )
    expect(proven).toBeGreaterThan(5)
  })
})
