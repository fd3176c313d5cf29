/**
 * Values for parameters that stand inside of something: an element of an array, a key or a part of a document, a bound
 * of a range, a word of a text. The rows are asked for them, and the query returns some, to the tenant whose they are by
 * a policy that nothing declares.
 */
import type { Kysely } from 'kysely'
import { sql as kyselySql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../../test/support/query-lab.ts'
import { architecture, sql, table, type Rows } from '../../index.ts'
import { parsePlan } from '../../postgres/plan.ts'
import type { ProveResult } from '../../prove/result.ts'
import type { ValidateResult } from '../../queries/result.ts'

const migration = `
  create table "Odd ""docs""" (
    id bigint primary key, tenant_id bigint not null, "the tags" text[] not null, numbers integer[] not null,
    meta jsonb not null, "Körper" text not null, during tstzrange not null, starts timestamptz not null, ends timestamptz not null check (ends > starts and starts is not null),
    search tsvector generated always as (to_tsvector('english', "Körper")) stored
  );
  create role reader nologin;
  alter table "Odd ""docs""" enable row level security;
  create policy own on "Odd ""docs""" using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
  grant select on all tables in schema public to reader;`

const odd = 'Odd "docs"'
const docs = table(
  { schema: 'public', name: odd },
  {
    id: 'bigint',
    tenant_id: 'bigint',
    'the tags': 'text[]',
    numbers: 'integer[]',
    meta: 'jsonb',
    Körper: 'text',
    during: 'tstzrange',
    starts: 'timestamptz',
    ends: 'timestamptz',
    search: 'tsvector',
  },
  (t) => [
    t.primaryKey('id'),
    t.required('tenant_id', 'the tags', 'numbers', 'meta', 'Körper', 'during', 'starts', 'ends'),
  ],
)
const shop = architecture('shop', {
  tables: { docs },
  identity: { role: 'reader', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})

const conditions: readonly string[] = [
  `"the tags" @> array[:a]`,
  `"the tags" @> array[:a, :b]::text[]`,
  `:a = any("the tags")`,
  `"the tags" && array[:a]`,
  `d."the tags" @> :a`,
  `:a && "the tags"`,
  `:a = any(d.numbers)`,
  `numbers @> array[:a]::int[]`,
  `"the tags" <@ :a`,
  `id = any(array[:a, :b]::bigint[])`,
  `meta @> :a`,
  `meta @> :a::jsonb`,
  `meta @> jsonb_build_object('key', :a::int)`,
  `meta ? :a`,
  `meta ?| array[:a]`,
  `during @> :a::timestamptz`,
  `during && tstzrange(:a, :b)`,
  `tstzrange(starts, ends) && tstzrange(:a, :b) and id > :id`,
  `(starts, ends) overlaps (:a, :b)`,
  `to_tsvector('english', "Körper") @@ plainto_tsquery('english', :a)`,
  `to_tsvector('simple', coalesce(d."Körper", '')) @@ websearch_to_tsquery('simple', :a)`,
  `search @@ to_tsquery('english', :a)`,
  `search @@ plainto_tsquery('english', :a::text)`,
  `search @@ :a::tsquery`,
  `"Körper" ilike '%' || :a || '%'`,
  `lower("Körper") like lower(:a) || '%'`,
  `upper("Körper") like upper(:a)`,
  `starts_with("Körper", :a)`,
  `"Körper" ^@ :a`,
  `"Körper" ~* :a`,
]

const typesFor = (condition: string): Readonly<Record<string, 'text'>> => ({
  a: 'text',
  ...(condition.includes(':b') ? { b: 'text' } : {}),
  ...(condition.includes(':id') ? { id: 'text' } : {}),
})

for (const condition of conditions)
  shop.query(
    condition,
    [odd],
    sql(`select id from "Odd ""docs""" d where ${condition}`, typesFor(condition)),
    { budget: { never: [] } },
  )
const budget = { never: [] }
shop.query(
  'words as a table',
  [odd],
  sql(
    `select id from "Odd ""docs""" d cross join websearch_to_tsquery('english', :words) asked
      where d.search @@ asked order by ts_rank(d.search, asked) desc limit :most`,
    { words: 'text', most: 'bigint' },
  ),
  { budget },
)
shop.query(
  'a tag, with Kysely',
  [odd],
  (db, p: { tag: string }) =>
    db
      .selectFrom(odd)
      .select('id')
      .where('the tags', '@>', kyselySql<string[]>`${[p.tag]}`),
  { budget },
)
shop.query(
  'some of it',
  [odd],
  sql('select id from "Odd ""docs""" where id > :id and :tag = any("the tags")', {
    id: 'bigint',
    tag: 'text',
  }),
  { budget, with: [{ id: '-1' }] },
)
type Db = Kysely<Rows<typeof shop, typeof odd>>
const both = async (db: Db, p: { tag: string; word: string }): Promise<unknown> => [
  await db
    .selectFrom(odd)
    .select('id')
    .where(kyselySql<boolean>`${p.tag} = any("the tags")`)
    .execute(),
  await db
    .selectFrom(odd)
    .select('id')
    .where(kyselySql<boolean>`search @@ websearch_to_tsquery('english', ${p.word})`)
    .execute(),
]
shop.query('tags and words', [odd], both, { budget })

let lab: QueryLab
let result: ProveResult
let validated: ValidateResult

beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
  result = await lab.prove(['green'], ['queries'])
  validated = await lab.validate(['queries/tags and words'])
})
afterAll(() => lab?.close())

const returned = (sentence: string): readonly (readonly [string, number])[] =>
  result.rules
    .find(({ id }) => id === `queries/${sentence}`)!
    .experiments.map(({ experiment, observed }) => [
      experiment.title.replace(', it stays within the budget', ''),
      Number(parsePlan(observed.rows[0]?.[0] ?? '')?.['Actual Rows'] ?? -1),
    ])

it('finds a value for every parameter', () => {
  expect(
    result.rules.flatMap(({ id, unsolved }) => unsolved.map(({ summary }) => `${id}: ${summary}`)),
  ).toEqual([])
})

it.each([...conditions, 'words as a table', 'a tag, with Kysely'])(
  'of which rows are found: %s',
  (sentence) => {
    const [frequent, ...others] = returned(sentence)
    expect(frequent![0]).toBe('with frequent values')
    expect(frequent![1]).toBeGreaterThan(0)
    const absent = others.find(([title]) => title === 'with values that no row has')
    expect(absent?.[1] ?? 0).toBe(0)
  },
)

it('beside those that a call names', () => {
  expect(returned('some of it').map(([title]) => title)).toEqual([
    'the call {"id":"-1"}, with frequent values, stays within the budget',
    'the call {"id":"-1"}, with other values, stays within the budget',
    'the call {"id":"-1"}, with values that no row has, stays within the budget',
  ])
  expect(returned('some of it')[0]![1]).toBeGreaterThan(0)
})

it('for functions of several statements as well', () => {
  const [{ calls, unsolved }] = validated.queries as readonly [ValidateResult['queries'][number]]
  expect(unsolved).toEqual([])
  expect(calls[0]).toMatchObject({ statements: 2, broken: null })
  expect(calls[0]!.rowsReturned).toBeGreaterThan(1)
})
