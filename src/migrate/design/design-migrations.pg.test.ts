/** Every kind of change: designed, run up, down and up again by the design itself, its text as people read it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, enumType, table } from 'assay'
import type { Architecture } from '../../architecture/architecture.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { openDesignLab, type DesignLab } from '../../../test/support/design-lab.ts'
import type { Design } from './design-migrations.ts'

let server: Server
let lab: DesignLab

beforeAll(async () => {
  server = await startServer({})
  lab = openDesignLab(server)
})

afterAll(async () => {
  await server?.stop()
})

const declared = (...tables: readonly unknown[]): Architecture =>
  architecture('shop', {
    tables: Object.fromEntries(tables.map((t) => [(t as { name: string }).name, t])) as never,
  }) as Architecture

/** Statements without comments and settings. */
const sqlOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => !/^(?:--|set |$)/u.test(line))
    .join('\n')
    .split(/;\n/u)
    .filter((sql) => sql.trim() !== '')

const expectDesigned = ({ findings, migrations, red, green }: Design): Design['migrations'] => {
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  expect([...green].toSorted()).toEqual([...red].toSorted())
  return migrations
}

describe('online forms on a table that stands', () => {
  it('are rerunnable steps without a transaction: keys, CHECKs, foreign keys, NOT NULL', async () => {
    const owners = table('owners', { id: 'bigint' }, (t) => [t.primaryKey('id')])
    const columns = { id: 'bigint', slug: 'text', price: 'numeric(10,2)', owner_id: 'bigint' } as const
    const products = table('products', columns, (t) => [
      t.primaryKey('id'),
      t.required('slug', 'price'),
      t.unique('slug'),
      t.check('price_not_negative', 'price >= 0'),
      t.references('owner_id', 'owners', { onDelete: 'cascade' }),
    ])
    const migrations = expectDesigned(
      await lab.design(
        `create table owners (id bigint primary key);
         create table products (id bigint primary key, slug text, price numeric(10,2) not null, owner_id bigint);`,
        declared(products, owners),
        { standing: ['0006_x'] },
      ),
    )
    expect(migrations.map(({ name }) => name)).toMatchInlineSnapshot(`
      [
        "0007_products_slug_required",
        "0008_products_slug_unique",
        "0009_products_price_not_negative_check",
        "0010_products_owner_id_owners_references",
      ]
    `)
    expect(migrations.find(({ name }) => name.endsWith('_slug_unique'))?.up).toMatchInlineSnapshot(`
      "-- Makes green:
      -- products/unique:slug: two products never share slug
      -- assay: transaction none

      set lock_timeout = '3s';

      alter table "public"."products" drop constraint if exists "products_slug_key";

      set lock_timeout = 0;
      drop index concurrently if exists "public"."products_slug_key";

      create unique index concurrently "products_slug_key" on "public"."products" using btree (slug);

      set lock_timeout = '3s';
      alter table "public"."products" add constraint "products_slug_key" unique using index "products_slug_key";
      "
    `)
    expect(
      migrations
        .filter(({ name }) => !name.endsWith('_slug_unique'))
        .map(({ up, down }) => [up, down].map(sqlOf)),
    ).toMatchInlineSnapshot(`
      [
        [
          [
            "alter table "public"."products" drop constraint if exists "products_slug_not_null", add constraint "products_slug_not_null" not null "slug" not valid",
            "alter table "public"."products" validate constraint "products_slug_not_null";",
          ],
          [
            "alter table "public"."products" alter column "slug" drop not null;",
          ],
        ],
        [
          [
            "alter table "public"."products" drop constraint if exists "products_price_not_negative", add constraint "products_price_not_negative" CHECK ((price >= (0)::numeric)) not valid",
            "alter table "public"."products" validate constraint "products_price_not_negative";",
          ],
          [
            "alter table "public"."products" drop constraint if exists "products_price_not_negative";",
          ],
        ],
        [
          [
            "alter table "public"."products" drop constraint if exists "products_owner_id_fkey", add constraint "products_owner_id_fkey" foreign key ("owner_id") references "public"."owners" ("id") on delete cascade not valid",
            "alter table "public"."products" validate constraint "products_owner_id_fkey";",
          ],
          [
            "alter table "public"."products" drop constraint if exists "products_owner_id_fkey";",
          ],
        ],
      ]
    `)
  })
})

