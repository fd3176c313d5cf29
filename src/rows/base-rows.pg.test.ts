import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { openRowLab, type RowLab } from '../../test/support/row-lab.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

const families = ['a', 'b', 'c'] as const

/** Solves every table, inserts all families on top of the world, and answers what went wrong. */
const problems = async (lab: RowLab): Promise<readonly string[]> => {
  const found: string[] = []
  for (const table of lab.catalog.tables.values()) {
    const world = await lab.rows.worldWith(table, families)
    const refusal = await lab.refusal(world.statements)
    if (world.problem !== null) found.push(`${table.id}: ${world.problem}`)
    if (refusal !== null) found.push(`${table.id}: ${refusal}`)
  }
  return found
}

const withLab = async (
  schema: string,
  work: (lab: RowLab) => Promise<void>,
  extensions: readonly string[] = [],
): Promise<void> => {
  const lab = await openRowLab(server, schema, { extensions })
  try {
    await work(lab)
  } finally {
    await lab.close()
  }
}

describe('base rows', () => {
  it('read like the columns they fill, distinct in every column that can differ', () =>
    withLab(
      `create type status as enum ('draft', 'live', 'gone');
       create table products (id bigint generated always as identity primary key, slug varchar(100) not null unique,
         name text not null, price numeric(10,2) not null check (price >= 0), status status not null,
         active boolean not null default true, email text, born date, code char(3), metadata jsonb,
         total numeric generated always as (price * 2) stored)`,
      async (lab) => {
        expect(await lab.inserts('products')).toEqual([
          `insert into "public"."products" ("id", "slug", "name", "price", "status", "active", "email", "born", "code", "metadata") overriding system value values (1001, 'slug-a', 'name a', 1, 'draft', true, 'a@example.com', '2024-01-01', 'aaa', '{"key":"a"}')`,
          `insert into "public"."products" ("id", "slug", "name", "price", "status", "active", "email", "born", "code", "metadata") overriding system value values (1002, 'slug-b', 'name b', 2, 'live', false, 'b@example.com', '2024-01-02', 'bbb', '{"key":"b"}')`,
          `insert into "public"."products" ("id", "slug", "name", "price", "status", "active", "email", "born", "code", "metadata") overriding system value values (1003, 'slug-c', 'name c', 3, 'gone', true, 'c@example.com', '2024-01-03', 'ccc', '{"key":"c"}')`,
        ])
        expect(await problems(lab)).toEqual([])
      },
    ))

  it('satisfy patterns, functions, JSON, arrays, lists, comparisons and dates relative to now()', () =>
    withLab(
      `create function luhn_like(t text) returns boolean language plpgsql immutable as $$
         begin if t !~ '^\\d{4}-\\d{4}$' then return false; end if; return substr(t, 1, 1) = '7'; end $$;
       create function is_hex(t text) returns boolean language sql immutable as $$ select t ~ '^[0-9a-f]{8}$' $$;
       create domain email as text check (value ~ '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$');
       create domain positive as integer not null check (value > 0);
       create table cards (id int primary key, number text not null check (luhn_like(number)),
         color text not null check (is_hex(color)), pin char(4) not null check (pin ~ '^\\d+$'),
         contact email not null, level positive,
         born date not null check (born <= current_date - interval '18 years'),
         tags text[] not null check (cardinality(tags) between 2 and 4 and 'vip' = any (tags)),
         iban text not null check (length(iban) between 15 and 34 and iban = upper(iban)),
         age int not null check (age % 7 = 3), ip inet not null check (family(ip) = 6),
         token bytea not null check (octet_length(token) = 16), opens time not null check (opens > '18:00'),
         span interval not null check (span > '1 hour'), r numrange not null check (lower(r) >= 100),
         num numeric not null check (num > 0.5 and num < 0.6), size text not null check (size in ('S', 'M', 'L')),
         meta jsonb not null check (jsonb_typeof(meta) = 'object' and meta ? 'color' and (meta->>'size')::int between 1 and 5),
         quantity int not null check (quantity > 0), unit_price numeric(10,2) not null,
         subtotal numeric(12,2) not null check (subtotal = quantity * unit_price),
         tax numeric(12,2) not null, total numeric(12,2) not null check (total = subtotal + tax),
         placed_at timestamptz not null check (placed_at <= now()), shipped_at timestamptz check (shipped_at > placed_at),
         note text, link text, check (num_nonnulls(note, link) = 1))`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        const row = await lab.rows.base(lab.table('cards'), 'a')
        expect(row).toMatchObject({
          contact: "'a@example.com'",
          born: "(CURRENT_DATE - '18 years'::interval) - interval '1 day'",
          size: "'S'",
          subtotal: '1',
          placed_at: "now() - interval '1 day'",
        })
      },
    ))

  it('reference parents of their own family, through composite and shared keys', () =>
    withLab(
      `create table tenants (id bigint generated always as identity primary key, name text not null unique);
       create table users (id bigint primary key, tenant_id bigint not null references tenants, unique (tenant_id, id));
       create table products (id bigint primary key, tenant_id bigint not null references tenants, unique (tenant_id, id));
       create table orders (id bigint primary key, tenant_id bigint not null references tenants, user_id bigint not null,
         foreign key (tenant_id, user_id) references users (tenant_id, id), unique (tenant_id, id));
       create table items (tenant_id bigint not null references tenants, order_id bigint not null, product_id bigint not null,
         replaces bigint, primary key (tenant_id, order_id, product_id),
         foreign key (tenant_id, order_id) references orders (tenant_id, id),
         foreign key (tenant_id, product_id) references products (tenant_id, id),
         foreign key (tenant_id, replaces) references products (tenant_id, id) match simple);
       create table profiles (id bigint primary key references users, nick text);`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        expect(await lab.rows.base(lab.table('items'), 'b')).toEqual({
          tenant_id: '1002',
          order_id: '1002',
          product_id: '1002',
          replaces: '1002',
        })
        expect((await lab.rows.world(lab.table('users'))).statements).toEqual([
          `insert into "public"."tenants" ("id", "name") overriding system value values (1001, 'name a'), (1002, 'name b'), (1003, 'name c')`,
        ])
      },
    ))

  it('point to themselves or to nothing where a table references itself, and close circles', () =>
    withLab(
      `create table tree (id smallint generated always as identity primary key, parent_id smallint not null references tree);
       create table staff (id int primary key, boss_id int references staff);
       create table tenants (id bigint primary key, owner_id bigint not null);
       create table users (id bigint primary key, tenant_id bigint not null references tenants, unique (tenant_id, id));
       alter table tenants add foreign key (owner_id) references users;
       create table orders (id int primary key, tenant_id bigint not null, user_id bigint not null,
         foreign key (tenant_id, user_id) references users (tenant_id, id));
       create table hen (id int primary key, egg_id int not null);
       create table egg (id int primary key, hen_id int not null references hen deferrable initially deferred);
       alter table hen add foreign key (egg_id) references egg deferrable;
       create table left_side (id int primary key, right_id int);
       create table right_side (id int primary key, left_id int references left_side);
       alter table left_side add foreign key (right_id) references right_side;`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        const base = (id: string) => lab.rows.base(lab.table(id), 'a')
        expect(await base('tree')).toEqual({ id: '1001', parent_id: '1001' })
        expect(await base('staff')).toEqual({ id: '1001', boss_id: 'null' })
        expect(await base('orders')).toEqual({ id: '1001', tenant_id: '1001', user_id: '1001' })
        expect(await base('users')).toEqual({ id: '1001', tenant_id: '1001' })
        expect(await base('left_side')).toEqual({ id: '1001', right_id: '1001' })
      },
    ))

  it('collide in no unique key, partial, expression or exclusion', () =>
    withLab(
      `create table rooms (id int primary key, room int not null, during tstzrange not null check (not isempty(during)),
         exclude using gist (room with =, during with &&));
       create table spans (during daterange not null, exclude using gist (during with &&));
       create table users (id int primary key, email text not null);
       create unique index on users (lower(email));
       create type kind as enum ('home', 'work');
       create table addresses (user_id int not null references users, kind kind not null, main boolean not null,
         primary key (user_id, kind));
       create unique index one_main on addresses ((true)) where main;
       create table flags (on_off boolean not null, kind kind not null, unique (on_off, kind));`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        const main = await Promise.all(families.map((f) => lab.rows.base(lab.table('addresses'), f)))
        expect(main.filter((row) => row?.['main'] === 'true')).toHaveLength(1)
      },
      ['btree_gist'],
    ))

  it('land in partitions that exist, by range, list, hash and below', () =>
    withLab(
      `create table events (id bigint not null, at timestamptz not null, kind text not null) partition by range (at);
       create table events_1 partition of events for values from ('2025-01-01') to ('2025-02-01');
       create table events_2 partition of events for values from ('2025-02-01') to ('2025-03-01') partition by list (kind);
       create table events_2_login partition of events_2 for values in ('login', 'logout');
       create table hashed (id int primary key, name text) partition by hash (id);
       create table hashed_3 partition of hashed for values with (modulus 7, remainder 3);`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        expect(await lab.rows.base(lab.table('events_2'), 'a')).toEqual({
          id: '1',
          at: "'2025-02-02 00:00:00+00'",
          kind: "'login'",
        })
      },
    ))

  it('pass triggers that rewrite, refuse or fill in, and reference what is stored', () =>
    withLab(
      `create table codes (id int primary key, code text not null unique, touched timestamptz);
       create function shout() returns trigger language plpgsql as $$
         begin new.code := upper(new.code); new.touched := clock_timestamp(); return new; end $$;
       create trigger shout before insert or update on codes for each row execute function shout();
       create table uses (id int primary key, code text not null references codes (code));
       create table picky (id int primary key, kind text not null, n int not null);
       create function picky() returns trigger language plpgsql as $$ begin
         if new.kind not in ('red', 'green') then raise exception 'bad kind'; end if;
         if new.n < 50 then raise exception 'too small' using errcode = '23514'; end if; return new; end $$;
       create trigger picky before insert on picky for each row execute function picky();
       create table tokens (id uuid primary key, name text not null);
       create function mint() returns trigger language plpgsql as $$ begin new.id := gen_random_uuid(); return new; end $$;
       create trigger mint before insert on tokens for each row execute function mint();
       create table token_uses (id int primary key, token uuid not null references tokens);
       create table users (id int primary key);
       create table secrets (user_id int primary key references users, secret text);
       create function keep() returns trigger language plpgsql as $$ begin insert into secrets values (new.id); return new; end $$;
       create trigger keep after insert on users for each row execute function keep();`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        expect(await lab.rows.base(lab.table('uses'), 'a')).toEqual({ id: '1001', code: "'CODE-A'" })
        expect((await lab.rows.base(lab.table('token_uses'), 'a'))?.['token']).toBe(
          `(select "id" from "public"."tokens" where "name" = 'name a')`,
        )
        expect((await lab.rows.world(lab.table('secrets'))).statements.at(-1)).toBe(
          `delete from "public"."secrets"`,
        )
      },
    ))

  it('are solved under forced row-level security, in odd names and odd types', () =>
    withLab(
      `create table "Ten ants" ("select" int primary key, "a ""b" text not null unique, "ü.x" int check ("ü.x" > 3));
       alter table "Ten ants" enable row level security; alter table "Ten ants" force row level security;
       create policy nobody on "Ten ants" using (false) with check (false);
       create schema "we.ird";
       create table "we.ird"."T" (id int primary key references "Ten ants", b bit(4) not null, v bit varying(3) not null,
         p point not null, l line not null, bx box not null, c circle not null, i interval not null, m money not null,
         mac macaddr not null, cidr cidr not null, x xml not null, q tsquery not null, t tsvector not null, o oid not null,
         rec "Ten ants", j json not null, r int8range not null, mr nummultirange not null, a numeric(3,1)[] not null,
         n name not null, ch "char" not null, tz timetz not null, lsn pg_lsn not null, f real not null, s smallint not null,
         tiny numeric(2,2) not null unique, neg numeric(3,-2) not null, u uuid not null, by bytea not null);
       create type pair as (x int, y text);
       create table composites (id int primary key, p pair not null, ps pair[] not null);`,
      async (lab) => expect(await problems(lab)).toEqual([]),
    ))

  it('solve what other columns, seeds, generated keys and whole rows decide', () =>
    withLab(
      `create table not_own (id int primary key, parent_id int not null references not_own, check (parent_id <> id));
       create table under_it (id int primary key, of int not null references not_own);
       create table left_key (code text primary key); create table right_key (name text primary key);
       create table both_keys (id int primary key, k text not null references left_key, foreign key (k) references right_key);
       create domain few as text[] check (cardinality(value) between 1 and 3);
       create type mood as enum ('sad', 'ok', 'happy'); create domain good as mood check (value <> 'sad');
       create domain named as text not null check (length(value) >= 2);
       create table domains (id int primary key, t few not null, m good, n named);
       create type "Pla ce" as (street text, "zip ""code""" text, country char(2), n numeric(4,1));
       create domain lived as "Pla ce" check ((value)."zip ""code""" is not null and char_length((value).country) = 2 and (value).n > 5);
       create table lives (id int primary key, home lived, p "Pla ce" not null check ((p).n > 7 and (p).street <> ''));
       create table whole (id int primary key, a int not null, b int not null);
       create function enough(w whole) returns boolean language sql immutable as $$ select w.a + w.b > 10 $$;
       alter table whole add check (enough(whole.*));
       create table colors (code text primary key); insert into colors values ('red'), ('blue');
       create function is_color(c text) returns boolean language sql stable as
         $$ select exists (select from colors where code = c) $$;
       create table painted (id int primary key, color text not null check (is_color(color)));
       create table ordered (id int primary key, a int not null, b int not null, c int not null, d int not null,
         check (a < b and b < c and c < d));
       create table hundred (id int primary key, a int not null, b int not null, c int not null, check (a + b + c = 100));
       create table slots (id int primary key, s timestamptz not null, e timestamptz not null,
         check (s + interval '1 hour' <= e and e - s <= interval '4 hours'));
       create table coded (id int primary key, name text not null, code text not null, check (code = upper(left(name, 3))));
       create table pay (id int primary key, type text not null, card text, iban text,
         check ((type = 'card' and card is not null and iban is null) or (type = 'bank' and iban is not null and card is null)));
       create table passwords (p text not null check (p ~ '^(?=.*[A-Z])(?=.*\\d)(?=.*[a-z]).{8,}$'),
         isbn text not null check (isbn ~ '^\\d{4}$' and (substr(isbn, 1, 1)::int + substr(isbn, 4, 1)::int) % 10 = 7),
         adult date not null check (age(adult) >= interval '18 years'));
       create table doubled (twice int generated always as (n * 2) stored primary key, n int not null);
       create table of_doubled (id int primary key, twice int not null references doubled);
       create table documents (x jsonb not null check (jsonb_typeof(x->'items') = 'array' and jsonb_array_length(x->'items') >= 2),
         y jsonb not null check (y @> '{"v": 1}' and y->>'kind' in ('a', 'b')),
         z jsonb not null check (jsonb_path_exists(z, '$.a.b ? (@ > 5)')),
         n jsonb not null check ((n->'price'->>'amount')::numeric > 0 and n->'price'->>'currency' in ('EUR', 'USD')
           and jsonb_typeof(n->'price') = 'object'));
       create table late (id int primary key, n int not null);
       create function late_f() returns trigger language plpgsql as $$ begin
         if new.n < 100 then raise exception 'n must be at least 100'; end if; return null; end $$;
       create constraint trigger late after insert on late deferrable initially deferred for each row execute function late_f();`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        expect(await lab.rows.base(lab.table('not_own'), 'a')).toEqual({ id: '1001', parent_id: '1004' })
        expect((await lab.rows.base(lab.table('painted'), 'a'))?.['color']).toBe("'blue'")
      },
    ))

  it('are never more than a table can hold, and say why there is none', () =>
    withLab(
      `create table singleton (id int primary key check (id = 0));
       create table child (id int primary key, of int not null references singleton);
       create table none (id int primary key, n int not null check (n > 1 and n < 1));
       create table of_none (id int primary key references none);`,
      async (lab) => {
        expect(await lab.inserts('singleton')).toHaveLength(1)
        expect(await lab.inserts('child')).toHaveLength(3)
        expect(await lab.rows.base(lab.table('none'), 'a')).toBeNull()
        expect((await lab.rows.world(lab.table('none'))).problem).toMatch(
          /none of \d+ values tried for n satisfies CHECK none_n_check/u,
        )
        expect((await lab.rows.world(lab.table('of_none'))).problem).toMatch(
          /^none, which rows of of_none need/u,
        )
      },
    ))

  it('have parents of the kind that their constraints ask for, each family its own', () =>
    withLab(
      `create domain robot as text check (value = 'robot');
       create table parties (id int primary key, kind text not null check (kind in ('person', 'org', 'ship', 'robot')), unique (id, kind));
       create table places (party int primary key, "the ""kind""" text not null check ("the ""kind""" = 'ship'),
         foreign key (party, "the ""kind""") references parties (id, kind));
       create table robots (party int primary key, kind robot not null, foreign key (party, kind) references parties (id, kind));
       create table orgs (party int primary key, kind text generated always as ('org') stored, foreign key (party, kind) references parties (id, kind));
       create table things (id int primary key, kind text not null check (kind in ('rock', 'van', 'cab', 'bus')), unique (id, kind));
       create table cars (thing int primary key, kind text not null check (kind <> 'rock'), wheels int not null,
         foreign key (thing, kind) references things (id, kind), unique (thing, kind));
       create table buses (car int primary key, kind text not null default 'bus' check (kind = 'bus'),
         foreign key (car, kind) references cars (thing, kind));
       create table seats (bus int not null references buses, no int, primary key (bus, no))`,
      async (lab) => {
        expect(await problems(lab)).toEqual([])
        for (const [table, column] of [
          ['places', 'party'],
          ['robots', 'party'],
          ['orgs', 'party'],
          ['buses', 'car'],
          ['seats', 'bus'],
        ] as const) {
          const rows = await Promise.all(families.map((f) => lab.rows.base(lab.table(table), f)))
          expect(new Set(rows.map((row) => row?.[column])), table).toHaveLength(3)
        }
      },
    ))

  it('are the same text in two databases, and consume no sequence', () => {
    const schema = `create table a (id serial primary key, code text not null unique check (code ~ '^[A-Z]{3}-\\d{4}$'),
      small smallint generated by default as identity, at timestamptz not null check (at > now()));
      create table b (id bigint generated always as identity primary key, a_id int not null references a)`
    const texts: string[] = []
    const run = () =>
      withLab(schema, async (lab) => {
        texts.push(
          JSON.stringify([
            await lab.inserts('a'),
            await lab.inserts('b'),
            await lab.rows.worldWith(lab.table('b'), families),
          ]),
        )
        expect(await problems(lab)).toEqual([])
        const last = await lab.db.json<{ last: string | null }>(
          `select last_value::text as last from pg_sequences where last_value is not null`,
        )
        expect(last).toEqual([])
      })
    return run()
      .then(run)
      .then(() => expect(texts[0]).toBe(texts[1]))
  })

  it('obey CHECKs that are declared and missing', async () => {
    const lab = await openRowLab(server, 'create table t (id int primary key, n int not null)', {
      declared: () => ['n % 10 = 7', 'n > 50'],
    })
    const row = await lab.rows.base(lab.table('t'), 'a')
    expect(await lab.rows.judge(lab.table('t'), [row!], ['n % 10 = 7', 'n > 50'])).toEqual([['t', 't']])
    await lab.close()
  })
})
