/** Queries that are functions of several statements, measured on a real server. */
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../../test/support/query-lab.ts'
import { architecture, sql, table, type Rows } from '../../index.ts'
import type { Finding } from '../../prove/result.ts'
import type { ValidatedQuery, ValidateResult } from '../result.ts'

const migration = `
  create table tenants (id bigint primary key);
  create table "Odd ""pots""" (
    id bigint primary key, tenant_id bigint not null references tenants, "Größe" integer not null
  );
  create index on "Odd ""pots""" (tenant_id);
  create table lids (id bigint primary key, pot bigint not null references "Odd ""pots""", note text not null);
  alter table "Odd ""pots""" enable row level security;
  create policy own on "Odd ""pots""" using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
  create table sealed (id bigint primary key, holder text not null);
  create function may_open(holder text) returns boolean language plpgsql stable as
    $$ begin if holder = 'of ' || current_setting('app.tenant_id', true) then return true; end if; return false; end $$;
  alter table sealed enable row level security;
  create policy own on sealed using (may_open(holder));
  create role reader nologin;
  grant select, update on sealed to reader;
  grant select on all tables in schema public to reader;`

const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])
const odd = 'Odd "pots"'
const pots = table(
  { schema: 'public', name: odd },
  { id: 'bigint', tenant_id: 'bigint', Größe: 'integer' },
  (t) => [t.primaryKey('id'), t.required('tenant_id', 'Größe'), t.isolatedBy('tenant_id')],
)
const lids = table('lids', { id: 'bigint', pot: 'bigint', note: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('pot', 'note'),
])
const sealed = table('sealed', { id: 'bigint', holder: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('holder'),
])
const absent = table('absent', { id: 'bigint' }, (t) => [t.primaryKey('id')])

const shop = architecture('shop', {
  tables: { tenants, pots, lids, sealed, absent },
  identity: { role: 'reader', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})

type Db = Kysely<Rows<typeof shop, typeof odd | 'lids'>>

const potsOf = (db: Db, { tenant }: { tenant: string }): Promise<{ id: string }[]> =>
  db.selectFrom(odd).select('id').where('tenant_id', '=', tenant).orderBy('id').limit(5).execute()

const oneByOne = async (db: Db, given: { tenant: string }): Promise<unknown> => {
  const found = []
  for (const { id } of await potsOf(db, given))
    found.push(await db.selectFrom('lids').select('note').where('pot', '=', id).execute())
  return found
}
const atOnce = async (db: Db, given: { tenant: string }): Promise<unknown> => {
  const ids = (await potsOf(db, given)).map(({ id }) => id)
  return db.selectFrom('lids').select('note').where('pot', 'in', ids).execute()
}
const byKeys = async (db: Db, { ids }: { ids: readonly string[] }): Promise<unknown> => {
  const first = await db.selectFrom('lids').select('pot').where('id', 'in', ids).execute()
  return [first, await db.selectFrom('lids').select('note').where('id', 'in', ids).execute()]
}

shop.query('lids "one by one"', [odd, 'lids'], oneByOne, { budget: { rowsReadPerRow: 1e9 } })
shop.query('lids at once', [odd, 'lids'], atOnce, { at: { lids: 1e9 } })
shop.query('lids by their keys', ['lids'], byKeys, {
  with: [{ ids: ['1', '2'] }],
  budget: { statements: 2, p95: '0ms' },
})
const twice = async (db: Db, p: { tenant: string; most: number; least?: number }): Promise<unknown> => {
  const own = db.selectFrom(odd).select('id').where('tenant_id', '=', p.tenant).limit(p.most)
  const all = await (p.least === undefined ? own : own.where('Größe', '>=', p.least)).execute()
  return [all, await own.execute()]
}
shop.query('pots twice', [odd], twice, {
  budget: { rowsReadPerRow: 1e9 },
  with: [{ most: 3 }, { tenant: '2', most: 3 }, { most: 2, least: 1e9 }],
})
shop.query(
  'sealed jars',
  ['sealed'],
  async (db, p: { holder: string }) => {
    const found = await db.selectFrom('sealed').select('id').where('holder', '=', p.holder).execute()
    return db
      .selectFrom('sealed')
      .selectAll()
      .where('id', 'in', found.map(({ id }) => id).concat('0'))
      .execute()
  },
  { budget: { rowsReadPerRow: 1e9 } },
)
shop.query(
  'pots, and jars that nobody may open',
  [odd, 'sealed'],
  async (db, p: { tenant: string; holder: string }) => [
    await db.selectFrom(odd).select('id').where('tenant_id', '=', p.tenant).execute(),
    await db.selectFrom('sealed').select('id').where('holder', '=', p.holder).execute(),
  ],
  { budget: { rowsReadPerRow: 1e9 } },
)
shop.write(
  'a jar gets another holder',
  ['sealed'],
  sql('update sealed set holder = :holder where id = :id', { holder: 'text', id: 'bigint' }),
)
shop.query('lids nobody knows', ['lids'], byKeys)
shop.query('not there yet', ['absent'], async (db) => {
  await db.selectFrom('absent').select('id').execute()
  return db.selectFrom('absent').select('id').execute()
})
shop.query(
  'pots',
  [odd],
  sql(`select id from "Odd ""pots""" where tenant_id = :tenant`, { tenant: 'bigint' }),
  {
    budget: { never: [] },
  },
)

let lab: QueryLab
let result: ValidateResult
let databases: readonly unknown[]

beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
  databases = await lab.databases()
  result = await lab.validate()
})
afterAll(() => lab?.close())

