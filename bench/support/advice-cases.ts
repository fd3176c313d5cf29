/** What advice is measured on: a schema like TPC-H's with ten queries, and a shop. No index but the keys. */
import { architecture, sql, table } from '../../src/index.ts'
import type { Architecture } from '../../src/architecture/architecture.ts'

export interface AdviceCase {
  readonly name: string
  readonly schema: string
  readonly architecture: Architecture
}

type Parameters = Readonly<Record<string, string>>

const budget = { buffers: 10 }

const tpch = (): AdviceCase => {
  const customer = table(
    'customer',
    { id: 'bigint', segment: 'text', nation: 'bigint', balance: 'numeric' },
    (t) => [t.primaryKey('id')],
  )
  const orders = table(
    'orders',
    { id: 'bigint', customer: 'bigint', status: 'text', day: 'date', priority: 'text', price: 'numeric' },
    (t) => [t.primaryKey('id')],
  )
  const lineitem = table(
    'lineitem',
    {
      order: 'bigint',
      line: 'bigint',
      part: 'bigint',
      supplier: 'bigint',
      quantity: 'numeric',
      price: 'numeric',
      discount: 'numeric',
      shipped: 'date',
      mode: 'text',
    },
    (t) => [t.primaryKey('order', 'line')],
  )
  const part = table('part', { id: 'bigint', brand: 'text', kind: 'text', size: 'bigint' }, (t) => [
    t.primaryKey('id'),
  ])
  const all = architecture('tpch', { tables: { customer, orders, lineitem, part } })
  const add = (
    name: string,
    reads: readonly ('customer' | 'orders' | 'lineitem' | 'part')[],
    text: string,
    given: Parameters,
  ): void => void all.query(name, reads as readonly ['orders'], sql(text, given as never, {}), { budget })
  add(
    'priced lines shipped before',
    ['lineitem'],
    `select sum(price), sum(quantity), avg(discount) from lineitem where shipped <= :day and mode = :mode`,
    { day: 'date', mode: 'text' },
  )
  add(
    'unshipped orders of a segment',
    ['customer', 'orders', 'lineitem'],
    `select l."order", sum(l.price) from customer c join orders o on o.customer = c.id join lineitem l on l."order" = o.id where c.segment = :segment and o.day < :day group by l."order" order by 2 desc limit 10`,
    { segment: 'text', day: 'date' },
  )
  add(
    'orders by priority',
    ['orders', 'lineitem'],
    `select o.priority, count(*) from orders o where o.day >= :day and o.status = :status and exists (select 1 from lineitem l where l."order" = o.id and l.shipped < o.day) group by o.priority`,
    { day: 'date', status: 'text' },
  )
  add(
    'revenue of a nation',
    ['customer', 'orders'],
    `select o.status, sum(o.price) from customer c join orders o on o.customer = c.id where c.nation = :nation group by o.status`,
    { nation: 'bigint' },
  )
  add(
    'discounts',
    ['lineitem'],
    `select sum(price * discount) from lineitem where shipped >= :day and discount = :discount and quantity < :most`,
    { day: 'date', discount: 'numeric', most: 'numeric' },
  )
  add(
    'returned by a customer',
    ['customer', 'orders'],
    `select c.id, c.balance, o.day from orders o join customer c on c.id = o.customer where o.customer = :customer order by o.day desc limit 20`,
    { customer: 'bigint' },
  )
  add(
    'supplied of a part',
    ['lineitem'],
    `select supplier, sum(quantity) from lineitem where part = :part group by supplier`,
    { part: 'bigint' },
  )
  add(
    'modes of late orders',
    ['orders', 'lineitem'],
    `select l.mode, count(*) from orders o join lineitem l on l."order" = o.id where l.mode = :mode and l.shipped < :day group by l.mode`,
    { mode: 'text', day: 'date' },
  )
  add(
    'lines of a brand',
    ['part', 'lineitem'],
    `select avg(l.price) from part p join lineitem l on l.part = p.id where p.brand = :brand and p.kind = :kind`,
    { brand: 'text', kind: 'text' },
  )
  add(
    'largest orders',
    ['orders'],
    `select id, price from orders where status = :status order by price desc limit 100`,
    { status: 'text' },
  )
  return {
    name: 'TPC-H-like',
    architecture: all,
    schema: `
      create table customer (id bigint primary key, segment text not null, nation bigint not null, balance numeric not null);
      create table orders (id bigint primary key, customer bigint not null, status text not null, day date not null, priority text not null, price numeric not null);
      create table lineitem ("order" bigint not null, line bigint not null, part bigint not null, supplier bigint not null, quantity numeric not null, price numeric not null, discount numeric not null, shipped date not null, mode text not null, primary key ("order", line));
      create table part (id bigint primary key, brand text not null, kind text not null, size bigint not null);`,
  }
}

const shop = (): AdviceCase => {
  const orders = table(
    'orders',
    { id: 'bigint', user_id: 'bigint', state: 'text', ordered_at: 'timestamptz', deleted_at: 'timestamptz' },
    (t) => [t.primaryKey('id')],
  )
  const users = table('users', { id: 'bigint', email: 'text', country: 'text' }, (t) => [t.primaryKey('id')])
  const all = architecture('shop', { tables: { orders, users } })
  const add = (name: string, reads: readonly ('orders' | 'users')[], text: string, given: Parameters): void =>
    void all.query(name, reads as readonly ['orders'], sql(text, given as never, {}), { budget })
  add(
    'recent orders',
    ['orders'],
    `select id, ordered_at from orders where user_id = :user and deleted_at is null order by ordered_at desc limit 20`,
    { user: 'bigint' },
  )
  add(
    'orders in a state',
    ['orders'],
    `select id from orders where state = :state and ordered_at >= :since order by ordered_at limit 50`,
    { state: 'text', since: 'timestamptz' },
  )
  add('by address', ['users'], `select id from users where lower(email) = :email`, { email: 'text' })
  add(
    'orders of a country',
    ['orders', 'users'],
    `select count(*) from users u join orders o on o.user_id = u.id where u.country = :country and o.state = :state`,
    { country: 'text', state: 'text' },
  )
  add(
    'states of a user',
    ['orders'],
    `select state, count(*) from orders where user_id = :user group by state`,
    { user: 'bigint' },
  )
  return {
    name: 'shop',
    architecture: all,
    schema: `
      create table users (id bigint primary key, email text not null, country text not null);
      create table orders (id bigint primary key, user_id bigint not null, state text not null, ordered_at timestamptz not null, deleted_at timestamptz);`,
  }
}

export const adviceCases = (): readonly AdviceCase[] => [tpch(), shop()]