describe('what stands with other content', () => {
  it('is replaced: default, type under a view, action, enum label', async () => {
    const state = enumType('state', ['open', 'paid', 'gone'])
    const owners = table('owners', { id: 'bigint' }, (t) => [t.primaryKey('id')])
    const t = table('orders', { id: 'bigint', state, total: 'numeric(12,2)', owner_id: 'bigint' }, (t) => [
      t.primaryKey('id'),
      t.required('state', 'total'),
      t.defaults({ total: '0' }),
      t.references('owner_id', 'owners', { onDelete: 'cascade' }),
    ])
    const migrations = expectDesigned(
      await lab.design(
        `create type state as enum ('open', 'gone');
         create table owners (id bigint primary key);
         create table orders (id bigint primary key, state state not null, total numeric(8,2) not null default 1,
           owner_id bigint constraint orders_owner_id_fkey references owners on delete restrict);
         create view big as select id, total from orders where total > 100;`,
        declared(t, owners),
      ),
    )
    expect(migrations.map(({ name, up, down }) => [name, sqlOf(up), sqlOf(down)])).toMatchInlineSnapshot(`
      [
        [
          "0001_orders_state_enum",
          [
            "alter type "public"."state" add value if not exists 'paid' after 'open';",
          ],
          [
            "alter type "public"."state" rename to "state_before"",
            "create type "public"."state" as enum ('open', 'gone')",
            "alter table "public"."orders" alter column "state" type "public"."state" using "state"::text::"public"."state"",
            "drop type if exists "public"."state_before";",
          ],
        ],
        [
          "0002_orders_change_total",
          [
            "drop view "public"."big"",
            "alter table "public"."orders" alter column "total" drop default",
            "alter table "public"."orders" alter column "total" type numeric(12,2) using "total"::numeric(12,2)",
            "create view "public"."big" as SELECT id,
          total
         FROM public.orders
        WHERE (total > (100)::numeric)",
            "alter table "public"."orders" alter column "total" set default 0;",
          ],
          [
            "drop view "public"."big"",
            "alter table "public"."orders" alter column "total" drop default",
            "alter table "public"."orders" alter column "total" type numeric(8,2) using "total"::numeric(8,2)",
            "create view "public"."big" as SELECT id,
          total
         FROM public.orders
        WHERE (total > (100)::numeric)",
            "alter table "public"."orders" alter column "total" set default 1;",
          ],
        ],
        [
          "0003_orders_owner_id_owners_references",
          [
            "alter table "public"."orders" drop constraint if exists "orders_owner_id_fkey", add constraint "orders_owner_id_fkey" foreign key ("owner_id") references "public"."owners" ("id") on delete cascade not valid",
            "alter table "public"."orders" validate constraint "orders_owner_id_fkey";",
          ],
          [
            "alter table "public"."orders" drop constraint if exists "orders_owner_id_fkey", add constraint "orders_owner_id_fkey" foreign key ("owner_id") references "public"."owners" ("id") on delete restrict not valid",
            "alter table "public"."orders" validate constraint "orders_owner_id_fkey";",
          ],
        ],
      ]
    `)
  })
})

describe('renames', () => {
  const customers = (rules: (t: never) => readonly unknown[]) =>
    table('cust "omers"', { id: 'bigint', 'e-mail': 'text' }, ((t: never) => rules(t)) as never)

  it('are stated: the rows stay, and the rest is designed under the new names', async () => {
    const t = table('cust "omers"', { id: 'bigint', 'e-mail': 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('e-mail'),
      t.unique('e-mail'),
      t.renamedFrom({ 'e-mail': 'mail' }),
      t.renamedFrom('clients'),
    ])
    const { migrations, findings } = await lab.design(
      'create table clients (id bigint primary key, mail text not null)',
      declared(t),
    )
    expect(findings.map(({ code }) => code)).toEqual(['design.rename-breaks', 'design.rename-breaks'])
    expect(migrations.map(({ name, up, down }) => [name, sqlOf(up)[0], sqlOf(down)[0]])).toEqual([
      [
        '0001_clients_rename_cust_omers',
        'alter table "public"."clients" rename to "cust ""omers""";',
        'alter table "public"."cust ""omers""" rename to "clients";',
      ],
      [
        '0002_cust_omers_rename_mail_e_mail',
        'alter table "public"."cust ""omers""" rename column "mail" to "e-mail";',
        'alter table "public"."cust ""omers""" rename column "e-mail" to "mail";',
      ],
      [
        '0003_cust_omers_e_mail_unique',
        'alter table "public"."cust ""omers""" drop constraint if exists "cust ""omers""_e_mail_key"',
        'alter table "public"."cust ""omers""" drop constraint if exists "cust ""omers""_e_mail_key"',
      ],
    ])
  })

  it('are never guessed: a column that may be another is asked about', async () => {
    const t = customers(
      (t: { primaryKey(c: string): unknown; required(c: string): unknown }) => [t.primaryKey('id')] as never,
    )
    const { findings, migrations } = await lab.design(
      'create table "cust ""omers""" (id bigint primary key, mail text)',
      declared(t),
    )
    expect(migrations.map(({ up }) => sqlOf(up))).toEqual([
      ['alter table "public"."cust ""omers""" add column "e-mail" text;'],
    ])
    expect(findings).toMatchObject([{ code: 'design.maybe-renamed' }])
    expect(findings[0]?.fix).toContain('t.renamedFrom({"e-mail":"mail"})')
  })

  it('that cannot be are slips of the declaration', () => {
    expect(() =>
      declared(
        table('a', { id: 'bigint', x: 'text', y: 'text' }, (t) => [t.renamedFrom({ x: 'y', y: 'x' })]),
      ),
    ).toThrow(/x is renamed from y, which is still a column/u)
    expect(() =>
      declared(
        table('a', { id: 'bigint' }, (t) => [t.renamedFrom('b')]),
        table('b', { id: 'bigint' }, (t) => [t.renamedFrom('a')]),
      ),
    ).toThrow(/a is renamed from b, which is still among the tables/u)
  })
})

