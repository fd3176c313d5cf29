/** Declared writes, measured on a real server: with their rows, by as many at once, and every run taken back. */
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../../test/support/query-lab.ts'
import { architecture, sql, table, type Rows } from '../../index.ts'
import type { Finding } from '../../prove/result.ts'
import type { ValidatedWrite, ValidateResult } from '../result.ts'

const migration = `
  create table tenants (id bigint primary key);
  create table "Odd ""stock""" (
    tenant_id bigint not null references tenants, "the key" bigint not null, "Größe" integer not null check ("Größe" >= 0),
    primary key (tenant_id, "the key")
  );
  create table "lines of 'it'" (
    tenant_id bigint not null, stock bigint not null, note text not null,
    foreign key (tenant_id, stock) references "Odd ""stock""" on delete cascade deferrable initially deferred
  );
  alter table "Odd ""stock""" enable row level security;
  create policy own on "Odd ""stock""" using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
  create role writer nologin;
  grant select, insert, update, delete on all tables in schema public to writer;`

const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])
const odd = 'Odd "stock"'
const stock = table(
  { schema: 'public', name: odd },
  { tenant_id: 'bigint', 'the key': 'bigint', Größe: 'integer' },
  (t) => [t.primaryKey('tenant_id', 'the key'), t.required('Größe'), t.isolatedBy('tenant_id')],
)
const lines = table(
  { schema: 'public', name: `lines of 'it'` },
  { tenant_id: 'bigint', stock: 'bigint', note: 'text' },
  (t) => [t.required('tenant_id', 'stock', 'note')],
)
const absent = table('absent', { id: 'bigint' }, (t) => [t.primaryKey('id')])

const shop = architecture('shop', {
  tables: { tenants, stock, lines, absent },
  identity: { role: 'writer', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})

const upsert = `insert into "Odd ""stock""" (tenant_id, "the key", "Größe")
  select :tenant, v.key, v.size from unnest(:keys::bigint[], :sizes::integer[]) as v(key, size) order by v.key
  on conflict (tenant_id, "the key") do update set "Größe" = excluded."Größe"`
const given = { tenant: 'bigint', keys: 'bigint[]', sizes: 'integer[]' } as const

shop.write('stock "is" counted', [odd], sql(upsert, given), {
  rows: 50,
  concurrency: 4,
  budget: { rowsWrittenPerRow: 1, p95: '0ms' },
})
shop.write(
  'stock goes',
  [odd, `lines of 'it'`],
  sql('delete from "Odd ""stock""" where tenant_id = :tenant and "the key" = any(:keys)', {
    tenant: 'bigint',
    keys: 'bigint[]',
  }),
  { rows: 5, budget: { rowsReadPerRow: 20, p95: '60s' }, asOwner: true },
)
/** Reads a row and then writes it, which repeatable read refuses to all but one at a time. */
const grow = async (db: Kysely<Rows<typeof shop, typeof odd>>, p: { size: number }): Promise<void> => {
  const found = await db.selectFrom(odd).select('the key').limit(1).executeTakeFirstOrThrow()
  await db.updateTable(odd).set({ Größe: p.size }).where('the key', '=', found['the key']).execute()
}
shop.write('one row for all', [odd], grow, { concurrency: 3, isolation: 'repeatable read' })
shop.write(
  'stock grows',
  [odd],
  sql('update "Odd ""stock""" set "Größe" = :size where tenant_id = :tenant and "the key" = any(:keys)', {
    size: 'integer',
    tenant: 'bigint',
    keys: 'bigint[]',
  }),
  {
    rows: 4,
    budget: { rowsReadPerRow: 600, rowsWrittenPerRow: 1 },
    with: [{ size: 5 }, { tenant: '2' }],
  },
)
shop.write(
  'nobody knows',
  [odd],
  sql('update "Odd ""stock""" set "Größe" = 1 where :what > :other', { what: 'text', other: 'text' }),
)
shop.write('not there yet', ['absent'], sql('insert into absent values (:id)', { id: 'bigint' }))

let lab: QueryLab
let result: ValidateResult
let databases: readonly unknown[]

beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
  databases = await lab.databases()
  result = await lab.validate()
})
afterAll(() => lab?.close())

