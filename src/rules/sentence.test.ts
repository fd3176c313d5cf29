import { expect, test } from 'vitest'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { kindOf } from './kinds.ts'

const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])
const bookings = table(
  'bookings',
  {
    tenant_id: 'bigint',
    id: 'bigint',
    slug: 'text',
    price: 'numeric(10,2)',
    during: 'tstzrange',
    note: 'text',
    total: 'integer',
  },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('slug'),
    t.defaults({ price: '0' }),
    t.generated({ total: '1 + 1' }),
    t.unique('tenant_id', 'slug', { where: 'price > 0' }),
    t.check('price_not_negative', 'price >= 0'),
    t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
    t.excludes({ tenant_id: '=', during: '&&' }),
    t.says({ price: 'without tax' }),
    t.accepts('a free booking', { price: '0' }),
  ],
)
const declared = architecture('shop', { tables: { tenants, bookings } }) as unknown as Architecture

test('every kind says what it asks for in one line', () => {
  const rules = declared.tables.find((t) => t.id === 'bookings')!.rules
  expect(rules.map((rule) => kindOf(rule).sentence(rule))).toMatchInlineSnapshot(`
    [
      "tenant_id is bigint",
      "id is bigint",
      "slug is text",
      "price is numeric(10,2)",
      "price may be missing",
      "during is tstzrange",
      "during may be missing",
      "note is text",
      "note may be missing",
      "total is integer",
      "id numbers itself and cannot be chosen",
      "tenant_id and id together tell rows apart: never missing, never twice",
      "slug is never missing",
      "price left out becomes 0",
      "total is always 1 + 1 and cannot be written",
      "two bookings of the same tenant_id never share slug among those with price > 0",
      "price not negative: price >= 0",
      "tenant_id points to a row of tenants and goes with it",
      "no two bookings conflict in tenant_id (=) and during (&&)",
      "price says: without tax",
      "a free booking",
    ]
  `)
})

test('designs are plain DDL', () => {
  const rules = declared.tables.find((t) => t.id === 'bookings')!.rules
  expect(rules.flatMap((rule) => kindOf(rule).design(rule, declared))).toMatchInlineSnapshot(`
    [
      "alter table "public"."bookings" alter column "tenant_id" type bigint using "tenant_id"::bigint;",
      "alter table "public"."bookings" alter column "id" type bigint using "id"::bigint;",
      "alter table "public"."bookings" alter column "slug" type text using "slug"::text;",
      "alter table "public"."bookings" alter column "price" type numeric(10,2) using "price"::numeric(10,2);",
      "alter table "public"."bookings" alter column "price" drop not null;",
      "alter table "public"."bookings" alter column "during" type tstzrange using "during"::tstzrange;",
      "alter table "public"."bookings" alter column "during" drop not null;",
      "alter table "public"."bookings" alter column "note" type text using "note"::text;",
      "alter table "public"."bookings" alter column "note" drop not null;",
      "alter table "public"."bookings" alter column "total" type integer using "total"::integer;",
      "alter table "public"."bookings" alter column "id" set not null;",
      "alter table "public"."bookings" alter column "id" add generated always as identity;",
      "alter table "public"."bookings" add constraint "bookings_pkey" primary key ("tenant_id", "id");",
      "alter table "public"."bookings" alter column "slug" set not null;",
      "alter table "public"."bookings" alter column "price" set default 0;",
      "alter table "public"."bookings" drop column if exists "total";",
      "alter table "public"."bookings" add column "total" integer generated always as (1 + 1) stored;",
      "create unique index "bookings_tenant_id_slug_price_0_key" on "public"."bookings" ("tenant_id", "slug") where price > 0;",
      "alter table "public"."bookings" add constraint "bookings_price_not_negative" check (price >= 0);",
      "alter table "public"."bookings" add constraint "bookings_tenant_id_fkey" foreign key ("tenant_id") references "public"."tenants" on delete cascade;",
      "alter table "public"."bookings" add constraint "bookings_tenant_id_during_excl" exclude using gist ("tenant_id" with =, "during" with &&);",
      "comment on column "public"."bookings"."price" is 'without tax';",
    ]
  `)
})

test('a kind that nobody knows is a fault with a mend', () => {
  const rule = { kind: 'guesses', id: 'bookings/guesses', table: 'bookings', columns: [], at: null }
  expect(() => kindOf(rule)).toThrow(/guesses/u)
})
