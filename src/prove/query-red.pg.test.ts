/** Red of declared queries that several structures serve, or that need none. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../test/support/query-lab.ts'
import { architecture, materializedView, sql, table } from '../index.ts'
import type { ProveResult } from './result.ts'

const migration = `
  create table users (tenant bigint not null, id bigint not null, country text not null, primary key (tenant, id));
  create table orders (tenant bigint not null, id bigint not null, "user" bigint not null, at timestamptz not null, total int not null,
    primary key (tenant, id), foreign key (tenant, "user") references users);
  create index orders_user_idx on orders (tenant, "user", at desc);
  create table colours (name text primary key);
  create table shots (id bigint primary key, n int not null, state text not null);
  create index shots_open on shots (n) where state = 'open';
  create materialized view countries as select name as country, count(*) as users from colours group by name;
  create role app nologin;
  alter table users enable row level security;
  alter table orders enable row level security;
  create policy own on users to app using (tenant = nullif(current_setting('app.tenant', true), '')::bigint);
  create policy own on orders to app using (tenant = nullif(current_setting('app.tenant', true), '')::bigint);
  grant select on users, orders, colours, shots, countries to app;`

const users = table('users', { tenant: 'bigint', id: 'bigint', country: 'text' }, (t) => [
  t.primaryKey('tenant', 'id'),
  t.required('country'),
])
const orders = table(
  'orders',
  { tenant: 'bigint', id: 'bigint', user: 'bigint', at: 'timestamptz', total: 'int' },
  (t) => [
    t.primaryKey('tenant', 'id'),
    t.required('user', 'at', 'total'),
    t.references(['tenant', 'user'], 'users'),
    t.indexed('tenant', 'user', 'at desc'),
    t.isolatedBy('tenant'),
  ],
)
const colours = table('colours', { name: 'text' }, (t) => [t.primaryKey('name')])
const shots = table('shots', { id: 'bigint', n: 'int', state: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('n', 'state'),
  t.indexed('n', { where: `state = 'open'` }),
])
const countries = materializedView(
  'countries',
  'select name as country, count(*) as users from colours group by name',
  { columns: { country: 'text', users: 'bigint' } },
)
const shop = architecture('shop', {
  tables: { users, orders, colours, shots },
  views: { countries },
  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant': who.tenant }) },
})
shop.query(
  'what each country spent',
  ['users', 'orders'],
  sql(
    `select u.country, sum(o.total) as total from users u join orders o on o.tenant = u.tenant and o."user" = u.id
      where o.at >= :since group by u.country`,
    { since: 'timestamptz' },
    { country: 'text', total: 'bigint' },
  ),
)
shop.query('open shots of a number', ['shots'], (db, p: { n: number }) =>
  db.selectFrom('shots').select('id').where('n', '=', p.n).where('state', '=', 'open'),
)
shop.query('all colours', ['colours'], (db) => db.selectFrom('colours').select('name'), {
  budget: { buffers: 10_000 },
})
shop.query(
  'users of a country',
  ['countries'],
  sql('select users from countries where country = :country', { country: 'text' }, { users: 'bigint' }),
  { with: [{ country: 'de' }], budget: { buffers: 10 } },
)

let lab: QueryLab
let result: ProveResult

beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
  result = await lab.prove(['red', 'green'], ['queries', `shots/indexed:n,"where state = 'open'"`])
})
afterAll(() => lab?.close())

const redOf = (sentence: string) => result.rules.find(({ id }) => id === `queries/${sentence}`)!.red

it('is shown with what serves it as well, which is named', () => {
  expect(redOf('what each country spent')).toMatchObject({ proven: true })
  expect(redOf('what each country spent')!.why).toMatch(
    /^without its structures and orders\/primaryKey:tenant,id, which serve the same: .* the whole of orders$/u,
  )
})

it('is shown without a partial index, of a constant that the builder sends as a parameter', () => {
  expect(redOf('open shots of a number')).toMatchObject({ proven: true })
  expect(redOf('open shots of a number')!.why).toMatch(/reads the whole of shots$/u)
  const { green } = result.rules.find(({ kind, table }) => kind === 'indexed' && table === 'shots')!
  // Its own column is called as the rows are counted by.
  expect(green).toBe(true)
})

it('is shown without the materialized view that keeps its answer', () => {
  expect(redOf('users of a country')).toMatchObject({ proven: true })
  expect(redOf('users of a country')!.why).toMatch(/^without its structures: .*countries/u)
})

it('is not asked of a query that needs no structure', () => {
  expect(redOf('all colours')).toMatchObject({ proven: true })
  expect(result.findings.map(({ code, rule }) => `${code} ${rule}`)).toEqual([])
})
