/** A shop with declared queries: within their budgets, beyond them, and with what findings are about. */
import { architecture, enumType, sql, table } from '../../src/index.ts'

export const migration = `
  create table users (
    tenant_id bigint not null, id bigint not null, email text not null, primary key (tenant_id, id)
  );
  create type state as enum ('open', 'paid');
  create table orders (
    tenant_id bigint not null, id bigint not null, user_id bigint not null, state state not null,
    ordered_at timestamptz not null, note text, primary key (tenant_id, id)
  );
  create index orders_recent on orders (tenant_id, user_id, ordered_at desc, id desc);
  create index orders_idle on orders (tenant_id, user_id);
  create index orders_note on orders (note text_pattern_ops);
  alter table orders enable row level security;
  alter table orders force row level security;
  create policy own on orders using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
  alter table users enable row level security;
  create policy shown on users using (email is distinct from current_setting('app.hidden', true));
  create table "Odd ""page""" ("the key" uuid primary key, "Großer Text" text not null);
  create index "odd index" on "Odd ""page""" (lower("Großer Text"));
  create table events (id bigint not null, kind text not null, at timestamptz not null, primary key (id, at))
    partition by range (at);
  create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
  create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
  create index events_kind on events (kind, at);
  create role app nologin;
  grant select on all tables in schema public to app;`

const users = table('users', { tenant_id: 'bigint', id: 'bigint', email: 'text' }, (t) => [
  t.primaryKey('tenant_id', 'id'),
  t.required('email'),
])
const orders = table(
  'orders',
  {
    tenant_id: 'bigint',
    id: 'bigint',
    user_id: 'bigint',
    state: enumType('state', ['open', 'paid']),
    ordered_at: 'timestamptz',
    note: 'text',
  },
  (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.required('user_id', 'state', 'ordered_at'),
    t.isolatedBy('tenant_id'),
  ],
)
const odd = table(
  { schema: 'public', name: 'Odd "page"' },
  { 'the key': 'uuid', 'Großer Text': 'text' },
  (t) => [t.primaryKey('the key'), t.required('Großer Text')],
)
const events = table('events', { id: 'bigint', kind: 'text', at: 'timestamptz' }, (t) => [
  t.primaryKey('id', 'at'),
  t.required('kind'),
])

export const bare = () =>
  architecture('shop', {
    tables: { users, orders, odd, events },
    identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
  })

export const declared = () => {
  const shop = bare()
  shop.query(
    'recent orders of a user',
    ['orders'],
    (db, p: { user: string }) =>
      db
        .selectFrom('orders')
        .select(['id', 'ordered_at'])
        .where('user_id', '=', p.user)
        .orderBy('ordered_at', 'desc')
        .orderBy('id', 'desc')
        .limit(20),
    { budget: { buffers: 30, p95: '10ms' }, at: { orders: 1_000_000_000 } },
  )
  shop.query(
    'orders with a note',
    ['orders', 'users'],
    sql(
      'select * from orders where note like :start limit 20 offset :page',
      { start: 'text', page: 'bigint' },
      { id: 'bigint', note: 'varchar', gone: 'text' },
    ),
    { budget: { rowsReadPerRow: 900 } },
  )
  shop.query(
    'orders by the start of a note',
    ['orders'],
    (db, p: { start: string }) => db.selectFrom('orders').select('id').where('note', 'like', p.start),
    { budget: { rowsReadPerRow: 5 } },
  )
  shop.query(
    'a page by its text',
    ['Odd "page"'],
    sql(
      `select "the key" from "Odd ""page""" where lower("Großer Text") = :text`,
      { text: 'text' },
      { 'the key': 'uuid' },
    ),
    { budget: { uses: 'odd index' } },
  )
  shop.query('events of a kind since', ['events'], (db, p: { kind: string; since: Date }) =>
    db.selectFrom('events').select('id').where('kind', '=', p.kind).where('at', '>=', p.since),
  )
  shop.query(
    'users with their orders counted',
    ['users'],
    sql(
      `select u.id, (select count(*) from orders o where o.tenant_id = u.tenant_id and o.user_id = u.id) as orders
         from users u where u.tenant_id = :tenant`,
      { tenant: 'bigint' },
    ),
  )
  shop.query(
    'orders of some states',
    ['orders'],
    (db, p: { states: readonly ('open' | 'paid')[] }) =>
      db.selectFrom('orders').select('id').where('state', 'in', p.states),
    { budget: { never: [] }, with: [{ states: ['open', 'paid'] }] },
  )
  return shop
}