const queryOf = (sentence: string): ValidatedQuery => result.queries.find((one) => one.sentence === sentence)!
const told = (sentence: string): readonly Finding[] =>
  result.findings.filter(({ rule }) => rule === `queries/${sentence}`)

describe('a query of several statements is measured', () => {
  it('with all that one call sends, as who may read it', () => {
    const { calls, filled, target, isUsual, unsolved } = queryOf('lids "one by one"')
    expect([unsolved, target, isUsual]).toEqual([[], 50, true])
    expect(filled).toEqual({ '"Odd ""pots"""': 2_000, lids: 2_000, tenants: 3 })
    const [cost] = calls
    expect(cost).toMatchObject({ title: 'one call stays within the budget', statements: 6, broken: null })
    // Lids have no index on their pot: five times all of them, and five pots.
    expect(cost!.rowsRead).toBeGreaterThanOrEqual(10_005)
    expect(cost!.runs).toBeGreaterThanOrEqual(3)
    expect(cost!.median).toBeGreaterThan(0)
    expect(cost!.p95).toBeGreaterThanOrEqual(cost!.median)
    expect(cost!.ratio).toBeGreaterThan(0)
  })

  it('and says what it sends once for each row of another', () => {
    expect(queryOf('lids "one by one"').calls[1]).toMatchObject({
      title: 'no statement is sent once for each row of another',
      runs: 0,
      broken: expect.stringContaining('5 times, once for each row of') as string,
    })
    expect(told('lids "one by one"').filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'query.n-plus-one', fix: expect.stringMatching(/^Ask once for all rows/u) as string },
    ])
  })

  it('breaks its budget where a statement of it has no index', () => {
    const { calls, unprojected } = queryOf('lids at once')
    expect(calls).toMatchObject([{ statements: 2, broken: 'it reads the whole of public.lids' }])
    expect(unprojected).toHaveLength(1)
    expect(told('lids at once').map(({ code, severity }) => [code, severity])).toEqual([
      ['query.over-budget', 'error'],
      ['query.not-projected', 'note'],
    ])
  })

  it('with the calls that are named, and tells a time beyond its target', () => {
    const { calls, target, isUsual } = queryOf('lids by their keys')
    expect(calls.map(({ title, statements, broken }) => [title, statements, broken])).toEqual([
      ['one call stays within the budget, as {"ids":["1","2"]}', 2, null],
    ])
    expect([target, isUsual]).toEqual([0, false])
    expect(told('lids by their keys').map(({ code, severity }) => [code, severity])).toEqual([
      ['query.slow', 'warning'],
    ])
  })

  it('with what a call names, and with values from rows for the others, but for what may be left out', () => {
    const { calls, unsolved } = queryOf('pots twice')
    expect(unsolved).toEqual([])
    expect(
      calls.map(({ title, rowsReturned, broken }) => [title.replace(/.*, as /u, ''), rowsReturned, broken]),
    ).toEqual([
      ['{"most":3}', 6, null],
      ['{"tenant":"2","most":3}', 6, null],
      ['{"most":2,"least":1000000000}', 2, null],
    ])
  })

  it('and is told where nobody sees its rows under the policies: a budget over nothing holds', () => {
    const codes = (rule: string) =>
      result.findings
        .filter((one) => one.rule === rule && !one.code.endsWith('.slow'))
        .map(({ code, severity, summary }) => [code, severity, summary])
    expect(codes('queries/sealed jars')).toMatchObject([
      [
        'query.sees-nothing',
        'error',
        expect.stringMatching(/nobody was found who sees its rows .* finds \d/u),
      ],
    ])
    expect(codes('queries/pots, and jars that nobody may open')).toMatchObject([
      [
        'query.sees-nothing',
        'warning',
        expect.stringContaining('sees nothing by "select "id" from "sealed" where "holder" = $1"'),
      ],
    ])
    expect(codes('writes/a jar gets another holder')).toMatchObject([
      ['write.over-budget', 'error', expect.stringContaining('it writes no row')],
      ['query.sees-nothing', 'error', expect.stringContaining('without them it finds 1')],
    ])
    expect(codes('queries/lids at once').flat()).not.toContain('query.sees-nothing')
  })

  it('or says why it could not be', () => {
    expect(told('lids nobody knows')).toMatchObject([
      { code: 'query.unsolved', severity: 'error', summary: expect.stringContaining('"ids"') as string },
    ])
    expect(told('not there yet')).toMatchObject([
      { code: 'query.unsolved', summary: '"not there yet" could not be run: table absent does not exist' },
    ])
  })

  it('beside those of one statement, among the rules of the report', () => {
    expect(queryOf('pots').calls.map(({ statements, broken }) => [statements, broken])).toContainEqual([
      1,
      null,
    ])
    const rule = result.rules.find(({ id }) => id === 'queries/lids "one by one"')!
    expect(rule).toMatchObject({ kind: 'query', green: false })
    expect(rule.times!.map(({ call, target }) => [call, target])).toEqual([
      ['one call stays within the budget', 50],
    ])
  })

  it('and leaves no database behind', async () => {
    expect(await lab.databases()).toEqual(databases)
  })
})
