/** Three schemas for the projection's bench: how they are filled at any size, and what is asked of them. */

export interface ProjectionCase {
  readonly name: string
  readonly schema: string
  /** Rows of each table, when the largest has n. */
  readonly sizes: (n: number) => Readonly<Record<string, number>>
  /** One statement each; `n` as above. Every value is a function of the row's number. */
  readonly fill: (n: number) => readonly string[]
  readonly queries: (n: number) => readonly string[]
}

/** A number below `most` that looks drawn: the same for the same row. */
const draw = (most: number | string, salt: number, row = 'n'): string =>
  `((hashint8(${row}::bigint * 31 + ${salt})::bigint & 2147483647) % (${most}))`

/** The same with the low ones far more often. */
const skewed = (most: number, salt: number): string =>
  `floor(${most} * power((${draw(1_000_000, salt)} + 0.5) / 1000000.0, 3))::bigint`

const commerce: ProjectionCase = {
  name: 'commerce',
  schema: `
create table tenants (id bigint primary key, name text not null);
create table users (id bigint primary key, tenant_id bigint not null references tenants, email text not null, created_at timestamptz not null);
create unique index users_email on users (email);
create index users_tenant on users (tenant_id);
create table products (id bigint primary key, tenant_id bigint not null references tenants, slug varchar(100) not null, price numeric(10,2) not null, tags text[] not null);
create unique index products_slug on products (tenant_id, slug);
create index products_tags on products using gin (tags);
create table orders (id bigint primary key, tenant_id bigint not null references tenants, user_id bigint not null references users, status text not null, total numeric(10,2) not null, ordered_at timestamptz not null, note text);
create index orders_user on orders (user_id, ordered_at desc);
create index orders_open on orders (ordered_at) where status = 'open';
create index orders_tenant_status on orders (tenant_id, status);
create index orders_at on orders using brin (ordered_at);
create table order_items (order_id bigint not null references orders, line int not null, product_id bigint not null references products, quantity int not null, primary key (order_id, line));
create index order_items_product on order_items (product_id);`,
  sizes: (n) => ({
    tenants: Math.max(20, Math.round(n / 5_000)),
    users: n / 10,
    products: n / 20,
    orders: n,
    order_items: 2 * n,
  }),
  fill: (n) => {
    const { tenants = 1, users = 1, products = 1, orders = 1, order_items = 1 } = commerce.sizes(n)
    return [
      `insert into tenants select n, 'tenant ' || n from generate_series(1, ${tenants}) n`,
      `insert into users select n, 1 + ${draw(tenants, 1)}, 'user' || lpad(n::text, 9, '0') || '@example.org', '2020-01-01'::timestamptz + ${draw(150_000_000, 2)} * interval '1 second' from generate_series(1, ${users}) n`,
      `insert into products select n, 1 + ${draw(tenants, 3)}, 'product-' || lpad(n::text, 9, '0'), ${draw(50_000, 4)} / 100.0, array['t' || ${draw(200, 5)}, 't' || ${skewed(50, 6)}] from generate_series(1, ${products}) n`,
      `insert into orders select n, 1 + ${draw(tenants, 7)}, 1 + ${draw(users, 8)}, (array['open', 'paid', 'paid', 'sent', 'done', 'done', 'done', 'done', 'done', 'back'])[1 + ${draw(10, 9)}], ${skewed(100_000, 10)} / 100.0, '2022-01-01'::timestamptz + n * (interval '730 days' / ${orders}), case when ${draw(5, 11)} = 0 then 'please ring ' || ${draw(1000, 12)} end from generate_series(1, ${orders}) n`,
      `insert into order_items select (n + 1) / 2, 1 + n % 2, 1 + ${skewed(products, 13)}, 1 + ${draw(9, 14)} from generate_series(1, ${order_items}) n`,
    ]
  },
  queries: (n) => [
    `select * from orders where user_id = 77 order by ordered_at desc limit 20`,
    `select * from orders where id = 4711`,
    `select u.email, o.* from users u join orders o on o.user_id = u.id where u.email = 'user000000077@example.org' order by o.ordered_at desc`,
    `select status, count(*), sum(total) from orders group by status`,
    `select * from orders where status = 'open' order by ordered_at limit 50`,
    `select count(*) from orders where status = 'open' and ordered_at >= '2023-06-01'`,
    `select count(*) from orders where ordered_at >= '2022-03-01' and ordered_at < '2022-03-08'`,
    `select tenant_id, count(*) from orders where status = 'back' group by tenant_id order by 2 desc limit 10`,
    `select * from orders where tenant_id = 7 and status = 'paid' order by id limit 50`,
    `select p.slug, sum(i.quantity) from order_items i join products p on p.id = i.product_id where p.tenant_id = 7 group by p.slug`,
    `select o.id, i.line, p.slug from orders o join order_items i on i.order_id = o.id join products p on p.id = i.product_id where o.user_id = 99`,
    `select t.name, sum(o.total) from tenants t join orders o on o.tenant_id = t.id group by t.name`,
    `select * from products where tags @> array['t3']`,
    `select * from products where tenant_id = 3 and slug = 'product-000000033'`,
    `select u.id from users u where not exists (select from orders o where o.user_id = u.id)`,
    `select * from orders where total > 900 and status = 'done' order by total desc limit 10`,
    `select * from orders where id > ${Math.round(n * 0.4)} order by id limit 100`,
    `select count(*) from order_items i join orders o on o.id = i.order_id where o.ordered_at >= '2023-12-01'`,
    `select user_id, max(ordered_at) from orders group by user_id`,
    `select count(*) from orders where note is not null`,
  ],
}

