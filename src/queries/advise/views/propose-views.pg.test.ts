/** Materialized views on a real server: made on loaded rows, compared call by call, and declared as they are told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, sql, table } from '../../../index.ts'
import { loadParser } from '../../../postgres/parse.ts'
import type { Server } from '../../../postgres/server.ts'
import { startServer } from '../../../postgres/start.ts'
import { adviseQueries } from '../advise.ts'
import type { AdviceResult } from '../result.ts'
import { withValuesOf } from './given-values.ts'
import { keptAnswerOf } from './kept-answer.ts'

const migration = `
  create table "Odd ""orders""" (
    id bigint primary key, user_id bigint not null, "Großer Staat" text not null, total numeric(10,2), at timestamptz not null,
    "is open" boolean not null
  );
  create table secrets (id bigint primary key, tenant_id bigint not null, kind bigint not null);
  alter table secrets enable row level security;
  create policy own on secrets using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
  create role app nologin;
  grant select on all tables in schema public to app;`

const orders = table(
  { schema: 'public', name: 'Odd "orders"' },
  {
    id: 'bigint',
    user_id: 'bigint',
    'Großer Staat': 'text',
    total: 'numeric(10,2)',
    at: 'timestamptz',
    'is open': 'boolean',
  },
  (t) => [t.primaryKey('id'), t.required('user_id', 'Großer Staat', 'at', 'is open')],
)
const secrets = table('secrets', { id: 'bigint', tenant_id: 'bigint', kind: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.required('tenant_id', 'kind'),
  t.isolatedBy('tenant_id'),
])

const shop = () => {
  const all = architecture('shop', {
    tables: { orders, secrets },
    identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
  })
  const add = (name: string, text: string, given: Readonly<Record<string, string>> = {}): void =>
    void all.query(name, ['Odd "orders"'], sql(text, given as never, {}), { budget: { buffers: 3 } })
  add(
    'orders by state',
    `select "Großer Staat" as state, count(*) as n from "Odd ""orders""" group by 1 order by n desc, 1 limit 5`,
  )
  add(
    'total of open ones',
    `select count(*) as n, coalesce(sum(total), 0) + 1 from "Odd ""orders""" o where o."is open" = :open and o.total > 1`,
    { open: 'boolean' },
  )
  add('orders of today', `select count(*) filter (where at > now()) from "Odd ""orders"""`)
  all.query(
    'secrets by kind',
    ['secrets'],
    sql('select kind, count(*) as n from secrets group by kind', {}, { kind: 'bigint', n: 'bigint' }),
    { budget: { buffers: 1 } },
  )
  return all
}

let server: Server
let result: AdviceResult

beforeAll(async () => {
  server = await startServer({})
  const template = await server.createDatabase('shop')
  const owner = await server.connect(template, 'owner')
  await owner.query(migration)
  await owner.end()
  await server.admitRoles()
  const limits = { storage: null, writes: null }
  result = await adviseQueries({ architecture: shop(), server, template, only: [], limits, isForAll: false })
})
afterAll(() => server?.stop())

describe('materialized views as advice', () => {
  it('keep the answers of queries that group, for every value that they are given', () => {
    expect(
      result.views.map(({ view, rewrites }) => [
        view,
        rewrites.map(({ rule, brokenAfter }) => [rule, brokenAfter]),
      ]),
    ).toEqual([
      ['"Odd ""orders""_by_state"', [['queries/orders by state', []]]],
      ['"Odd ""orders""_by_is_open"', [['queries/total of open ones', []]]],
    ])
    const [, total] = result.views
    expect(total!.sql).toEqual([
      `create materialized view "public"."Odd ""orders""_by_is_open" as SELECT o."is open" AS "is open", count(*) AS n, sum(total) AS sum FROM "Odd ""orders""" AS o WHERE o.total > 1 GROUP BY o."is open";`,
      `create unique index "Odd ""orders""_by_is_open_key" on "public"."Odd ""orders""_by_is_open" ("is open");`,
    ])
    expect(total!.rewrites[0]!.after).toBe(
      `SELECT COALESCE(kept.n, 0) AS n, (COALESCE(kept.sum, 0)) + 1 FROM ( SELECT 1 ) AS one LEFT JOIN public."Odd ""orders""_by_is_open" AS kept ON kept."is open" = $1`,
    )
    expect(total!.rewrites[0]!.declaration).toContain(
      `kept."is open" = :open\`, { open: 'boolean' }, { n: 'bigint', '?column?': 'numeric' }), { with: [{ open: `,
    )
    for (const { rewrites } of result.views)
      for (const { costAdvised, costAfter } of rewrites) expect(costAfter).toBeLessThan(costAdvised)
  })

  it('are told with their price and their age, and never chosen', () => {
    const [first] = result.views
    expect(first!.bytes).toBeGreaterThan(8_000)
    expect(first!.refresh.pages).toBeGreaterThan(10)
    expect(first!.refresh.isConcurrent).toBe(true)
    expect(first!.staleness).toContain('at its last refresh')
    expect(first!.declaration).toBe(
      `export const oddOrdersByState = materializedView('Odd "orders"_by_state', \`SELECT "Großer Staat" AS state, count(*) AS n FROM "Odd ""orders""" GROUP BY "Großer Staat"\`, {
  columns: { 'state': 'text', 'n': 'bigint' },
  indexes: \`create unique index "Odd ""orders""_by_state_key" on "public"."Odd ""orders""_by_state" ("state")\`,
}, (v) => [v.visibleTo('app', 'select')])`,
    )
    const told = result.findings.filter(({ code }) => code === 'advice.materialized-view')
    expect(told.map(({ severity }) => severity)).toEqual(['note', 'note'])
    expect(result.structures.map(({ sql: ddl }) => ddl).join()).not.toContain('materialized')
  })

  it('are none of tables with policies, and of answers that change by themselves', () => {
    const whys = new Map(result.viewsRefused.map(({ rule, why }) => [rule, why]))
    expect(whys.get('queries/secrets by kind')).toMatch(/^secrets has row-level security/u)
    expect(whys.get('queries/orders of today')).toBe(
      'what now() answers is not the same later, or for somebody else',
    )
    const secret = result.findings.find(
      ({ rule, code }) => code === 'advice.no-help' && rule?.includes('secrets'),
    )
    expect([secret!.severity, secret!.fix]).toEqual(['error', expect.stringContaining('no policies')])
  })
})

describe('keptAnswerOf', () => {
  const aggregates = new Set(['count', 'sum', 'max'])
  const over = async (text: string): Promise<string | null> => {
    await loadParser()
    const kept = keptAnswerOf(text, aggregates)
    return kept === null ? null : 'why' in kept ? kept.why : `${kept.definition}; ${kept.over('v')}`
  }

  it.each([
    [
      `select s, count(*) filter (where x > 1) n from t join u using (id) where u.c = $1 and $2 = lower(t.d) and t.z is null group by s having max(y) > 3 order by 2 desc limit $3`,
      `SELECT u.c AS c, lower(t.d) AS lower, s AS s, count(*) FILTER (WHERE x > 1) AS n, max(y) AS max FROM t JOIN u USING (id) WHERE t.z IS NULL GROUP BY u.c, lower(t.d), s; SELECT kept.s, kept.n FROM v AS kept WHERE kept.c = $1 AND kept.lower = $2 AND kept.max > 3 ORDER BY 2 DESC LIMIT $3`,
    ],
    ['select count(*) from t', 'SELECT count(*) AS count FROM t; SELECT kept.count FROM v AS kept'],
    ['select id from t where a = $1', null],
    ['select count(*) from t where a > $1', 'its condition a > $1 is no equality with a parameter'],
    ['select count(*) + $1 from t', 'a parameter stands in what it shows, groups by or has'],
    ['select a, count(*) from t group by rollup (a)', 'it groups in several ways at once'],
    ['select count(*) from t union select 1', null],
    ['with t as (select 1) select count(*) from t', 'it has a WITH'],
    ['select a, count(*) over () from t group by a', 'it has window functions'],
  ])('%s', async (text, wanted) => {
    expect(await over(text)).toBe(wanted)
  })

  it('is given the values of a call', async () => {
    await loadParser()
    const form = 'select count(*) from t where a = $2 and b = $1::text'
    expect(
      withValuesOf(
        form,
        `select count(*) from t where a = '3'::bigint and b = 'x'::text::text`,
        'select $1, $2',
      ),
    ).toBe(`SELECT 'x'::text, CAST('3' AS bigint)`)
    expect(withValuesOf(form, 'select count(*) from t where a = 3', 'select $1')).toBeNull()
  })
})
