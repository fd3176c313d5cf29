/** Ways to write a row that applications have, each with both shapes beside each other; and what cannot have a phase. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlType, table } from 'assay'
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import type { StatedSql } from './kinds/shape-kind.ts'
import { declared, withShapeProject } from '../../../test/support/shape-lab.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

const stateOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (cause: unknown) => (cause instanceof PgError ? cause.fault.sqlstate : String(cause)),
  )

const longName = `long_${'ü'.repeat(29)}`

describe('both shapes of a row', () => {
  it('say the same, however it is written: COPY, upsert, many rows, no column names, replication', async () => {
    // Partitioned, without a key, and with triggers of its own that write the row.
    const sql = `
      create table orders (id bigint, code text default 'none', note text, unique (id, code)) partition by range (id);
      create table orders_1 partition of orders for values from (0) to (100);
      create table orders_2 partition of orders for values from (100) to (1000000);
      create function tidy() returns trigger language plpgsql as $$ begin new.code := trim(new.code); return new; end $$;
      create trigger tidy before insert or update on orders for each row execute function tidy();
      create role shape_writer; grant insert, select, update (note, id) on orders to shape_writer;`
    const orders = table('orders', { id: 'bigint', [longName]: 'text', note: 'text' }, (t) => [
      t.defaults({ [longName]: "'none'" }),
      t.unique('id', longName),
      t.renamedFrom({ [longName]: 'code' }),
    ])
    await withShapeProject(server, { sql, architecture: declared(orders) }, async (project) => {
      const { db } = project
      await db.query("insert into orders select n, ' c' || n from generate_series(1, 3000) n")
      const { findings } = await project.expand()
      expect(findings).toEqual([])
      await project.run('expand')
      await project.run('backfill')
      await project.run('switch')
      const both = async (where: string) =>
        db.json(`select code as old, "${longName}" as young from orders where ${where} order by id`)
      const run = (statement: string): Promise<unknown> => db.query(statement)
      expect(await both(`code is distinct from "${longName}"`)).toEqual([])

      await run("insert into orders values (5001, ' by place')")
      expect(await both('id = 5001')).toEqual([{ old: 'by place', young: 'by place' }])
      await run('insert into orders (id) values (5002)')
      expect(await both('id = 5002')).toEqual([{ old: 'none', young: 'none' }])
      await run(`insert into orders (id, "${longName}") values (5003, 'new')`)
      await run(`insert into orders (id, code, "${longName}") values (5004, 'old', 'new')`)
      expect(await both('id in (5003, 5004)')).toEqual([
        { old: 'new', young: 'new' },
        { old: 'new', young: 'new' },
      ])
      await db.copyIn('copy orders (id, code) from stdin', '6001\tcopied\n6002\t\\N\n')
      await db.copyIn(`copy orders (id, "${longName}") from stdin`, '6003\tcopied\n')
      expect(await both('id between 6001 and 6003')).toEqual([
        { old: 'copied', young: 'copied' },
        { old: null, young: null },
        { old: 'copied', young: 'copied' },
      ])
      for (const column of ['code', `"${longName}"`]) {
        await run(
          `insert into orders (id, ${column}) values (7001, 'one') on conflict (id, ${column}) do update set ${column} = 'two'`,
        )
        await run(
          `insert into orders (id, ${column}) values (7001, 'one') on conflict (id, ${column}) do nothing`,
        )
        await run(`update orders set ${column} = 'many ' || id where id < 200`)
        await run(`update orders set ${column} = null where id = 5001`)
      }
      await run(`update orders set code = 'a', "${longName}" = 'b' where id = 5002`)
      expect(await both('id = 5002')).toEqual([{ old: 'b', young: 'b' }])
      await run(
        "merge into orders o using (select 5003 as id) s on o.id = s.id when matched then update set code = 'merged'",
      )
      expect(await both('id = 5003')).toEqual([{ old: 'merged', young: 'merged' }])
      // Whose rights end at other columns writes neither side, and moves a row to another partition.
      await run('set role shape_writer')
      expect(await stateOf(run("update orders set code = 'x' where id = 5004"))).toBe('42501')
      await run("insert into orders (id, code) values (8001, ' mine')")
      await run('update orders set id = 50 where id = 8001')
      await run('reset role')
      expect(await both('id = 50')).toEqual([
        { old: 'many 50', young: 'many 50' },
        { old: 'mine', young: 'mine' },
      ])
      expect(await both(`code is distinct from "${longName}"`)).toEqual([])
      const admin = await server.connect(project.database, 'administrator')
      await admin.query(
        "set session_replication_role = replica; insert into orders (id, code) values (9001, 'from afar')",
      )
      await admin.end()
      expect(await both('id = 9001')).toEqual([{ old: 'from afar', young: 'from afar' }])

      // After the contract the old side follows as far as it can, and down names what it cannot say.
      // A trigger of one's own that names the old column would fail on every write.
      const stopped = await project.contract()
      expect(stopped.findings.map(({ code, summary }) => `${code} ${summary}`)).toEqual([
        'expand.named-in-function orders: tidy() names code, and fires on every write',
      ])
      await project.before(
        `create or replace function tidy() returns trigger language plpgsql as $$ begin new."${longName}" := trim(new."${longName}"); return new; end $$`,
      )
      expect((await project.contract()).findings).toEqual([])

      await project.run('contract')
      await run(`update orders set "${longName}" = 'late' where id = 5003`)
      await project.run('contract', 'down')
      expect(await both('id = 5003')).toEqual([{ old: 'late', young: 'late' }])
    })
  })

  it('are refused by the key of the row where one cannot be the other', async () => {
    const sql = `create table t (a int, b text, v text not null, primary key (a, b))`
    const t = table('t', { a: 'int', b: 'text', v: 'int' }, (rules) => [
      rules.primaryKey('a', 'b'),
      rules.required('v'),
    ])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { db } = project
      await db.query(
        "insert into t select n, 'b''%s', n::text from generate_series(1, 500) n; update t set v = 'x' where a in (7, 9)",
      )
      await project.expand()
      await expect(project.run('expand')).rejects.toThrow(
        "Rows of t do not convert to v integer: 7, b'%s; 9, b'%s (invalid input syntax for type integer",
      )
      await db.query("update t set v = '70' where v = 'x'")
      await project.run('expand')
      // Nothing is switched before the rows that stood are filled.
      await expect(project.run('switch')).rejects.toThrow(/old and new differ in rows: 1, b'%s; .* and more/u)
      await project.run('backfill')
      await project.run('switch')
      await db.query("insert into t values (1000, '', 5)")
      await project.contract()
      await project.run('contract')
      await db.query("insert into t values (1001, '', 6)")
      await project.run('contract', 'down')
      await project.run('switch', 'down')
      expect(await db.json('select a, v from t where a in (7, 1000, 1001) order by a')).toEqual([
        { a: 7, v: '70' },
        { a: 1000, v: '5' },
        { a: 1001, v: '6' },
      ])
    })
  })

  it('are never cut off: a text that is too long is refused, for a domain too', async () => {
    const sql = `create domain "Short é" as varchar(3); create table t (id int primary key, c text, d text)`
    const t = table('t', { id: 'int', c: 'varchar(3)', d: sqlType('"Short é"') }, (rules) => [
      rules.primaryKey('id'),
    ])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { db } = project
      await db.query("insert into t values (1, 'long', 'long'), (2, 'abc', 'abc')")
      await project.expand()
      const tooLong = '1 (value too long for type character varying(3))'
      await expect(project.run('expand')).rejects.toThrow(`c character varying(3): ${tooLong}`)
      await db.query("update t set c = 'lon' where id = 1")
      await expect(project.run('expand')).rejects.toThrow(`d public."Short é": ${tooLong}`)
    })
  })

  it('may be missing where somebody says so, and the way back names the rows that are', async () => {
    const sql = `create table t (id int primary key, "a b" text not null, c text not null)`
    const t = table('t', { id: 'int', 'a b': 'text', c: 'text' }, (rules) => [rules.primaryKey('id')])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { db } = project
      expect((await project.expand()).phases).toEqual([])
      const { phases } = await project.expand({ only: ['t.id', 't.a b'] })
      expect(phases.map(({ says, phase }) => `${phase}: ${says}`)).toEqual(['switch: t.a b becomes optional'])
      await project.run('switch')
      await db.query("insert into t values (1, null, 'x'), (2, 'y', 'x'), (3, null, 'x')")
      await expect(project.run('switch', 'down')).rejects.toThrow('t: rows without a b: 1; 3')
      await db.query(`update t set "a b" = '' where "a b" is null`)
      await project.run('switch', 'down')
      expect(await stateOf(db.query("insert into t values (4, null, 'x')"))).toBe('23502')
    })
  })

  it('are not lost after the contract, and the way back names what the old one cannot say', async () => {
    const sql = `create table t (id int primary key, v int check (v > 0))`
    const t = table('t', { id: 'int', v: 'bigint' }, (rules) => [rules.primaryKey('id')])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { db } = project
      await db.query('insert into t select n, n from generate_series(1, 50) n')
      await project.expand()
      for (const phase of ['expand', 'backfill', 'switch']) await project.run(phase)
      expect(await stateOf(db.query('update t set v = 5000000000 where id = 1'))).toBe('22003')
      await project.contract()
      await project.run('contract')
      await db.query('update t set v = 5000000000 where id in (1, 3); update t set v = -5 where id = 2')
      await expect(project.run('contract', 'down')).rejects.toThrow(
        /out of range|cannot say what stands in rows/u,
      )
      await db.query('update t set v = 50 where id in (1, 2, 3)')
      await project.run('contract', 'down')
      expect(await db.json('select v from t where id < 4')).toEqual([{ v: 50 }, { v: 50 }, { v: 50 }])
    })
  })

  it('say null of a merge on both sides, and go back with it; and tell texts by their capitals', async () => {
    const sql = `create extension citext; create table t (id int primary key, mail citext, js json[]);
      create table spots (id int primary key, lat int, lon int, note text)`
    const spots = table('spots', { id: 'int', place: 'int[]', note: 'text' }, (t) => [t.primaryKey('id')])
    const t = table('t', { id: 'int', email: sqlType('citext'), docs: 'json[]' }, (rules) => [
      rules.primaryKey('id'),
      rules.renamedFrom({ email: 'mail', docs: 'js' }),
    ])
    const of = (column: string, text: string) => ({ table: 'spots', column, sql: text })
    await withShapeProject(server, { sql, architecture: declared(spots, t) }, async (project) => {
      const { db } = project
      const rows = () => db.json('select id, lat, lon, place from spots order by id')
      await db.query(`insert into spots select n, n, -n from generate_series(1, 4) n;
        insert into t values (1, 'a@b', '{"1"}'), (2, 'c@d', null)`)
      const { findings } = await project.expand({
        set: [of('place', 'array[lat, lon]')],
        back: [of('lat', 'place[1]'), of('lon', 'place[2]')],
      })
      expect(findings).toEqual([])
      await project.run('expand')
      await project.run('backfill')
      // Null of the new application is what --set makes of it, at once and not when somebody else writes the row.
      await db.query('update spots set place = null where id = 1')
      const nothing = { id: 1, lat: null, lon: null, place: [null, null] }
      expect((await rows())[0]).toEqual(nothing)
      await project.run('switch')
      await db.query(`update t set mail = 'A@b' where id = 1; update t set email = 'C@d' where id = 2`)
      expect(await db.json('select mail, email, docs::text as docs from t order by id')).toEqual([
        { mail: 'A@b', email: 'A@b', docs: '{1}' },
        { mail: 'C@d', email: 'C@d', docs: null },
      ])
      await project.contract()
      await project.run('contract')
      await db.query('update spots set place = null where id = 2; insert into spots (id) values (5)')
      await project.run('contract', 'down')
      expect(await rows()).toEqual([
        nothing,
        { ...nothing, id: 2 },
        { id: 3, lat: 3, lon: -3, place: [3, -3] },
        { id: 4, lat: 4, lon: -4, place: [4, -4] },
        { ...nothing, id: 5 },
      ])
      // Forth again from there, without another backfill.
      await project.run('switch', 'down')
      await project.run('switch')
      // What the old columns have no word for does not go with the new one.
      await db.query("insert into spots (id, place) values (9, '{}')")
      for (const phase of ['switch', 'backfill']) await project.run(phase, 'down')
      await expect(project.run('expand', 'down')).rejects.toThrow(
        'spots: the old shape cannot say what stands in rows: 9',
      )
      await db.query('delete from spots where id = 9')
      await project.run('expand', 'down')
    })
  })

  it('are not begun where it is not said how one is told from the other, or something stands on the old one', async () => {
    const sql = `create table t (id int primary key, name text); create view v as select name from t`
    const t = table('t', { id: 'int', a: 'text', b: 'text' }, (rules) => [rules.primaryKey('id')])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const one = (column: string, text: string) => ({ table: 't', column, sql: text })
      const ask = (set: readonly StatedSql[], back: readonly StatedSql[], fill: readonly StatedSql[] = []) =>
        project.expand({ set, back, fill }).then(
          ({ findings }) => findings.map(({ code, summary }) => `${code}: ${summary}`).join('\n'),
          (cause: unknown) =>
            cause instanceof AssayError ? `${cause.code}: ${cause.message}` : String(cause),
        )
      expect(await ask([one('a', 'name')], [])).toMatch(/^expand\.not-stated/u)
      expect(await ask([], [one('name', 'a')])).toMatch(/^expand\.not-stated/u)
      expect(await ask([one('c', 'name')], [one('name', 'a')])).toMatch(/^expand\.column: t\.c/u)
      expect(await ask([one('a', 'nothing(name)')], [one('name', 'a')])).toMatch(
        /^expand\.expression: PostgreSQL refuses the expression for t\.a: function nothing/u,
      )
      expect(await ask([], [], [one('zip', '1')])).toMatch(/^expand\.column: t\.zip/u)
      expect(await ask([one('a', 'name'), one('b', 'name')], [one('name', 'a')])).toBe(
        'expand.still-used: t: name cannot go, because of view:v',
      )
      await expect(project.contract()).rejects.toThrow('No change of shape is under way.')
    })
  })

  it('are not promised where no trigger could keep them', async () => {
    const sql = `create table t (id int generated always as identity primary key, n int generated by default as identity, twice int generated always as (1 + 1) stored, v text);
      create table c (x text) partition by list (x); create table c_1 partition of c for values in ('a');
      create function f() returns trigger language plpgsql as 'begin return new; end';
      create trigger "zzz last" before update on t for each row execute function f();`
    const t = table('t', { id: 'int', n: 'int', twice: 'bigint', w: 'text' }, (rules) => [
      rules.renamedFrom({ w: 'v' }),
    ])
    const c = table('c', { x: 'varchar(5)' }, () => [])
    await withShapeProject(server, { sql, architecture: declared(t, c) }, async (project) => {
      const { findings, phases } = await project.expand()
      expect(phases).toEqual([])
      expect(findings.map(({ code, structure }) => `${code} ${structure}`)).toEqual([
        'expand.trigger-order t/trigger:zz_assay_t_v_to_w',
        'expand.generated t/column:twice',
        'expand.partition-key c/column:x',
      ])
    })
  })
})
