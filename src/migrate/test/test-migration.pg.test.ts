import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testFiles, type MigrationFiles } from '../../../test/support/migration-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

const shop = `
create table products (
  id bigint generated always as identity primary key,
  sku text not null unique,
  stock integer not null constraint stock_kept check (stock >= 0),
  price numeric(10,2) not null,
  note text default 'none'
);
create schema "the ""shop""";
create table "the ""shop"""."Pro.ducts 'é'" (
  "select" integer primary key, "a ""b"" c" text not null, "größe" numeric(6,2) not null default 1);
create unique index "by ""c" on "the ""shop"""."Pro.ducts 'é'" (lower("a ""b"" c"));`

const both = (up: string, down: string): MigrationFiles => ({ '0001_m/up.sql': up, '0001_m/down.sql': down })
const forward = '-- assay: direction forward because nobody needs it back\n'

interface Case {
  readonly title: string
  readonly files: MigrationFiles
  /** `code structure`, or the code alone where the finding names none. */
  readonly finds: readonly string[]
  /** What the first of them says. */
  readonly says?: RegExp
}

const passes: readonly Case[] = [
  {
    title: 'what goes again, a loss that is declared, a role of the whole server, names that need quotes',
    files: both(
      `-- assay: loses products.note because no rule asks for it
      alter table products add column weight integer;
      create index on products (price);
      alter table products drop column note;
      create role lab_reader;
      grant select on products to lab_reader;
      alter table "the ""shop"""."Pro.ducts 'é'" add column "z ; --" text;`,
      `alter table "the ""shop"""."Pro.ducts 'é'" drop column "z ; --";
      revoke select on products from lab_reader;
      drop role lab_reader;
      alter table products add column note text default 'none';
      drop index products_price_idx;
      alter table products drop column weight;`,
    ),
    finds: [],
  },
  {
    title:
      'statements outside of transactions that may be broken off anywhere, and what the session was told',
    files: both(
      `set search_path = "the ""shop""", public;
      create index concurrently if not exists by_price on products (price);
      create table if not exists here (id integer);`,
      `drop table if exists "the ""shop""".here;
      drop index concurrently if exists public.by_price;`,
    ),
    finds: [],
  },
  {
    title: 'rows that are changed and changed back',
    files: {
      '0001_m/up.sql': "-- assay: data\nupdate products set note = '(' || note || ')';",
      '0001_m/down.sql': "update products set note = btrim(note, '()') where note like '(%)';",
      '0001_m/before.sql': "select from products where note like '(%';",
      '0001_m/after.sql': "select from products where note not like '(%)';",
    },
    finds: [],
  },
  {
    title: 'a function that may be made over itself',
    files: {
      'R__count.sql':
        'create or replace function counted() returns bigint language sql return (select count(*) from public.products);',
    },
    finds: [],
  },
]

