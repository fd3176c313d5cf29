/** Loading for plans on a real server: tables whose constraints, triggers and policies stand in the way of 5,000 rows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { loadForPlans, type LoadProblem } from './load.ts'

const schema = `
  create type status as enum ('new', 'open', 'done');
  create domain email as text check (value ~ '^[^@ ]+@[^@ ]+$');
  create domain short as varchar(10) not null;
  create table tenants (id bigint primary key, name text not null unique);
  create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;

  create table users (
    tenant_id bigint not null references tenants,
    id bigint generated always as identity,
    email email not null,
    nick short,
    status status not null,
    active boolean not null default true,
    deleted_at timestamptz,
    score smallint not null check (score between 1 and 5),
    profile jsonb not null,
    loud text generated always as (upper(nick)) stored,
    primary key (tenant_id, id),
    unique (tenant_id, email),
    unique (id) deferrable initially deferred,
    check (email <> nick)
  );
  create index on users (tenant_id, status) where deleted_at is null;
  create index on users (((profile ->> 'age')::int));
  create index on users (score) where score > 3 and active;
  create index on users using gin (profile);
  create trigger refuse before insert on users for each row execute function refuse();
  create rule nothing as on insert to users do instead nothing;
  alter table users enable row level security;
  alter table users force row level security;
  create policy own on users using (tenant_id = current_setting('app.tenant')::bigint);

  create table events (id bigint not null, at date not null, kind text not null, primary key (id, at)) partition by range (at);
  create table events_2024_01 partition of events for values from ('2024-01-01') to ('2024-02-01');
  create table events_2024_02 partition of events for values from ('2024-02-01') to ('2024-03-01');
  create index on events (kind, at);

  create table shards (id bigint primary key, region text not null) partition by hash (id);
  create table shards_0 partition of shards for values with (modulus 2, remainder 0);
  create table shards_1 partition of shards for values with (modulus 2, remainder 1);
  create index on shards (region);

  create table codes (id bigint primary key, code text not null);
  create index on codes ((code::int));

  create table log (at timestamptz not null, line text not null);
  create index on log using brin (at);

  create table bookings (id bigint primary key, during tstzrange not null, exclude using gist (during with &&));
  create table calls (id bigint primary key, tenant int not null, eta timestamptz not null, etd timestamptz not null, state text not null,
    stay tstzrange generated always as (tstzrange(eta, etd)) stored, check (eta < etd));
  create index on calls (tenant) include (eta, etd) where state <> 'sailed';
  create table unloaded (id bigint primary key);`

const loaded = ['users', 'events', 'shards', 'codes', 'log', 'bookings', 'calls']

let server: Server
let db: Session
let problems: readonly LoadProblem[]

const load = async (): Promise<Session> => {
  const database = await server.createDatabase('load')
  const owner = await server.connect(database, 'owner')
  await owner.query(schema)
  problems = await loadForPlans([owner], await readCatalog(owner), { tables: loaded, rules: [] })
  await owner.end()
  return server.connect(database, 'prover')
}

beforeAll(async () => {
  server = await startServer({})
  db = await load()
})
afterAll(async () => {
  await db?.end()
  await server?.stop()
})

const one = async <T>(sql: string): Promise<T> => (await db.json<T>(sql))[0]!

describe('every table that was asked for', () => {
  it.each([
    ['users', 10_000],
    ['events', 10_000],
    ['shards', 10_000],
    ['codes', 10_000],
    ['log', 60_000],
    ['bookings', 10_000],
    ['tenants', 0],
    ['unloaded', 0],
  ])('%s has %i rows', async (table, rows) => {
    expect(problems).toEqual([])
    expect(await one(`select count(*) as rows from ${table}`)).toEqual({ rows })
  })

  it('fills each partition that exists', async () => {
    const { january, february } = await one<{ january: number; february: number }>(
      'select (select count(*) from events_2024_01) as january, (select count(*) from events_2024_02) as february',
    )
    expect(january + february).toBe(10_000)
    expect(Math.min(january, february)).toBeGreaterThan(3_000)
  })

  it('obeys domains and NOT NULL, and computes what is generated', async () => {
    const found = await one(`
      select count(*) filter (where email !~ '^[^@ ]+@[^@ ]+$') as bad_email,
             count(*) filter (where length(nick) > 10) as long_nick,
             count(*) filter (where loud is distinct from upper(nick)) as bad_loud
        from users`)
    expect(found).toEqual({ bad_email: 0, long_nick: 0, bad_loud: 0 })
  })

  it('makes the predicates of partial indexes true of about half of the rows', async () => {
    const { living, high } = await one<{ living: number; high: number }>(`
      select count(*) filter (where deleted_at is null) as living,
             count(*) filter (where score > 3 and active) as high
        from users`)
    expect(living).toBeGreaterThan(4_000)
    expect(living).toBeLessThan(6_000)
    expect(high).toBeGreaterThan(3_000)
    expect(high).toBeLessThan(7_000)
  })

  it('repeats leading columns and tells keys apart', async () => {
    const found = await one<{ kinds: number; regions: number; ages: number; ids: number }>(`
      select (select count(distinct kind) from events) as kinds,
             (select count(distinct region) from shards) as regions,
             (select count(distinct profile ->> 'age') from users) as ages,
             (select count(distinct id) from users) as ids`)
    expect(found.kinds).toBe(200)
    expect(found.regions).toBe(200)
    expect(found.ages).toBeGreaterThanOrEqual(200)
    expect(found.ids).toBe(10_000)
  })
})

it('leaves the policies as they were', async () => {
  expect(
    await one(
      `select relrowsecurity as enabled, relforcerowsecurity as forced from pg_class where oid = 'users'::regclass`,
    ),
  ).toEqual({ enabled: true, forced: true })
})

it('leaves the same statistics in another clone', async () => {
  const statistics = `
    select tablename, attname, n_distinct, null_frac, avg_width, correlation,
           most_common_vals::text, most_common_freqs::text, histogram_bounds::text
      from pg_stats where schemaname = 'public' order by 1, 2, inherited`
  const sizes = `select relname, relpages, reltuples, relallvisible from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'i') order by 1`
  const other = await load()
  try {
    expect(await other.json(statistics)).toEqual(await db.json(statistics))
    expect(await other.json(sizes)).toEqual(await db.json(sizes))
  } finally {
    await other.end()
  }
})
