/** What no phase can do: the refusal has SQL to paste, and it is run here as it stands. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlType, table } from 'assay'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { declared, withShapeProject, type ShapeProject } from '../../../test/support/shape-lab.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

/** Behind the sentence at its head: parts between comments, a statement in a line. */
const parts = (fix: string): readonly (readonly string[])[] =>
  fix
    .split('\n')
    .slice(1)
    .join('\n')
    .split(/^--.*\n?/mu)
    .map((part) => part.split(/;\n|;$/u).filter((sql) => sql.trim() !== ''))
    .filter((part) => part.length > 0)

const run = async ({ db }: ShapeProject, statements: readonly string[] = []): Promise<void> => {
  for (const sql of statements) await db.query(sql)
}

const fixOf = async (project: ShapeProject, code: string): Promise<string> => {
  const { findings, phases } = await project.expand()
  expect(phases).toEqual([])
  expect(findings.map((one) => one.code)).toEqual([code])
  return findings[0]?.fix ?? ''
}

const parted = (type: string): string => `
  create table "Ünd ""t""" (id int generated always as identity (increment by 2), "re'gion" ${type} not null, note text default 'x',
    primary key (id, "re'gion"), unique ("re'gion", id)) partition by list ("re'gion");
  create table "Ünd a" partition of "Ünd ""t""" for values in ('a');
  create table b partition of "Ünd ""t""" for values in ('b') partition by hash ("re'gion");
  create table "b 0" partition of b for values with (modulus 1, remainder 0);
  grant select ("re'gion") on "Ünd ""t""" to public; grant insert on "Ünd ""t""" to public;`

