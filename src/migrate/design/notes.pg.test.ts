/**
 * What a designed migration tells before it meets rows: seen on a copy where that can be seen. All pairs stand side by
 * side, each in a schema with an odd name; then the same migrations run over rows, and numbers go on behind theirs.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { ident } from '../../postgres/quote.ts'
import { withSession } from '../../postgres/with-session.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import type { ChangeContext } from '../changes/change.ts'
import { measureEffects } from './measure-effects.ts'
import { writeMigrations, type DesignedMigration } from './write-migrations.ts'

/** Before, after, and what is told: code and structure without its schema. */
const pairs: readonly (readonly [before: string, after: string, told: readonly string[]])[] = [
  [
    `create table t (a varchar(10) check (a <> ''), b numeric(8, 2), c varchar(10) unique)`,
    `create table t (a varchar(20) check (a <> ''), b numeric(10, 2), c text unique)`,
    [],
  ],
  [
    `create table t (a varchar(10), b int); create index by_lower on t (lower(a))`,
    `create table t (a text, b bigint); create index by_lower on t (lower(a))`,
    ['design.rebuilds-index t/column:a', 'design.rewrites-table t/column:b'],
  ],
  [
    `create table t (a int, g int generated always as (a) stored)`,
    `create table t (a int, g int generated always as (a + 1) stored, v int generated always as (a) virtual)`,
    ['design.rewrites-table t/generated:g'],
  ],
  [
    `create table t (r int4range)`,
    `create table t (r int4range, exclude using gist (r with &&))`,
    ['design.blocks-writes t/excludes:r'],
  ],
  [
    `create type e as enum ('a'); create type f as enum ('a', 'b'); create table t (e e, f f); create type lone as enum ('a', 'b')`,
    `create type e as enum ('a', 'it''s'); create type f as enum ('a'); create table t (e e, f f); create type lone as enum ('b')`,
    ['design.down-refuses type/enum:e', 'design.rewrites-table type/enum:f'],
  ],
  [
    `create domain d as int; create domain e as int; create domain lone as int; create table t (d d, e e)`,
    `create domain d as int check (value > 0); create domain e as bigint; create domain lone as int check (value > 0); create table t (d d, e e)`,
    ['design.blocks-writes type/domain:d', 'design.rewrites-table type/domain:e'],
  ],
  [
    `create type c as (a int); create table t (c c); create type r as range (subtype = int); create table u (r r)`,
    `create type c as (b int, a int); create table t (c c); create type r as range (subtype = bigint); create table u (r r)`,
    ['design.rewrites-table type/composite:c', 'design.rewrites-table type/range:r'],
  ],
  [
    `create table t (a int) partition by range (a); create table td partition of t default`,
    `create table t (a int) partition by range (a); create table t1 partition of t for values from (0) to (5); create table td partition of t default`,
    ['design.blocks-writes t/partition:template'],
  ],
  [
    `create table t (a int not null, b int not null, primary key (a)) partition by range (a); create table t1 partition of t for values from (0) to (5)`,
    `create table t (a int not null, b int not null, primary key (a, b)) partition by range (a); create table t1 partition of t for values from (0) to (5)`,
    ['design.blocks-writes t/primaryKey:a,b'],
  ],
  [
    `create unlogged table t (a int); create table u (a int); create table k (v int); create materialized view m as select v from k`,
    `create table t (a int); create table u (a int) partition by range (a); create table k (v int); create materialized view m as select v + 1 as v from k`,
    [
      'design.rewrites-table t/table',
      'design.no-way-in-place u/table',
      'design.blocks-reads materializedView:m',
    ],
  ],
]

const schemaOf = (i: number): string => `n ${i} "x"`

const sqlOf = (side: 0 | 1): string =>
  pairs
    .map(
      (pair, i) =>
        `create schema ${ident(schemaOf(i))}; set search_path = ${ident(schemaOf(i))};\n${pair[side]};`,
    )
    .join('\n')

let server: Server
let context: ChangeContext

const databaseOf = async (label: string, sql: string): Promise<string> => {
  const database = await server.createDatabase(label)
  await withSession(server, database, 'owner', (db) => db.query(sql))
  return database
}

