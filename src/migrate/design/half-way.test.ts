import { expect, test } from 'vitest'
import { fromHalfWay } from './half-way.ts'

test.each([
  ['drop index "public"."a"', 'drop index if exists "public"."a"'],
  ['drop index concurrently if exists "a"', 'drop index concurrently if exists "a"'],
  [
    'alter table "t" drop constraint "drop column "',
    'alter table "t" drop constraint if exists "drop column "',
  ],
  [
    'alter table "t" drop column "a", drop column "b"',
    'alter table "t" drop column if exists "a", drop column if exists "b"',
  ],
  ['alter table "t" alter column "a" drop not null', 'alter table "t" alter column "a" drop not null'],
  [
    'alter table "t" alter column "a" drop identity',
    'alter table "t" alter column "a" drop identity if exists',
  ],
  ['alter table "t" add column "a" integer', 'alter table "t" add column if not exists "a" integer'],
  [
    'alter table "t" add constraint "c" CHECK ((v <> \'add constraint \'))',
    'alter table "t" drop constraint if exists "c", add constraint "c" CHECK ((v <> \'add constraint \'))',
  ],
  [
    'alter table "t" drop constraint if exists "c", add constraint "c" CHECK (a) not valid',
    'alter table "t" drop constraint if exists "c", add constraint "c" CHECK (a) not valid',
  ],
  ['create unique index "i" on "t" (a)', 'create unique index if not exists "i" on "t" (a)'],
  ['create unique index concurrently "i" on "t" (a)', 'create unique index concurrently "i" on "t" (a)'],
  ['drop policy "p" on "t"', 'drop policy if exists "p" on "t"'],
  ['comment on table "t" is \'drop column \'', 'comment on table "t" is \'drop column \''],
])('%s', (sql, tolerant) => {
  expect(fromHalfWay(sql)).toBe(tolerant)
  expect(fromHalfWay(tolerant)).toBe(tolerant)
})
