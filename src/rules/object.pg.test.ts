/** Sequences, types, functions and their rights, declared as objects of no table: green, red, and no mutant left. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { architecture } from '../architecture/declare.ts'
import { domainType } from '../architecture/domain-type.ts'
import { enumType } from '../architecture/enum-type.ts'
import type { AnyObject } from '../architecture/object.ts'
import { fn } from '../architecture/objects/fn.ts'
import { extension, infrastructure, schema } from '../architecture/objects/ground.ts'
import { sequence } from '../architecture/objects/sequence.ts'
import { compositeType, rangeType } from '../architecture/objects/types.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from '../prove/prove.ts'
import type { ProveResult } from '../prove/result.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const role = `object_app_${process.pid}`

const ddl = `
  do $$ begin execute 'create role ${role}'; end $$;
  create table notes (id bigint, body text);
  create sequence numbers start with 1000;
  create sequence "odd 'name" as smallint increment by -2 minvalue -9 maxvalue 9 start with 5 cycle;
  create type address as (street text, zip varchar(10));
  create type price_range as range (subtype = numeric);
  create type mood as enum ('glad', 'sad');
  create domain percent as integer check (value between 0 and 100) not null;
  create function doubled(n integer) returns integer language sql immutable return coalesce(n, 1) * 2;
  create function watch() returns event_trigger language plpgsql as $$ begin raise notice 'it''s %', tg_tag; end $$;
  create function failing(text) returns integer language plpgsql as $$ begin raise exception using errcode = 'AS001'; end $$;
  create schema sales;
  create statistics public.notes_stats on id, body from notes;
  comment on sequence numbers is 'of invoices'; comment on function doubled(integer) is 'twice';
  comment on schema sales is 'what is sold';
  grant usage on sequence numbers to ${role}; grant usage on schema sales to ${role};
  revoke execute on function doubled(integer) from public; grant execute on function doubled(integer) to ${role};
  create extension if not exists pg_trgm;
`

const objects: readonly AnyObject[] = [
  sequence('numbers', { start: 1000, says: 'of invoices', usableBy: { [role]: 'usage' } }),
  sequence("odd 'name", { type: 'smallint', start: 5, increment: -2, minimum: -9, maximum: 9, cycle: true }),
  compositeType('address', { street: 'text', zip: 'varchar(10)' }),
  rangeType('price_range', 'numeric'),
  enumType('mood', ['glad', 'sad']),
  domainType('percent', 'integer', { checks: 'value between 0 and 100', required: true }),
  fn('doubled(integer)', {
    answers: { 'doubled(2)': '4', 'doubled(null)': '2' },
    says: 'twice',
    usableBy: { [role]: 'execute', public: [] },
  }),
  fn('watch()', {
    definition: `CREATE OR REPLACE FUNCTION public.watch()
 RETURNS event_trigger
 LANGUAGE plpgsql
AS $function$ begin raise notice 'it''s %', tg_tag; end $function$`,
  }),
  fn('failing(text)', { refuses: { "failing('x')": 'AS001', 'failing(null)': 'AS001' } }),
  schema('sales', { says: 'what is sold', usableBy: { [role]: 'usage' } }),
  infrastructure('notes/statistics:notes_stats', 'create statistics notes_stats on id, body from notes'),
  extension('pg_trgm'),
]

const proven = async (schemaSql: string, declared: readonly AnyObject[]): Promise<ProveResult> => {
  const template = await server.createDatabase('objects')
  const owner = await server.connect(template, 'owner')
  await owner.query(schemaSql)
  await owner.end()
  await server.admitRoles()
  return prove({
    architecture: architecture('objects', {
      tables: { notes: table('notes', { id: 'bigint', body: 'text' }) },
      objects: declared,
    }),
    server,
    template,
    steps: ['green', 'red', 'mutate'],
    only: [],
    startSeconds: 0,
  })
}

test('what belongs to no table is declared, green, red, and broken by nobody unnoticed', async () => {
  const result = await proven(ddl, objects)
  expect(result.findings.map((f) => f.summary)).toEqual([])
  const own = result.structures.filter((s) => s.table === null)
  expect(own.length).toBeGreaterThan(12)
  expect(own.filter((s) => s.rules.length === 0)).toEqual([])
  expect(own.flatMap((s) => s.mutants).filter((m) => m.verdict === 'killed').length).toBeGreaterThan(15)
  expect(result.tables).toEqual(['notes', 'database objects'])
}, 30_000)

test('what is not there or is otherwise is told with the DDL that mends it', async () => {
  const result = await proven(
    `create table notes (id bigint, body text); create sequence numbers; create type mood as enum ('glad')`,
    [
      sequence('numbers', { start: 1000 }),
      enumType('mood', ['glad', 'sad']),
      extension('no_such'),
      compositeType('address', { street: 'text' }),
      // It can be broken, so that naming it alone proves nothing.
      infrastructure('sequence:numbers_2', 'create sequence numbers_2'),
    ],
  )
  const told = result.findings.map((f) => `${f.code} ${f.summary}\n${f.fix}`).join('\n')
  expect(told).toMatch(
    /rule\.red .*counts from 1000 by 1: it counts 1000, 1001: expected \(1000\) \(1001\), found/u,
  )
  expect(told).toMatch(/rule\.red .*mood is one of glad, sad/u)
  expect(told).toMatch(/object\.missing extension:no_such does not exist\n[^]*create extension "no_such";/u)
  expect(told).toMatch(/object\.missing sequence:numbers_2/u)
  expect(told).toMatch(/rule\.red [^\n]*address[^]*create type "public"\."address" as \("street" text\);/u)
}, 30_000)
