/** Filling on a real server: every constraint live, whatever tables and columns are called, and the same rows whoever writes them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PgError } from '../../postgres/fault.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import {
  corpusExtensions,
  corpusFiles,
  isCorpusTested,
  readWholeCorpus,
} from '../../../test/support/corpus.ts'
import { openVolumeLab, type VolumeLab } from '../../../test/support/volume-lab.ts'
import { fillDatabase, planFilling } from './fill-database.ts'
import { fillVolume } from './fill.ts'
import { closeJournal, noteChunk, openJournal, readJournal } from './journal.ts'

const schema = `
  create type state as enum ('new', 'it''s "done"', E'tab\\there');
  create domain email as text check (value ~ '^[^@ ]+@[^@ ]+$');
  create table currencies (code char(3) primary key);
  insert into currencies values ('EUR'), ('USD');
  create table "Te nants" ("i""d" bigint generated always as identity primary key, name text not null unique);
  create table users (
    tenant bigint not null references "Te nants", id bigint not null, email email not null, code varchar(4) not null unique,
    state state not null, tags text[] not null, profile jsonb not null, born date not null check (born < '2010-01-01'),
    loud text generated always as (upper(email)) stored, boss bigint,
    primary key (tenant, id), unique (tenant, email), foreign key (tenant, boss) references users
  );
  create table products (
    tenant bigint not null references "Te nants", id uuid not null, price numeric(10,2) not null check (price > 0),
    list_price numeric(10,2) not null, check (list_price >= price), primary key (tenant, id));
  create table orders (
    tenant bigint not null, id bigserial primary key, "user" bigint not null, product uuid not null,
    quantity smallint not null check (quantity between 1 and 5), currency char(3) not null references currencies,
    created_at timestamptz not null, shipped_at timestamptz, check (shipped_at > created_at or shipped_at is null),
    foreign key (tenant, "user") references users, foreign key (tenant, product) references products);
  create table order_items (order_id bigint references orders, line_no smallint check (line_no > 0), note text, primary key (order_id, line_no));
  create table likes (a bigint not null, b bigint not null references orders, primary key (a, b), foreign key (a) references orders);
  create table prices (product uuid not null, tenant bigint not null, currency char(3) check (currency ~ '^[A-Z]{3}$'),
    primary key (tenant, product, currency), foreign key (tenant, product) references products);
  create table nodes (id int primary key, parent int references nodes check (parent <> id), root int not null references nodes);
  create table pictures (id int primary key, node int references nodes, "order" bigint references orders, check (num_nonnulls(node, "order") = 1));
  create table bookings (id int primary key, during tstzrange not null, exclude using gist (during with &&));
  create table shifts (id int primary key, starts timestamptz not null, ends timestamptz not null, check (starts < ends),
    exclude using gist (tstzrange(starts, ends) with &&));
  create table events (id bigint, at date not null, kind text not null check (kind in ('click', 'view')), primary key (id, at)) partition by range (at);
  create table events_1 partition of events for values from ('2024-01-01') to ('2024-02-01');
  create table events_2 partition of events for values from ('2024-03-01') to ('2024-04-01');
  create table "sele""ct" ("fr om" text not null check ("fr om" ~ '^[A-Z]{2}-[0-9]{6}$') unique, "Ümläut" inet not null, changed int);
  create function rewrite() returns trigger language plpgsql as $$ begin new.changed := 7; return new; end $$;
  create trigger rewrite before insert on "sele""ct" for each row execute function rewrite();
  alter table orders enable row level security;
  alter table orders force row level security;
  create policy own on orders using (tenant = current_setting('app.tenant')::bigint);
  create table flags (a boolean not null, b boolean not null, primary key (a, b));
  create table never (id int primary key check (id is null));`

let server: Server
let lab: VolumeLab
beforeAll(async () => {
  server = await startServer({})
  lab = await openVolumeLab(server, schema)
})
afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

const count = 1_500
const wish = (more: Partial<Parameters<typeof planFilling>[2]> = {}): Parameters<typeof planFilling>[2] => ({
  usual: count,
  chunk: 400,
  ...more,
})

describe('a schema with everything', () => {
  it('is filled, and what cannot be is named', async () => {
    const { plan, problems } = await fillDatabase(lab.sessions, lab.catalog, wish())
    expect(problems.map(({ table, kind, summary }) => `${kind} ${table}: ${summary}`)).toEqual([
      'fewer flags: its keys and conditions allow 4 rows, not 1500',
      'refused never: no values were found that PostgreSQL takes for id',
    ])
    const found = await lab.digests()
    const written = plan.tables.filter(({ stands }) => !stands)
    expect(written.map(({ id, count: rows }) => `${id} ${rows}`)).toEqual(
      written.map(({ id }) => `${id} ${found[id]?.split(' ')[0]}`),
    )
    expect(written.length).toBe(lab.catalog.tables.size - 4)
  })

  it('in which rows look as they should', async () => {
    expect(
      await lab.one(`select
        (select count(distinct code) from currencies) as currencies,
        (select count(*) from events_1) > 100 and (select count(*) from events_2) > 100 as parts,
        (select count(distinct parent) from nodes) > 15 as tree,
        (select bool_and(changed = 7) from "sele""ct") as rewritten,
        (select count(distinct currency) from orders) as used,
        (select count(*) from orders where shipped_at is null) between 1 and ${count} as null_share,
        (select max(n) from (select count(*) n from orders group by tenant) t) > 2 * (select min(n) from (select count(*) n from orders group by tenant) t) as skew,
        (select count(*) from nodes where parent is not null) > 0 as pointing,
        nextval('orders_id_seq') = (select max(id) + 1 from orders) as sequence`),
    ).toEqual({
      currencies: 2,
      parts: true,
      tree: true,
      rewritten: true,
      used: 2,
      null_share: true,
      skew: true,
      pointing: true,
      sequence: true,
    })
  })

  it('with the same rows for the same seed, by one session or two, and killed on the way', async () => {
    const [first, second] = lab.sessions
    const before = await lab.digests()
    await lab.empty()
    await first.query(`insert into currencies values ('EUR'), ('USD')`)
    const planned = await planFilling(first, lab.catalog, wish())
    const journal = await openJournal(first, 'same', planned)
    let chunks = 0
    const killed = fillVolume([second], planned.plan, {
      note: (table, chunk) => (++chunks > 20 ? 'select 1 / 0' : noteChunk(table, chunk)),
    })
    await expect(killed).rejects.toBeInstanceOf(PgError)
    const again = await readJournal(first)
    expect(again!.planned).toEqual(journal.planned)
    expect([...again!.done.values()].reduce((sum, one) => sum + one.size, 0)).toBe(20)
    await fillVolume([first], again!.planned.plan, { done: again!.done, note: noteChunk })
    await closeJournal(first)
    expect(await lab.digests()).toEqual(before)
    expect(await lab.one(`select to_regnamespace('assay') is null as gone`)).toEqual({ gone: true })
  })

  it('with other rows for another seed', async () => {
    const before = await lab.digests()
    await lab.empty()
    await fillDatabase(lab.sessions, lab.catalog, wish({ seed: 2, sizes: new Map([['orders', 600]]) }))
    const after = await lab.digests()
    expect(after['orders']).toMatch(/^600 /u)
    expect(after['users']).not.toBe(before['users'])
    expect(after['nodes']).toBe('0 ')
  })
})

describe('declared volumes', () => {
  it('spread values as they say', async () => {
    const own = await openVolumeLab(
      server,
      `create table customers (id int primary key);
       create table visits (id int primary key, customer int not null references customers, kind text not null, score int not null,
         height numeric(6,1) not null, comment text, begun timestamptz not null, ended timestamptz not null,
         sent date, seen date check (seen >= sent), paid date, lost date, check (paid >= lost or paid is null), place text, spot text, check (place <> spot))`,
    )
    await fillDatabase(own.sessions, own.catalog, {
      sizes: new Map([
        ['visits', 5_000],
        ['customers', 50],
      ]),
      columns: new Map([
        [
          'visits',
          {
            customer: { zipf: 1.2 },
            kind: { weights: { short: 9, long: 1 } },
            score: { uniform: [10, 20] },
            height: { normal: [170, 10] },
            comment: { nulls: 0.75 },
            begun: { rising: true },
            ended: { after: ['begun', 3_600] },
            seen: { nulls: 0.2, after: ['sent', 864_000] },
            lost: { nulls: 0.3 },
            paid: { nulls: 0.4 },
            place: { nulls: 0, weights: { x: 8, y: 1, z: 1 } },
            spot: { nulls: 0.5 },
          },
        ],
      ]),
    })
    expect(
      await own.one(`select
        (select max(n) from (select count(*) n from visits group by customer) t) > 1000 as zipf,
        (select count(distinct customer) from visits) as customers,
        count(*) filter (where kind = 'short') between 4300 and 4700 as weights,
        min(score) as least, max(score) as most,
        round(avg(height)) between 168 and 172 as mean, round(stddev(height)) between 8 and 12 as deviation,
        count(comment) between 1000 and 1500 as nulls,
        bool_and(ended - begun between interval '0' and interval '1 hour') as goes_with,
        round(avg((seen is null)::int), 1) as seen, round(avg((lost is null)::int), 1) as lost, round(avg((paid is null)::int), 1) as paid,
        round(avg((place = 'x')::int), 1) as place, round(avg((spot is null)::int), 1) as spot,
        count(distinct seen - sent) as days,
        bool_and(begun >= earlier) and count(distinct begun) > 4000 as rising
        from (select *, lag(begun) over (order by id) as earlier from visits) visits`),
    ).toEqual({
      zipf: true,
      customers: 50,
      weights: true,
      least: 10,
      most: 20,
      mean: true,
      deviation: true,
      nulls: true,
      goes_with: true,
      // Also where a condition has a say in them.
      seen: 0.2,
      lost: 0.3,
      paid: 0.4,
      place: 0.8,
      spot: 0.5,
      days: 10,
      rising: true,
    })
    await own.close()
  })
})

/** The largest takes longer than all others together. */
const isLong = process.env['ASSAY_RUNS'] !== undefined
const files = isLong ? corpusFiles : corpusFiles.filter((file) => file !== 'adventureworks.sql')

describe.skipIf(!isCorpusTested)('the corpus (skipped where ../shared/corpus is not there)', () => {
  it.each(files)('%s takes every row', async (file) => {
    const own = await openVolumeLab(server, readWholeCorpus(file), corpusExtensions(file))
    const { problems } = await fillDatabase(own.sessions, own.catalog, { usual: 300, chunk: 150 })
    expect(problems.filter(({ kind }) => kind === 'refused')).toEqual([])
    await own.close()
  })
})