const fails: readonly Case[] = [
  {
    title: 'no way back, and no word about it',
    files: { '0001_m.sql': 'create table more (id integer);' },
    finds: ['migrate.no-down'],
  },
  {
    title: 'a down that leaves something behind, and does not make again what up took away',
    files: both(
      'alter table products add column width integer; alter table products drop constraint stock_kept;',
      'select 1;',
    ),
    finds: ['migrate.down-differs products/column:width'],
  },
  {
    title: 'values that come back as others',
    files: both(
      'alter table products alter column price type integer; alter table products drop column note;',
      "alter table products alter column price type numeric(10,2); alter table products add column note text default 'none';",
    ),
    finds: [
      'migrate.rows-changed products/column:note',
      'migrate.rows-changed products/column:price',
      // The new type has room for more than the old one.
      'migrate.down-needs-old-rows',
    ],
  },
  {
    title: 'rows that down takes with it, and a sequence that begins again',
    files: both(
      'alter table products alter column id drop identity;',
      'delete from products where id % 2 = 0; alter table products alter column id add generated always as identity;',
    ),
    finds: ['migrate.rows-lost products/table', 'migrate.sequence-back sequence/public.products_id_seq'],
  },
  {
    title: 'an up that only empty tables take',
    files: both(
      'alter table products add column owner text not null;',
      'alter table products drop column owner;',
    ),
    finds: ['migrate.up-fails'],
  },
  {
    title: 'rows that what it makes refuses: the others are tested, and which they were is told',
    files: both(
      `create unique index one_note on products (note) where price > 0;
      alter table products alter column note set not null;
      alter table "the ""shop"""."Pro.ducts 'é'" add check ("größe" < 50), add foreign key ("select") references products;`,
      `alter table "the ""shop"""."Pro.ducts 'é'" drop constraint "Pro.ducts 'é'_größe_check", drop constraint "Pro.ducts 'é'_select_fkey";
      alter table products alter column note drop not null;
      drop index one_note;`,
    ),
    finds: [
      'migrate.up-needs-rows products/required:note',
      'migrate.up-needs-rows products/unique:note',
      `migrate.up-needs-rows "the ""shop"""."Pro.ducts 'é'"/references:select->products`,
    ],
  },
  {
    title: 'a down that only empty tables take',
    files: both(
      'alter table products alter column sku drop not null; update products set sku = null where id < 50;',
      'alter table products alter column sku set not null;',
    ),
    finds: ['migrate.down-fails'],
  },
  {
    title: 'a down that names the rows which it has no place for, and stops',
    files: both(
      'create index by_price on products (price);',
      `do $$ begin if exists (select from products) then raise exception 'no place for rows' using errcode = 'check_violation'; end if; end $$;
      drop index by_price;`,
    ),
    finds: ['migrate.down-fails'],
    says: /while there are rows that the old shape has no place for/u,
  },
  {
    title: 'half an up that down cannot take back, and half a down that up cannot',
    files: both(
      'create index concurrently by_price on products (price); alter table products add column weight integer;',
      'alter table products drop column weight; drop index concurrently by_price;',
    ),
    finds: ['migrate.cannot-turn-back', 'migrate.cannot-turn-back'],
  },
  {
    title: 'an up that needs what the session held',
    files: both(
      `create temp table kept as select id from products;
      create index concurrently if not exists by_price on products (price);
      create table copied as select id from kept;`,
      'drop table if exists copied; drop index concurrently if exists by_price;',
    ),
    finds: ['migrate.cannot-continue'],
  },
  {
    title: 'rows written in between that down throws away',
    files: both(
      'alter table products add column weight integer;',
      "alter table products drop column weight; delete from products where sku > 'sku-000900' and sku < 'sku-009';",
    ),
    finds: ['migrate.new-rows-lost products/table'],
  },
  {
    title: 'rows written in between that down has no place for',
    files: both(
      '-- assay: data\nupdate products set stock = stock + 5;',
      'update products set stock = stock - 5;',
    ),
    finds: ['migrate.down-refuses-new-rows'],
  },
  {
    title: 'values that only the new shape takes',
    files: both(
      `alter table products alter column stock type bigint;
      alter table products alter column sku drop not null;
      alter table products drop constraint products_sku_key;
      alter table products drop constraint stock_kept;`,
      `alter table products add constraint products_sku_key unique (sku);
      alter table products alter column sku set not null;
      alter table products alter column stock type integer using least(greatest(stock, 0), 2147483647);
      alter table products add constraint stock_kept check (stock >= 0);`,
    ),
    finds: [
      'migrate.new-rows-lost products/column:stock',
      'migrate.down-needs-old-rows',
      'migrate.down-needs-old-rows',
    ],
  },
  {
    title: 'a key of an expression that only the new shape takes twice',
    files: both(
      `drop index "the ""shop"""."by ""c";`,
      `create unique index "by ""c" on "the ""shop"""."Pro.ducts 'é'" (lower("a ""b"" c"));`,
    ),
    finds: ['migrate.down-needs-old-rows'],
  },
  {
    title: 'forward only, with a loss that is not declared',
    files: { '0001_m.sql': `${forward}alter table products drop column note;` },
    finds: ['migrate.rows-lost products/column:note'],
  },
  {
    title: 'structures in a migration of rows, and rows that are not as expected',
    files: {
      '0001_m/up.sql': `${forward}-- assay: data\nupdate products set stock = 0 where id < 50;\ncreate index by_stock on products (stock);`,
      '0001_m/after.sql': 'select from products where stock > 0;\nselect nothing;',
    },
    finds: [
      'migrate.data-changes-catalog products/index:stock',
      'migrate.expectation',
      'migrate.expectation',
    ],
  },
  {
    title: 'structures that depend on rows',
    files: both(
      'do $$ begin if exists (select from products) then create table found (id integer); end if; end $$;',
      'drop table if exists found;',
    ),
    finds: ['migrate.rows-decide found/column:id'],
  },
  {
    title: 'what is run again and cannot be',
    files: { 'R__m.sql': 'create table again (id integer);' },
    finds: ['migrate.up-fails'],
  },
]

describe('migrate test', () => {
  it.each(passes)('passes $title', async ({ files }) => {
    const { findings, filled, stops } = await testFiles(server, shop, files)
    expect(findings).toEqual([])
    expect(stops).toBeGreaterThan(0)
    expect(filled.length).toBeGreaterThan(0)
    for (const { rows } of filled) expect(rows).toBeGreaterThan(100)
  })

  it.each(fails)('finds $title', async ({ files, finds, says }) => {
    const { findings } = await testFiles(server, shop, files)
    const found = findings.map(({ code, structure }) =>
      structure === undefined ? code : `${code} ${structure}`,
    )
    expect(found, findings.map(({ summary }) => summary).join('\n')).toEqual(finds)
    if (says) expect(findings[0]?.summary).toMatch(says)
    for (const { where, fix } of findings) {
      expect(where?.line).toBeGreaterThan(0)
      expect(fix).not.toBe('')
    }
  })
})