/** From one database to another. */
const between = async (before: string, after: string): Promise<ChangeContext> => ({
  before: await withSession(server, before, 'prover', (db) => readCatalog(db)),
  after: await withSession(server, after, 'prover', (db) => readCatalog(db)),
  owner: server.owner,
  online: true,
  isVolatile: () => false,
})

const written = (given: ChangeContext): readonly DesignedMigration[] =>
  writeMigrations({
    context: given,
    claimedBy: new Map(),
    red: [],
    roles: [],
    schemas: [],
    standing: [],
    name: null,
  })

beforeAll(async () => {
  server = await startServer({})
  const before = await databaseOf('before', sqlOf(0))
  const bare = await between(before, await databaseOf('after', sqlOf(1)))
  context = { ...bare, effects: await withSession(server, before, 'owner', (db) => measureEffects(db, bare)) }
})

afterAll(async () => {
  await server?.stop()
})

it('tells what is rewritten, built anew or blocked, and nothing of what is not', () => {
  const notes = written(context).flatMap((migration) => migration.notes)
  const told = pairs.map((_, i) =>
    notes
      .filter(({ structure }) => structure.includes(ident(schemaOf(i))))
      .map(({ code, structure }) => `${code} ${structure.replaceAll(`${ident(schemaOf(i))}.`, '')}`)
      .toSorted(),
  )
  expect(told).toEqual(pairs.map(([, , codes]) => [...codes].toSorted()))
})

it('is left as it was by the measuring', async () => {
  const { before, effects } = context
  expect([...(effects ?? [])].filter(([, { rewritten }]) => rewritten.length > 0).map(([id]) => id)).toEqual([
    '"n 1 ""x""".t/column:b',
    '"n 2 ""x""".t/generated:g',
  ])
  expect(before.structures.size).toBeGreaterThan(20)
})

it('numbers go on behind those that rows have', async () => {
  const before = await databaseOf(
    'unnumbered',
    `create table "a ""b" (id int primary key, n int not null, m bigint not null, down int not null, far int not null);
     create table kept (id int primary key generated always as identity);
     create sequence s; create table drawn (id int primary key default nextval('s'))`,
  )
  const after = await databaseOf(
    'numbered',
    `create table "a ""b" (id int primary key generated by default as identity, n serial, m bigint not null generated always as identity (increment by 5),
       down int not null generated by default as identity (increment by -1 minvalue -1000 maxvalue -1 start with -1), far int not null generated by default as identity (start with 500));
     create table kept (id int primary key generated by default as identity (increment by 10));
     create sequence s increment by 3; create table drawn (id int primary key default nextval('s'))`,
  )
  const migrations = written(await between(before, after))
  await withSession(server, before, 'owner', async (db) => {
    await db.query(`insert into "a ""b" select i, i * 2, i * 3, -i, i from generate_series(1, 40) i;
      insert into kept select from generate_series(1, 40); insert into drawn select from generate_series(1, 40)`)
    for (const { up } of migrations) await db.query(up)
    await db.query(
      `insert into "a ""b" default values; insert into kept default values; insert into drawn default values`,
    )
    const [numbers] = await db.json(
      `select id, n, m, down, far, (select max(id) from kept) as kept, (select max(id) from drawn) as drawn from "a ""b" where id > 40`,
    )
    expect(numbers).toEqual({ id: 41, n: 81, m: 125, down: -41, far: 500, kept: 50, drawn: 43 })
  })
})

it('a partition that goes keeps the rows that nobody else takes', async () => {
  const parent = `create table t (a int) partition by range (a); create table t1 partition of t for values from (0) to (5)`
  const before = await databaseOf('with_rest', `${parent}; create table "rest ""%s" partition of t default`)
  const after = await databaseOf('without_rest', parent)
  const [migration] = written(await between(before, after))
  await withSession(server, before, 'owner', async (db) => {
    await db.query('insert into t values (99)')
    const [refused] = await db.batch([`begin;\n${migration!.up}\ncommit`])
    expect(refused?.fault?.message).toBe('"public"."rest ""%s" holds rows that no other partition takes')
    await db.query('rollback; delete from t')
    await db.query(`begin;\n${migration!.up}\ncommit`)
    expect(await db.json(`select count(*)::int as n from pg_class where relname like 'rest%'`)).toEqual([
      { n: 0 },
    ])
  })
})