const tpch: ProjectionCase = {
  name: 'TPC-H-like',
  schema: `
create table nation (n_nationkey int primary key, n_name char(25) not null);
create table supplier (s_suppkey int primary key, s_nationkey int not null references nation, s_acctbal numeric(12,2) not null);
create table part (p_partkey int primary key, p_brand char(10) not null, p_type varchar(25) not null, p_size int not null, p_container char(10) not null);
create table partsupp (ps_partkey int not null references part, ps_suppkey int not null references supplier, ps_supplycost numeric(12,2) not null, primary key (ps_partkey, ps_suppkey));
create table customer (c_custkey int primary key, c_nationkey int not null references nation, c_mktsegment char(10) not null, c_acctbal numeric(12,2) not null);
create table orders (o_orderkey bigint primary key, o_custkey int not null references customer, o_orderstatus char(1) not null, o_totalprice numeric(12,2) not null, o_orderdate date not null, o_orderpriority char(15) not null);
create index orders_customer on orders (o_custkey);
create index orders_date on orders (o_orderdate);
create table lineitem (l_orderkey bigint not null references orders, l_linenumber int not null, l_partkey int not null references part, l_suppkey int not null references supplier, l_quantity int not null, l_extendedprice numeric(12,2) not null, l_discount numeric(4,2) not null, l_returnflag char(1) not null, l_shipdate date not null, primary key (l_orderkey, l_linenumber));
create index lineitem_part on lineitem (l_partkey, l_suppkey);
create index lineitem_ship on lineitem (l_shipdate);`,
  sizes: (n) => ({
    nation: 25,
    supplier: Math.round(n / 600),
    part: Math.round(n / 30),
    partsupp: 4 * Math.round(n / 30),
    customer: n / 40,
    orders: n / 4,
    lineitem: n,
  }),
  fill: (n) => {
    const sizes = tpch.sizes(n)
    const { supplier = 1, part = 1, partsupp = 1, customer = 1, orders = 1, lineitem = 1 } = sizes
    return [
      `insert into nation select n - 1, 'nation ' || n from generate_series(1, 25) n`,
      `insert into supplier select n, ${draw(25, 1)}, ${draw(1_000_000, 2)} / 100.0 from generate_series(1, ${supplier}) n`,
      `insert into part select n, 'Brand#' || ${draw(25, 3)}, 'TYPE ' || ${draw(150, 4)}, 1 + ${draw(50, 5)}, 'BOX ' || ${draw(40, 6)} from generate_series(1, ${part}) n`,
      `insert into partsupp select 1 + (n - 1) / 4, 1 + ((n - 1) / 4 + (n % 4) * ${Math.max(1, Math.floor(supplier / 4))}) % ${supplier}, ${draw(100_000, 7)} / 100.0 from generate_series(1, ${partsupp}) n on conflict do nothing`,
      `insert into customer select n, ${draw(25, 8)}, (array['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'])[1 + ${draw(5, 9)}], ${draw(1_000_000, 10)} / 100.0 from generate_series(1, ${customer}) n`,
      `insert into orders select n, 1 + ${draw(customer, 11)}, (array['F', 'F', 'O', 'O', 'P'])[1 + ${draw(5, 12)}], ${draw(50_000_000, 13)} / 100.0, '1992-01-01'::date + ${draw(2400, 14)}::int, (array['1-URGENT', '2-HIGH', '3-MEDIUM', '4-LOW', '5-NONE'])[1 + ${draw(5, 15)}] from generate_series(1, ${orders}) n`,
      `insert into lineitem select (n + 3) / 4, 1 + n % 4, 1 + ${draw(part, 16)}, 1 + ${draw(supplier, 17)}, 1 + ${draw(50, 18)}, ${draw(10_000_000, 19)} / 100.0, ${draw(11, 20)} / 100.0, (array['A', 'N', 'N', 'R'])[1 + ${draw(4, 21)}], '1992-01-01'::date + ${draw(2400, 14, '((n + 3) / 4)')}::int + ${draw(120, 22)}::int from generate_series(1, ${lineitem}) n`,
    ]
  },
  queries: () => [
    `select l_returnflag, sum(l_quantity), avg(l_extendedprice), count(*) from lineitem where l_shipdate <= '1998-09-02' group by l_returnflag order by l_returnflag`,
    `select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate from customer, orders, lineitem where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate < '1995-03-15' and l_shipdate > '1995-03-15' group by l_orderkey, o_orderdate order by revenue desc limit 10`,
    `select o_orderpriority, count(*) from orders where o_orderdate >= '1993-07-01' and o_orderdate < '1993-10-01' and exists (select from lineitem where l_orderkey = o_orderkey and l_quantity > 45) group by o_orderpriority order by 1`,
    `select n_name, sum(l_extendedprice) from customer, orders, lineitem, supplier, nation where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey and s_nationkey = n_nationkey and o_orderdate >= '1994-01-01' and o_orderdate < '1995-01-01' group by n_name`,
    `select sum(l_extendedprice * l_discount) from lineitem where l_shipdate >= '1994-01-01' and l_shipdate < '1995-01-01' and l_discount between 0.05 and 0.07 and l_quantity < 24`,
    `select c_custkey, sum(l_extendedprice) from customer, orders, lineitem where c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate >= '1993-10-01' and o_orderdate < '1994-01-01' and l_returnflag = 'R' group by c_custkey order by 2 desc limit 20`,
    `select sum(l_extendedprice) / 7.0 from lineitem, part where p_partkey = l_partkey and p_brand = 'Brand#23' and p_container = 'BOX 7' and l_quantity < 5`,
    `select * from orders where o_custkey = 321 order by o_orderdate desc`,
    `select * from lineitem where l_orderkey = 4321`,
    `select count(*) from lineitem where l_shipdate = '1995-06-17'`,
    `select ps_partkey, sum(ps_supplycost) from partsupp, supplier, nation where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'nation 7' group by ps_partkey order by 2 desc limit 10`,
    `select p_brand, count(distinct ps_suppkey) from partsupp, part where p_partkey = ps_partkey and p_size in (9, 14, 23) group by p_brand`,
    `select * from lineitem where l_partkey = 1234 and l_suppkey = 12`,
    `select max(o_orderdate) from orders`,
  ],
}

