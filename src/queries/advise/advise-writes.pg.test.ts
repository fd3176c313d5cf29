/** Advice never breaks the budget of a declared write: counted on filled tables, with the candidates really there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, sql, table, type WriteBudget } from '../../index.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { adviseQueries, type AdviceWish } from './advise.ts'
import type { AdviceResult } from './result.ts'

const migration = `
  create table "Odd ""log""" (
    id bigint primary key, "the Größe" bigint not null, said text not null, "user" bigint not null
  );
  create table plain (id bigint primary key, kind bigint not null);
  create table "Odd ""child""" (
    id bigint primary key, "the plain" bigint not null references plain on delete cascade
  );`

const odd = table(
  { schema: 'public', name: 'Odd "log"' },
  { id: 'bigint', 'the Größe': 'bigint', said: 'text', user: 'bigint' },
  (t) => [t.primaryKey('id'), t.required('the Größe', 'said', 'user')],
)
const plain = table('plain', { id: 'bigint', kind: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.required('kind'),
])

const child = table(
  { schema: 'public', name: 'Odd "child"' },
  { id: 'bigint', 'the plain': 'bigint' },
  (t) => [
    t.primaryKey('id'),
    t.required('the plain'),
    t.references('the plain', 'plain', { onDelete: 'cascade' }),
  ],
)

/** A write that reads its children whole, and one that nothing helps. */
const dropping = () => {
  const all = architecture('dropping', { tables: { plain, child } })
  all.query('one', ['plain'], (db, p: { id: string }) =>
    db.selectFrom('plain').select('kind').where('id', '=', p.id),
  )
  all.write(
    'plain ones are dropped',
    ['plain', 'Odd "child"'],
    sql('delete from plain where id = any(:ids)', { ids: 'bigint[]' }),
    { rows: 10, budget: { rowsReadPerRow: 50 } },
  )
  all.write(
    'kinds are closed',
    ['plain'],
    sql('update plain set kind = 0 where kind = :kind', { kind: 'bigint' }),
    {
      budget: { buffersPerRow: 1 },
    },
  )
  return all
}

/** Two queries that each want an index of their own, and a write of the same table. */
const shop = (budget: WriteBudget) => {
  const all = architecture('shop', { tables: { odd, plain } })
  all.query(
    'logs of a size',
    ['Odd "log"'],
    sql(`select id from "Odd ""log""" where "the Größe" = :size`, { size: 'bigint' }, { id: 'bigint' }),
    { budget: { buffers: 12 } },
  )
  all.query(
    'logs of a user',
    ['Odd "log"'],
    sql(`select id from "Odd ""log""" l where l."user" = :user`, { user: 'bigint' }, { id: 'bigint' }),
    { budget: { buffers: 12 } },
  )
  all.query('plain of a kind', ['plain'], (db, p: { kind: string }) =>
    db.selectFrom('plain').select('id').where('kind', '=', p.kind),
  )
  all.write(
    'logs are written',
    ['Odd "log"'],
    sql(
      `insert into "Odd ""log""" (id, "the Größe", said, "user")
       select v.id, v.size, v.said, v.usr from unnest(:ids::bigint[], :sizes::bigint[], :said::text[], :users::bigint[]) as v (id, size, said, usr)`,
      { ids: 'bigint[]', sizes: 'bigint[]', said: 'text[]', users: 'bigint[]' },
    ),
    { rows: 100, budget },
  )
  return all
}

let server: Server
let template: string

const advise = (wish: Partial<AdviceWish> & Pick<AdviceWish, 'architecture'>): Promise<AdviceResult> =>
  adviseQueries({
    server,
    template,
    only: [],
    limits: { storage: null, writes: null },
    isForAll: false,
    ...wish,
  })

beforeAll(async () => {
  server = await startServer({})
  template = await server.createDatabase('shop')
  const owner = await server.connect(template, 'owner')
  await owner.query(migration)
  await owner.end()
})
afterAll(() => server?.stop())

describe('advice beside declared writes', () => {
  it('tells what each structure costs a row of them, and that their budgets hold', async () => {
    const result = await advise({ architecture: shop({ indexEntriesPerRow: 3 }) })
    const own = result.structures.filter(({ table: id }) => id === '"Odd ""log"""')
    expect(own.map(({ calls }) => calls.map((one) => [one.id, one.indexEntriesPerRow]))).toEqual([
      [['writes/logs are written', 1]],
      [['writes/logs are written', 1]],
    ])
    for (const { calls } of own) {
      expect(calls[0]!.buffersPerRow).toBeGreaterThan(0)
      expect(calls[0]!.walPerRow).toBeGreaterThan(30)
    }
    expect(result.structures.find(({ table: id }) => id === 'plain')!.calls).toEqual([])
    const [call] = result.calls
    expect([call!.before!.indexEntries, call!.after!.indexEntries]).toEqual([1, 3])
    expect([call!.brokenBefore, call!.brokenAfter, result.keptOut]).toEqual([null, null, []])
    expect(result.cost.after).toBeLessThan(result.cost.before)
    expect(result.cost.least).toBeLessThanOrEqual(result.cost.after)
  })

  it('keeps out what breaks one, and says by how much, in entries and in bytes of the log', async () => {
    const result = await advise({ architecture: shop({ indexEntriesPerRow: 2, walPerRow: 240 }) })
    const own = result.structures.filter(({ table: id }) => id === '"Odd ""log"""')
    expect(own).toHaveLength(1)
    expect(result.calls[0]!.brokenAfter).toBeNull()
    expect(result.keptOut).toHaveLength(1)
    const [out] = result.keptOut
    expect(out!.breaks).toEqual(['writes/logs are written'])
    expect(out!.why).toContain('it writes 3 index entries for each row, the budget is 2')
    expect(out!.why).toMatch(/it writes \d+ bytes of the write-ahead log for each row, the budget is 240/u)
    const [{ before, after }] = result.calls as [(typeof result.calls)[number]]
    expect(before!.wal).toBeLessThan(after!.wal!)
    expect(after!.wal).toBeLessThanOrEqual(240)
    expect(result.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning advice.structure',
      'warning advice.structure',
      'note advice.kept-out',
      'error advice.no-help',
    ])
  })

  it('finds what brings a write back that is beyond its budget', async () => {
    const result = await advise({ architecture: dropping() })
    const mends = result.calls.map(({ id, mend }) => [id, mend?.table, mend?.rule])
    expect(mends).toEqual([
      ['writes/plain ones are dropped', '"Odd ""child"""', `t.indexed('the plain')`],
      ['writes/kinds are closed', undefined, undefined],
    ])
    expect(result.calls[0]!.mend!.after!.rowsRead).toBeLessThan(50)
    expect(result.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning advice.call-broken',
      'error advice.call-broken',
    ])
    for (const { where } of result.findings) expect(where?.file).toMatch(/advise-writes\.pg\.test\.ts$/u)
  })

  it('bounds --writes on filled tables too, where rows are written again', async () => {
    const sizes = (): ReadonlyMap<string, number> => new Map([['"Odd ""log"""', 20_000]])
    const most = await advise({
      architecture: shop({}),
      only: ['"Odd ""log"""'],
      sizes,
      limits: { storage: null, writes: 80 },
    })
    expect(most.structures).toHaveLength(1)
    expect(most.structures[0]!.walPerInsert).toBeGreaterThan(10)
    expect(most.structures[0]!.walPerInsert).toBeLessThanOrEqual(80)
    expect(most.findings.map(({ code }) => code)).toContain('advice.no-help')
  })
})