describe('a refusal says how it is done by hand', () => {
  it('with a view of both names, where the key of partitions is renamed', async () => {
    const t = table('Ünd "t"', { id: 'int', 'ar"ea': 'text', note: 'text' }, (rules) => [
      rules.primaryKey('id', 'ar"ea'),
      rules.renamedFrom({ 'ar"ea': "re'gion" }),
    ])
    await withShapeProject(server, { sql: parted('text'), architecture: declared(t) }, async (project) => {
      const { db } = project
      const [forth, back, end] = parts(await fixOf(project, 'expand.partition-key'))
      await run(project, forth)
      await run(project, back)
      await run(project, forth)
      await run(project, [
        `insert into "Ünd ""t""" ("re'gion") values ('a')`,
        `insert into "Ünd ""t""" ("ar""ea", note) values ('b', 'y')`,
        `insert into "Ünd ""t""" (id, "ar""ea") overriding system value values (1, 'a') on conflict (id, "ar""ea") do update set note = 'again'`,
        `update "Ünd ""t""" set "re'gion" = 'a' where "ar""ea" = 'b'`,
      ])
      expect(
        await db.json(`select id, "re'gion" as old, "ar""ea" as young, note from "Ünd ""t""" order by id`),
      ).toEqual([
        { id: 1, old: 'a', young: 'a', note: 'again' },
        { id: 3, old: 'a', young: 'a', note: 'y' },
      ])
      expect(
        await db.json(`select has_column_privilege('public', '"Ünd ""t"""', 'ar"ea', 'select') as is`),
      ).toEqual([{ is: true }])
      await run(project, end)
      expect(await db.json(`select id, "ar""ea" as area from "Ünd a" order by id`)).toEqual([
        { id: 1, area: 'a' },
        { id: 3, area: 'a' },
      ])
    })
  })

  it('partition by partition, where a key of a partitioned table gets another type', async () => {
    const t = table('Ünd "t"', { id: 'bigint', "re'gion": 'text', note: 'text' }, (rules) => [
      rules.primaryKey('id', "re'gion"),
    ])
    await withShapeProject(server, { sql: parted('text'), architecture: declared(t) }, async (project) => {
      const { db } = project
      await db.query(
        `insert into "Ünd ""t""" ("re'gion") select case n % 2 when 0 then 'a' else 'b' end from generate_series(1, 50) n`,
      )
      const fix = await fixOf(project, 'expand.key')
      const [beside, online, moment, last] = parts(fix)
      await run(project, beside)
      await db.query(/--sql '(?<sql>.*)' --url/u.exec(fix)?.groups?.['sql']?.replaceAll(`'\\''`, `'`) ?? '')
      await run(project, online)
      const files = () =>
        db.json(
          `select relfilenode::int as file from pg_class where relkind = 'i' and relname ~ '^assay_next' order by 1`,
        )
      const built = await files()
      expect(built.length).toBe(4)
      await run(project, moment)
      // None was built anew.
      expect(await files()).toEqual(built)
      await run(project, last)
      await db.query(`insert into "Ünd ""t""" ("re'gion") values ('a')`)
      expect(
        await db.json(
          `select max(id)::int as last, pg_typeof(max(id))::text as type,
            (select string_agg(pg_get_constraintdef(oid), '; ' order by contype) from pg_constraint
              where conrelid = '"Ünd ""t"""'::regclass and contype in ('p', 'u')) as keys,
            (select count(*)::int from pg_attribute where attrelid = '"Ünd ""t"""'::regclass and attname ~ '^assay') as left
          from "Ünd ""t"""`,
        ),
      ).toEqual([
        {
          last: 101,
          type: 'bigint',
          keys: `PRIMARY KEY (id, "re'gion"); UNIQUE ("re'gion", id)`,
          left: 0,
        },
      ])
    })
  })

  it('with the rule on the column, where its domain forbids null', async () => {
    const sql = `create domain "Nr" as int not null; create table t (id "Nr" primary key, n int)`
    const t = table('t', { key: sqlType('"Nr"'), n: 'int' }, (rules) => [
      rules.primaryKey('key'),
      rules.renamedFrom({ key: 'id' }),
    ])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const [before] = parts(await fixOf(project, 'expand.domain'))
      await project.before(before?.join(';\n') ?? '')
      expect((await project.expand()).findings).toEqual([])
      await project.run('expand')
      await project.db.query('insert into t (id) values (1); insert into t (key) values (2)')
      expect(await project.db.json('select id, key from t order by 1')).toEqual([
        { id: 1, key: 1 },
        { id: 2, key: 2 },
      ])
    })
  })

  it('computed when it is read, where a computed column gets another type', async () => {
    const sql = `create table t (id int primary key, n int, twice int generated always as (n * 2) stored); insert into t values (1, 2)`
    const t = table('t', { id: 'int', n: 'int', twice: 'bigint' }, (rules) => [rules.primaryKey('id')])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const [virtual, stored] = parts(await fixOf(project, 'expand.generated'))
      await run(project, virtual)
      expect(await project.db.json('select twice, pg_typeof(twice)::text as type from t')).toEqual([
        { twice: 4, type: 'bigint' },
      ])
      expect(stored).toEqual(['alter table "public"."t" alter column "twice" type bigint'])
    })
  })

  it('one after the other, where a key gets another name and another type', async () => {
    const sql = `create table t (id int primary key); create table base (id int primary key); create table heir (n int) inherits (base)`
    const t = table('t', { key: 'bigint' }, (rules) => [rules.renamedFrom({ key: 'id' })])
    const base = table('base', { key: 'int' }, (rules) => [rules.renamedFrom({ key: 'id' })])
    await withShapeProject(server, { sql, architecture: declared(t, base) }, async (project) => {
      const { findings } = await project.expand()
      expect(findings.map(({ code, fix }) => `${code}: ${fix}`)).toEqual([
        'expand.key: one after the other: declare key as "integer" and bring that change of its name to its end; then declare it as "bigint"',
        `expand.partition: change it with \`assay design\` while the application stands still, or first let them inherit no more:\nalter table "public"."heir" no inherit "public"."base";`,
      ])
    })
  })

  it('and what can be done is not refused: columns that views read, a CHECK that stays, and a warning of a lock', async () => {
    const sql = `create table t (id int primary key, price int, slot int, constraint "no two" exclude using btree (slot with =));
      create table stored (id int primary key, price int, total int generated always as (price * 2) stored);
      create table read_then (id int primary key, price int, total int generated always as (price * 2) virtual);
      create view v as select price from t; create view w as select price * 2 as twice from v;
      create table dated (id int primary key, since date, n int, tons numeric constraint dated_tons_ok check (tons >= 0 and since > '2000-01-01')); insert into dated values (1, '2024-02-03', 8, 9);
      create view of_date as select since, n % 7 as rest from dated where since > '2020-01-01'`
    const t = table('t', { id: 'int', price: 'bigint', slot: 'bigint' }, (rules) => [rules.primaryKey('id')])
    const stored = table('stored', { id: 'int', price: 'bigint', total: 'int' }, () => [])
    const readThen = table('read_then', { id: 'int', price: 'bigint', total: 'int' }, () => [])
    const dated = table(
      'dated',
      { id: 'int', since: 'timestamptz', n: 'double precision', tons: 'bigint' },
      (rules) => [rules.check('tons_ok', 'tons >= 0')],
    )
    const architecture = declared(t, stored, readThen, dated)
    await withShapeProject(server, { sql, architecture }, async (project) => {
      await expect(project.expand({ only: ['nobody.price'] })).rejects.toThrow(
        '--only nobody.price names no table that is declared or stands.',
      )
      const refused = await project.expand({ only: ['stored', 'dated.n'] })
      expect(refused.phases).toEqual([])
      expect(refused.findings.map(({ code, summary }) => `${code} ${summary}`)).toEqual([
        'expand.key stored.price becomes bigint: stored/generated:total stands on it',
        'expand.key dated.n becomes double precision: view:of_date stands on it, and its text does not go with the other type: operator does not exist: double precision % integer',
      ])
      // What is computed when it is read is taken along, as the refusal says.
      const { findings } = await project.expand({ only: ['read_then', 't', 'dated.since', 'dated.tons'] })
      expect(findings.map(({ code, structure }) => `${code} ${structure}`)).toEqual([
        'expand.excludes t/excludes:slot',
        'expand.time-zone dated/column:since',
        'expand.rounds dated/column:tons',
      ])
      const typeOf = () =>
        project.db.json(`select pg_typeof(max(price))::text as v, pg_typeof(max(twice))::text as w,
          (select since::text from of_date) as since,
          (select convalidated from pg_constraint where conname = 'dated_tons_ok' and pg_get_constraintdef(oid) ~ '[(]tons') as check from v, w`)
      for (const phase of ['expand', 'backfill', 'switch']) await project.run(phase)
      expect(await typeOf()).toEqual([
        {
          v: 'bigint',
          w: 'bigint',
          since: '2024-02-03 00:00:00+00',
          check: true,
        },
      ])
      for (const phase of ['switch', 'backfill', 'expand']) await project.run(phase, 'down')
      expect(await typeOf()).toEqual([{ v: 'integer', w: 'integer', since: '2024-02-03', check: true }])
    })
  })
})