const saas: ProjectionCase = {
  name: 'events',
  schema: `
create type level as enum ('debug', 'info', 'warn', 'error');
create table accounts (id uuid primary key, plan text not null, country char(2) not null);
create table devices (id bigint primary key, account_id uuid not null references accounts, label text);
create index devices_account on devices (account_id);
create table events (id bigint not null, device_id bigint not null references devices, at timestamptz not null, level level not null, kind text not null, payload jsonb not null, primary key (id, at)) partition by range (at);
create table events_2023 partition of events for values from ('2023-01-01') to ('2024-01-01');
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
create index events_device on events (device_id, at);
create index events_level on events (level) where level >= 'warn';
create index events_kind on events (lower(kind));
create table readings (device_id bigint not null, taken_at timestamp not null, value real not null, primary key (device_id, taken_at));`,
  sizes: (n) => ({ accounts: n / 1_000, devices: n / 100, events: n, readings: n }),
  fill: (n) => {
    const { accounts = 1, devices = 1, events = 1, readings = 1 } = saas.sizes(n)
    const account = (row: string): string => `md5('account' || (${row}))::uuid`
    return [
      `insert into accounts select ${account('n')}, (array['free', 'free', 'free', 'team', 'company'])[1 + ${draw(5, 1)}], (array['DE', 'FR', 'US', 'US', 'GB', 'NL', 'PL', 'ES'])[1 + ${draw(8, 2)}] from generate_series(1, ${accounts}) n`,
      `insert into devices select n, ${account(`1 + ${skewed(accounts, 3)}`)}, case when n % 3 = 0 then 'device ' || n end from generate_series(1, ${devices}) n`,
      `insert into events select n, 1 + ${draw(devices, 4)}, '2023-01-01'::timestamptz + n * (interval '1095 days' / ${events + 1}), (array['debug', 'info', 'info', 'info', 'info', 'info', 'info', 'warn', 'warn', 'error'])[1 + ${draw(10, 5)}]::level, 'Kind ' || ${skewed(60, 6)}, jsonb_build_object('v', ${draw(1000, 7)}) from generate_series(1, ${events}) n`,
      `insert into readings select 1 + n % ${devices}, '2024-01-01'::timestamp + (n / ${devices}) * interval '1 minute', ${draw(1000, 8)} / 10.0 from generate_series(1, ${readings}) n`,
    ]
  },
  queries: () => [
    `select * from events where device_id = 55 and at >= '2024-05-01' order by at desc limit 100`,
    `select count(*) from events where level = 'error' and at >= '2025-06-01'`,
    `select level, count(*) from events where at >= '2024-03-01' and at < '2024-04-01' group by level`,
    `select * from events where lower(kind) = 'kind 3' and at >= '2025-12-01' limit 50`,
    `select d.label, count(*) from devices d join events e on e.device_id = d.id where d.account_id = md5('account7')::uuid and e.at >= '2025-01-01' group by d.label`,
    `select a.country, count(*) from accounts a join devices d on d.account_id = a.id join events e on e.device_id = d.id where e.level >= 'warn' group by a.country`,
    `select avg(value) from readings where device_id = 12`,
    `select device_id, max(value) from readings group by device_id`,
    `select count(distinct device_id) from events where at >= '2024-07-01' and at < '2024-07-02'`,
    `select * from events where id = 4242`,
  ],
}

export const projectionCases: readonly ProjectionCase[] = [commerce, tpch, saas]
