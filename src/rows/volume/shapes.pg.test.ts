/** Shapes of conditions that large schemas have, and rows as a person would look at them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { openVolumeLab, type VolumeLab } from '../../../test/support/volume-lab.ts'
import { fillDatabase } from './fill-database.ts'

const schema = `
  create function is_workday(d date) returns boolean language sql immutable as $$ select extract(isodow from d) < 6 $$;
  create table ledgers (id int primary key, code text not null unique);
  create table days (day date primary key check (is_workday(day)), n int not null unique check (n % 5 = 2));
  create table rate (currency char(3), day date check (is_workday(day)), rate numeric not null check (rate > 0), primary key (currency, day));
  create table months (id int primary key, ledger int not null references ledgers, starts date not null check (extract(day from starts) = 1),
    ends date not null check (ends = (starts + interval '1 month' - interval '1 day')::date), unique (ledger, starts));
  create table spans (id int primary key, starts date not null, exclude using gist (daterange(starts, starts + 30) with &&));
  create table invoices (id int primary key, net numeric(12,2) not null check (net >= 0), tax numeric(12,2) not null check (tax >= 0), total numeric(12,2) not null,
    status text not null check (status in ('draft', 'sent', 'paid')), sent_at timestamptz, paid_at timestamptz,
    check (total = net + tax), check ((status = 'paid') = (paid_at is not null)), check (status = 'draft' or sent_at is not null), check (paid_at >= sent_at));
  create table friends (a int not null references ledgers, b int not null references ledgers, primary key (a, b), check (a < b));
  create table documents (id text primary key check (id ~ '^D[0-9]+$'), prev text references documents check (prev <> id));
  create table trees (tenant int not null, id int not null, parent int, primary key (tenant, id), foreign key (tenant, parent) references trees);
  create table staff (ledger int not null references ledgers, id int not null, boss int, primary key (ledger, id), foreign key (ledger, boss) references staff);
  create table shops (id int primary key);
  create table clients (shop int not null references shops, id bigint generated always as identity, primary key (shop, id));
  create table purchases (shop int not null, id bigint generated always as identity, client bigint not null, number int not null,
    primary key (shop, id), unique (shop, number), foreign key (shop, client) references clients);
  create table bills (shop int not null references shops, position int not null, client bigint not null, primary key (shop, position), foreign key (shop, client) references clients);
  create table badges (shop int primary key, client bigint not null, foreign key (shop, client) references clients);
  create table log (id bigint generated always as identity primary key, said text not null);
  create function note() returns trigger language plpgsql as $$ begin insert into log (said) values (tg_table_name); return null; end $$;
  create trigger note after insert on ledgers for each statement execute function note();
  create table visits (id bigint generated always as identity, at timestamptz not null, left_at timestamptz check (left_at >= at), primary key (id, at)) partition by range (at);
  create table visits_1 partition of visits for values from ('2031-01-01') to ('2031-07-01');
  create table visits_2 partition of visits for values from ('2031-07-01') to ('2032-01-01');
  create table visits_rest partition of visits default;
  create table towns (id bigint, land text not null, primary key (id, land)) partition by list (land);
  create table "towns of eu" partition of towns for values in ('de', 'no');
  create table "towns of ""us""" partition of towns for values in ('us');
  create table towns_rest partition of towns default;
  create table trips (id bigint, at date not null, primary key (id, at)) partition by range (at);
  create table trips_1 partition of trips for values from ('2012-01-01') to ('2013-01-01');
  create table trips_2 partition of trips for values from ('2013-01-01') to ('2014-01-01');
  create table gauges (sensor int, at timestamptz, primary key (sensor, at)) partition by range (at);
  create table gauges_1 partition of gauges for values from ('2041-03-01') to ('2041-03-02');
  create table stations (code text primary key check (code ~ '^[A-Z]{3}-[0-9]{2}$'));
  create table people (id int primary key, first_name varchar(10) not null, last_name varchar(20) not null, email text not null unique, city varchar(15) not null,
    country text not null, is_active boolean not null, quantity int not null, price numeric(8,2) not null, born date not null, created_at timestamptz not null, updated_at timestamptz not null)`

let server: Server
let lab: VolumeLab
const rows = 600
beforeAll(async () => {
  server = await startServer({})
  lab = await openVolumeLab(server, schema)
})
afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

it('are filled, each table with all the rows that were wished for', async () => {
  const { plan, problems } = await fillDatabase(lab.sessions, lab.catalog, { usual: rows, chunk: 250 })
  // One badge for each shop.
  expect(problems.map(({ table, kind }) => `${kind} ${table}`)).toEqual(['fewer badges', 'made log'])
  const small = plan.tables.filter(({ count }) => count !== rows).map(({ id, count }) => `${id} ${count}`)
  expect(small).toEqual(['shops 60', 'badges 60', 'ledgers 60'])
})

it('have as many parents as their parents have: so many clients share a shop, not so many bills', async () => {
  const other = await openVolumeLab(server, schema)
  try {
    const { plan } = await fillDatabase(other.sessions, other.catalog, { sizes: new Map([['bills', 3_000]]) })
    expect(plan.tables.map(({ id, count }) => [id, count])).toEqual([
      ['shops', 30],
      ['clients', 300],
      ['bills', 3_000],
    ])
  } finally {
    await other.close()
  }
})

it('number the rows of a whole, and not only those of a part of it', async () => {
  const sizes = new Map([
    ['purchases', 3_000],
    ['bills', 3_000],
    ['clients', 200],
    ['shops', 5],
  ])
  const other = await openVolumeLab(server, schema)
  try {
    const { plan, problems } = await fillDatabase(other.sessions, other.catalog, { sizes })
    expect(problems).toEqual([])
    expect(plan.tables.map(({ id, count }) => [id, count])).toEqual(expect.arrayContaining([...sizes]))
  } finally {
    await other.close()
  }
})

it('have values of which conditions leave many', async () => {
  expect(
    await lab.one(`select
      (select count(distinct day) from days) as days,
      (select count(distinct starts) > 5 from months) as months,
      (select count(distinct total) > 100 and count(distinct status) = 3 from invoices) as invoices,
      (select count(*) > 400 and max(n) < 101 from (select count(*) over (partition by tenant) n, parent from trees) t where parent is not null) as trees,
      (select count(boss) > 400 and count(distinct ledger) = 60 from staff) as staff,
      (select count(*) from log) as logged`),
  ).toEqual({ days: rows, months: true, invoices: true, trees: true, staff: true, logged: 1 })
})

it('land in the partitions that are meant for them, in any year, and not in the one for the rest', async () => {
  expect(
    await lab.one(`select
      (select count(*) from visits_rest) + (select count(*) from towns_rest) as rest,
      (select count(*) > 200 from visits_1) and (select count(*) > 200 from visits_2) as visits,
      (select count(distinct at) > 100 from visits) as moments,
      (select count(*) > 50 from "towns of eu") and (select count(*) > 50 from "towns of ""us""") as towns,
      (select count(distinct at) > 300 from trips) and (select count(*) > 200 from trips_1) as trips`),
  ).toEqual({ rest: 0, visits: true, moments: true, towns: true, trips: true })
})

it('are told apart by moments of the one day that there is a partition for, and by letters of a form', async () => {
  expect(
    await lab.one(`select
      (select count(distinct at) from gauges_1) as gauges,
      (select count(distinct left(code, 1)) > 20 from stations) as letters`),
  ).toEqual({ gauges: rows, letters: true })
})

it('have columns that belong together, and shares that are seen in life', async () => {
  expect(
    await lab.one(`select
      bool_and(email like lower(first_name || '.' || last_name) || '%@example.com') as one_person,
      count(distinct first_name) > 30 and count(distinct last_name) > 30 as many_people,
      (select max(n) from (select count(distinct country) n from people group by city) t) as countries_of_a_city,
      count(*) filter (where is_active) between ${rows * 0.8} and ${rows * 0.98} as mostly_active,
      avg(quantity) < 20 as few, count(*) filter (where price = 0) as for_nothing,
      max(born) < '2006-01-01' as grown, bool_and(updated_at >= created_at) as in_order
      from people`),
  ).toEqual({
    one_person: true,
    many_people: true,
    countries_of_a_city: 1,
    mostly_active: true,
    few: true,
    for_nothing: 0,
    grown: true,
    in_order: true,
  })
})