describe('drops', () => {
  const kept = table('products', { id: 'bigint' }, (t) => [t.primaryKey('id')])
  const sql = `create type color as enum ('red');
    create table products (id bigint primary key, legacy text default 'x' not null, color color);
    create index old_idx on products (legacy);
    create table gone (id bigint primary key references products);
    create view shown as select legacy from products;`

  it('only when they are asked for', async () => {
    const { migrations, findings } = await lab.design(sql, declared(kept))
    expect({ migrations, findings }).toEqual({ migrations: [], findings: [] })
  })

  it('what no rule asks for goes in migrations of its own, which name what they destroy', async () => {
    const migrations = expectDesigned(await lab.design(sql, declared(kept), { drop: true }))
    expect(migrations.map(({ destroys }) => destroys).flat()).toEqual(
      expect.arrayContaining(['products/column:legacy', 'products/column:color', 'gone/table']) as string[],
    )
    const all = migrations.map(({ up }) => up).join('\n')
    expect(all).toContain('-- Destructive: takes away what no rule asks for.')
    expect(all).toContain('-- assay: loses products/column:legacy because no rule asks for it')
    expect(migrations.flatMap(({ up }) => sqlOf(up)).map((line) => line.replace(/;$/u, ''))).toEqual(
      expect.arrayContaining([
        'drop view "public"."shown"',
        'drop table "public"."gone"',
        'alter table "public"."products" drop column if exists "legacy"',
        'drop type "public"."color"',
      ]) as string[],
    )
  })
})

describe('partitioned tables', () => {
  it('an index is built in each partition and attached', async () => {
    const t = table('events', { id: 'bigint', at: 'timestamptz', kind: 'text' }, (t) => [
      t.primaryKey('id', 'at'),
      t.required('kind'),
      t.indexed('kind'),
      t.unique('kind', 'at'),
      t.check('kind_known', `kind <> ''`),
    ])
    const migrations = expectDesigned(
      await lab.design(
        `create table events (id bigint, at timestamptz, kind text not null, primary key (id, at)) partition by range (at);
         create table events_old partition of events for values from (minvalue) to ('2020-01-01');
         create table events_new partition of events for values from ('2020-01-01') to (maxvalue);`,
        declared(t),
        { only: ['events/indexed', 'events/unique', 'events/check'] },
      ),
    )
    expect(migrations.map(({ name, up }) => [name, sqlOf(up)])).toMatchInlineSnapshot(`
      [
        [
          "0001_events_kind_at_unique",
          [
            "alter table "public"."events" drop constraint if exists "events_kind_at_key"",
            "alter table only "public"."events" add constraint "events_kind_at_key" unique ("kind", "at")",
            "alter table "public"."events_new" drop constraint if exists "events_new_events_kind_at_key"",
            "drop index concurrently if exists "public"."events_new_events_kind_at_key"",
            "create unique index concurrently "events_new_events_kind_at_key" on "public"."events_new" using btree (kind, at)",
            "alter table "public"."events_new" add constraint "events_new_events_kind_at_key" unique using index "events_new_events_kind_at_key"",
            "alter index "public"."events_kind_at_key" attach partition "public"."events_new_events_kind_at_key"",
            "alter table "public"."events_old" drop constraint if exists "events_old_events_kind_at_key"",
            "drop index concurrently if exists "public"."events_old_events_kind_at_key"",
            "create unique index concurrently "events_old_events_kind_at_key" on "public"."events_old" using btree (kind, at)",
            "alter table "public"."events_old" add constraint "events_old_events_kind_at_key" unique using index "events_old_events_kind_at_key"",
            "alter index "public"."events_kind_at_key" attach partition "public"."events_old_events_kind_at_key";",
          ],
        ],
        [
          "0002_events_kind_known_check",
          [
            "alter table "public"."events" drop constraint if exists "events_kind_known", add constraint "events_kind_known" CHECK ((kind <> ''::text)) not valid",
            "alter table "public"."events" validate constraint "events_kind_known";",
          ],
        ],
        [
          "0003_events_kind_indexed",
          [
            "drop index if exists "public"."events_kind_idx"",
            "create index "events_kind_idx" on only "public"."events" using btree (kind)",
            "drop index concurrently if exists "public"."events_new_events_kind_idx"",
            "create index concurrently "events_new_events_kind_idx" on "public"."events_new" using btree (kind)",
            "alter index "public"."events_kind_idx" attach partition "public"."events_new_events_kind_idx"",
            "drop index concurrently if exists "public"."events_old_events_kind_idx"",
            "create index concurrently "events_old_events_kind_idx" on "public"."events_old" using btree (kind)",
            "alter index "public"."events_kind_idx" attach partition "public"."events_old_events_kind_idx";",
          ],
        ],
      ]
    `)
  })
})