const writeOf = (sentence: string): ValidatedWrite => result.writes.find((one) => one.sentence === sentence)!
const told = (sentence: string): readonly Finding[] =>
  result.findings.filter(({ rule }) => rule === `writes/${sentence}`)

describe('a declared write is measured', () => {
  it('alone with new rows and with rows that stand, and by as many at once as it declares', () => {
    const { calls, rows, concurrency, unsolved } = writeOf('stock "is" counted')
    expect([rows, concurrency, unsolved]).toEqual([50, 4, []])
    expect(writeOf('stock "is" counted').filled).toEqual({ '"Odd ""stock"""': 2_000, tenants: 3 })
    expect(calls.map(({ title, writers, broken }) => [title, writers, broken])).toEqual([
      ['one call with 50 rows, all of them new, it stays within the budget', 1, null],
      ['one call with 50 rows, all of them there already, it stays within the budget', 1, null],
      ['4 writers at once, each with 50 rows of its own', 4, null],
    ])
    expect(calls.map((call) => [call.rowsWritten, call.statements, call.refused])).toEqual([
      [50, 1, {}],
      [50, 1, {}],
      [50, 1, {}],
    ])
    for (const { median, p95, ratio, runs, writers } of calls) {
      expect(runs).toBeGreaterThanOrEqual(3 * writers)
      expect(median).toBeGreaterThan(0)
      expect(p95).toBeGreaterThanOrEqual(median)
      expect(ratio).toBeGreaterThan(0)
    }
    expect(result.calibration).toBeGreaterThan(0)
  })

  it('tells a time beyond its target, and fails nothing for it', () => {
    expect(writeOf('stock "is" counted').target).toBe(0)
    expect(told('stock "is" counted').map(({ code, severity }) => [code, severity])).toEqual([
      ['write.slow', 'warning'],
    ])
  })

  it('with what a call names, as the tenant that it names, and with values of rows for the others', () => {
    const { calls, unsolved } = writeOf('stock grows')
    expect(unsolved).toEqual([])
    expect(
      calls.map(({ title, rowsWritten, refused }) => [title.replace(/.*, as /u, ''), rowsWritten, refused]),
    ).toEqual([
      ['{"size":5}', 4, {}],
      ['{"tenant":"2"}', 4, {}],
    ])
  })

  it('breaks its budget where the rows that point to what it deletes have no index', () => {
    const [call] = writeOf('stock goes').calls
    expect(call!.broken).toMatch(/^it reads [\d,]+ rows for each row, the budget is 20$/u)
    expect(told('stock goes').map(({ code, severity }) => [code, severity])).toEqual([
      ['write.over-budget', 'error'],
    ])
  })

  it('counts the statements of a function, and aims at no time that nobody stated', () => {
    const { calls, target } = writeOf('one row for all')
    expect(target).toBeNull()
    expect(calls[0]).toMatchObject({ statements: 2, wal: null, triggerCalls: null, refused: {} })
  })

  it('says what could not be measured, and why', () => {
    expect(told('nobody knows')).toMatchObject([
      { code: 'write.unsolved', severity: 'error', summary: expect.stringContaining('"what"') as string },
    ])
    expect(told('not there yet')).toMatchObject([
      { code: 'write.unsolved', summary: '"not there yet" could not be run: table absent does not exist' },
    ])
  })

  it('stands among the rules of the report, with its times', () => {
    const rule = result.rules.find(({ id }) => id === 'writes/stock goes')!
    expect(rule).toMatchObject({ kind: 'write', green: false })
    expect(rule.times!.map(({ call, target }) => [call, target])).toEqual([
      ['one call with 5 rows, it stays within the budget', 60_000],
    ])
  })

  it('leaves no database behind', async () => {
    expect(await lab.databases()).toEqual(databases)
  })
})
