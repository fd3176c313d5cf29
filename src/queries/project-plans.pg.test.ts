/** Plans at a size that nobody loads, where made-up values are none that a CHECK takes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../test/support/query-lab.ts'
import { architecture, table } from '../index.ts'

const migration = `
  create table "Odd ""acts""" (
    id bigint not null, kind text not null check (kind in ('login', 'it''s')), at timestamptz not null, primary key (id, at)
  ) partition by range (at);
  create table acts_2024 partition of "Odd ""acts""" for values from ('2024-01-01') to ('2025-01-01');
  create table acts_rest partition of "Odd ""acts""" default;
  create index acts_kind on "Odd ""acts""" (kind, at);`

const odd = 'Odd "acts"'
const acts = table(
  { schema: 'public', name: odd },
  { id: 'bigint', kind: 'text', at: 'timestamptz' },
  (t) => [t.primaryKey('id', 'at'), t.required('kind')],
)
const shop = architecture('shop', { tables: { acts } })
shop.query(
  'acts of a kind',
  [odd],
  (db, p: { kind: string }) =>
    db.selectFrom(odd).select('id').where('kind', '=', p.kind).orderBy('at').orderBy('id').limit(20),
  { at: { [odd]: 1e9 } },
)

let lab: QueryLab
beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
})
afterAll(() => lab?.close())

it('reads the partitions all the same', async () => {
  const { queries } = await lab.validate()
  const [{ projected, unprojected, unsolved }] = queries as readonly [(typeof queries)[number]]
  expect([unprojected, unsolved]).toEqual([[], []])
  expect(projected[0]!.plan.join('\n')).toMatch(/Index (?:Only )?Scan/u)
  expect(projected[0]!.cost).toBeGreaterThan(1)
})