describe('from nothing', () => {
  it('tables are made in full, each its own migration, in order', async () => {
    const owners = table('sales.owners', { id: 'bigint', name: 'text' }, (t) => [
      t.identity('id'),
      t.primaryKey('id'),
      t.required('name'),
      t.visibleTo('clerk', ['select']),
    ])
    const orders = table('orders', { id: 'bigint', owner_id: 'bigint', placed: 'timestamptz' }, (t) => [
      t.identity('id'),
      t.primaryKey('id'),
      t.required('owner_id'),
      t.defaults({ placed: 'now()' }),
      t.indexed('owner_id'),
      t.references('owner_id', 'sales.owners'),
      t.says('placed by owners'),
    ])
    const migrations = expectDesigned(await lab.design('', declared(orders, owners)))
    expect(migrations.map(({ name }) => name)).toEqual(['0001_sales_owners', '0002_orders'])
    expect(migrations.map(({ up, down }) => `${up}\n${down}`).join('\n=====\n')).toMatchInlineSnapshot(`
      "-- Makes green:
      -- sales.owners/type:id: id is bigint
      -- sales.owners/type:name: name is text
      -- sales.owners/identity:id: id numbers itself and cannot be chosen
      -- sales.owners/primaryKey:id: id tells rows apart: never missing, never twice
      -- sales.owners/required:name: name is never missing
      -- sales.owners/visibleTo:clerk: the role clerk may select owners, and nothing else

      do $sql$begin create role "clerk"; exception when duplicate_object then null; end$sql$;
      create schema if not exists "sales";
      create table "sales"."owners" (
        "id" bigint generated always as identity,
        "name" text not null,
        constraint "owners_pkey" primary key ("id")
      );
      grant select on table "sales"."owners" to "clerk";
      revoke all on schema "sales" from "clerk" cascade;
      grant usage on schema "sales" to "clerk";

      -- Takes back 0001_sales_owners.
      -- Leaves clerk: a role belongs to the whole server.
      -- assay: loses sales.owners/table because this migration made it

      set local lock_timeout = '3s';
      revoke all on schema "sales" from "clerk" cascade;
      drop table "sales"."owners";
      drop schema "sales";

      =====
      -- Makes green:
      -- orders/type:id: id is bigint
      -- orders/type:owner_id: owner_id is bigint
      -- orders/type:placed: placed is timestamptz
      -- orders/optional:placed: placed may be missing
      -- orders/identity:id: id numbers itself and cannot be chosen
      -- orders/primaryKey:id: id tells rows apart: never missing, never twice
      -- orders/required:owner_id: owner_id is never missing
      -- orders/default:placed: placed left out becomes now()
      -- orders/indexed:owner_id: reading orders by owner_id needs an index
      -- orders/references:owner_id->sales.owners: owner_id points to a row of sales.owners which cannot be deleted while this stands
      -- orders/says: the table says: placed by owners

      set local lock_timeout = '500ms';
      create table "public"."orders" (
        "id" bigint generated always as identity,
        "owner_id" bigint not null,
        "placed" timestamp with time zone default now(),
        constraint "orders_pkey" primary key ("id")
      );
      alter table "public"."orders" add constraint "orders_owner_id_fkey" foreign key ("owner_id") references "sales"."owners" ("id");
      create index "orders_owner_id_idx" on "public"."orders" using btree (owner_id);
      comment on table "public"."orders" is 'placed by owners';

      -- Takes back 0002_orders.
      -- assay: loses orders/table because this migration made it

      set local lock_timeout = '500ms';
      alter table "public"."orders" drop constraint "orders_owner_id_fkey";
      drop table "public"."orders";
      "
    `)
  })
})
