/** A key of another type with all that points to it: lived through by writers, under the same names, and back again. */
import { describe, expect, it } from 'vitest'
import { table } from 'assay'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { AssayError } from '../../ground/errors.ts'
import { bothServers } from '../../../test/support/both-servers.ts'
import { underLoad } from '../../../test/support/under-load.ts'
import {
  declared,
  takeBackAndFinish,
  withShapeProject,
  type ShapeProject,
} from '../../../test/support/shape-lab.ts'

/** The older server, and migrate test of every phase, take a while. */
const isThorough = Number(process.env['ASSAY_RUNS'] ?? 1) > 1

const orders = '"Odd ""orders"""'

const sql = `
  create table customers (id int generated always as identity (start with 100 increment by 3) primary key, email text unique);
  create table ${orders} (
    id serial primary key, customer_id int not null references customers (id) on delete cascade,
    "the ""parent""" int references ${orders} (id) deferrable initially deferred, note text default '',
    constraint "not me" check ("the ""parent""" <> id));
  create index "by customer" on ${orders} (customer_id desc, id) where id > 0;
  create table items (order_id int references ${orders} on update cascade on delete cascade, line smallint, amount int, primary key (order_id, line));
  create table audit (item_order int, item_line smallint, foreign key (item_order, item_line) references items (order_id, line) on delete set null);
  create view of_customer as select id, customer_id, note from ${orders};
  create materialized view "per ""customer""" as select customer_id, count(*) as n from ${orders} group by 1;
  create unique index "one ""each""" on "per ""customer""" (customer_id);
  create index on "per ""customer""" (n);
  create view of_view as select customer_id, n from "per ""customer""";
  create view "in ""between""" with (security_barrier = true) as select o.id, o.customer_id, v.n from ${orders} o join of_view v using (customer_id);
  create materialized view a_last as select customer_id, max(id) as id, max(n) as n from "in ""between""" group by 1;
  create unique index "last ""each""" on a_last (customer_id);
  create materialized view all_last as select id, l.n from a_last l join "in ""between""" b using (id);
  create view of_last as select id from a_last;
  comment on view "in ""between""" is 'kept too';
  grant select on "in ""between""", a_last to public;
  comment on materialized view "per ""customer""" is 'kept';
  create unique index "for subscribers" on customers (id);
  alter table customers replica identity using index "for subscribers";
  comment on column ${orders}.id is 'the key';
  comment on constraint "not me" on ${orders} is 'a tree';
  alter table customers enable row level security;
  create policy positive on customers using (id > 0);
  grant select (id) on customers to public;`

const wide = declared(
  table('customers', { id: 'bigint', email: 'text' }, (t) => [t.primaryKey('id')]),
  table(
    'Odd "orders"',
    { id: 'bigint', customer_id: 'bigint', 'the "parent"': 'bigint', note: 'text' },
    (t) => [t.primaryKey('id')],
  ),
  table('items', { order_id: 'bigint', line: 'smallint', amount: 'int' }, (t) => [
    t.primaryKey('order_id', 'line'),
  ]),
)

const writes = (n: number): readonly string[] => [
  `insert into customers (email) values ('c${n}')`,
  `insert into ${orders} (customer_id, note) select min(id), 'n${n}' from customers`,
  `insert into ${orders} (customer_id, "the ""parent""") select min(customer_id), max(id) from ${orders}`,
  `insert into items select max(id), ${n % 100}, 1 from ${orders} on conflict do nothing`,
  `insert into audit select order_id, line from items limit 1`,
  `update ${orders} set "the ""parent""" = null where id % 7 = ${n % 7}`,
  `update items set amount = amount + 1 where line = ${n % 5}`,
  `delete from customers where email = 'c${n}' and id > (select min(id) from customers)`,
]

/** Constraints and indexes by their names, with their text. */
const standing = ({ db }: ShapeProject) =>
  db.json<{ readonly name: string; readonly text: string }>(
    `select conname as name, pg_get_constraintdef(oid) as text from pg_constraint
      where connamespace = 'public'::regnamespace and conname !~ 'assay_'
      union all select indexname, indexdef from pg_indexes where schemaname = 'public' and indexname !~ 'assay_'
      order by 1, 2`,
  )

/** What subscribers tell the rows of customers apart by. */
const identityOf = ({ db }: ShapeProject) =>
  db.json(
    `select c.relname as index from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = 'customers'::regclass and i.indisreplident`,
  )

const typesOf = ({ db }: ShapeProject) =>
  db.json(
    `select distinct format_type(atttypid, null) as type from pg_attribute
      where attrelid in ('customers'::regclass, '${orders}'::regclass, 'items'::regclass, 'audit'::regclass, 'of_customer'::regclass, 'of_view'::regclass, '"per ""customer"""'::regclass, '"in ""between"""'::regclass, 'a_last'::regclass, 'all_last'::regclass, 'of_last'::regclass)
        and attname in ('id', 'customer_id', 'the "parent"', 'order_id', 'item_order')`,
  )

describe.each(bothServers)('a key of another type on PostgreSQL $major', ({ major, whyNot, start }) => {
  const isRun = whyNot === '' && (major === 18 || isThorough)

  it.runIf(isRun)('takes all that points to it with it while writers go on, and brings it back', async () => {
    const { server, stop } = await start()
    try {
      await withShapeProject(server, { sql, architecture: wide }, async (project) => {
        const { db } = project
        for (let n = 1; n < 20; n++) for (const one of writes(n)) await db.query(one)
        const before = { catalog: await readCatalog(db), standing: await standing(project) }
        const { phases, findings } = await project.expand()
        expect(findings).toEqual([])
        expect(phases.map(({ purpose }) => purpose)).toEqual([
          'odd_orders_id_key_expand',
          'odd_orders_id_key_backfill',
          'odd_orders_id_key_switch',
        ])
        await project.run('expand')
        await expect(project.run('switch')).rejects.toThrow(/old and new differ in rows: \d+; .* and more/u)
        expect(await underLoad(server, project.database, writes, () => project.run('backfill'))).toEqual([])
        expect(await underLoad(server, project.database, writes, () => project.run('switch'))).toEqual([])
        expect(await standing(project)).toEqual(before.standing)
        expect(await typesOf(project)).toEqual([{ type: 'bigint' }])
        expect(await identityOf(project)).toEqual([{ index: 'for subscribers' }])

        // Who counts, goes on counting; who inserts by place has it in its place.
        const [last] = await db.json<{ c: number; o: number }>(
          `select (select last_value from customers_id_seq) as c, (select last_value from "Odd ""orders""_id_seq") as o`,
        )
        const next = { c: (last?.c ?? 0) + 3, o: (last?.o ?? 0) + 1 }
        await db.query(`insert into customers (email) values ('next');
          insert into ${orders} (customer_id) values (${next.c});
          insert into ${orders} values (900001, ${next.c}, 5), (default, ${next.c}, 6)`)
        expect(await db.json(`select id from customers where email = 'next'`)).toEqual([{ id: next.c }])
        expect(
          await db.json(
            `select id, "the ""parent""" as p, assay_kept_id as kept from ${orders} where customer_id = ${next.c} order by id`,
          ),
        ).toEqual([
          { id: next.o, p: null, kept: next.o },
          { id: next.o + 2, p: 6, kept: next.o + 2 },
          { id: 900_001, p: 5, kept: 900_001 },
        ])
        const large = `update ${orders} set id = 5000000000 where id = 900001`
        await expect(db.query(large)).rejects.toThrow(/integer out of range/u)

        expect((await project.contract()).findings).toEqual([])
        await project.run('contract')
        await db.query(`insert into ${orders} (id, customer_id) values (5000000000, ${next.c});
          insert into items (order_id, line) values (5000000000, 1)`)
        await expect(project.run('contract', 'down')).rejects.toThrow(
          `"Odd ""orders""": the old shape cannot say what stands in rows: 5000000000`,
        )
        await db.query(`update ${orders} set id = 900002 where id = 5000000000`)

        await project.run('contract', 'down')
        expect(
          await underLoad(server, project.database, writes, () => project.run('switch', 'down')),
        ).toEqual([])
        expect(
          await db.json(`select order_id from items where order_id > 900000 and amount is null`),
        ).toEqual([{ order_id: 900_002 }])
        await takeBackAndFinish(project, before, () => standing(project))
        expect(await db.json('select count(*) > 0 as is from all_last')).toEqual([{ is: true }])
      })
    } finally {
      await stop()
    }
  })

  it.runIf(whyNot === '' && isThorough)('passes migrate test in every phase', async () => {
    const { server, stop } = await start()
    try {
      const small = `create table p (id int generated by default as identity primary key, note text);
        create table c (p_id smallint not null references p, n int, primary key (p_id, n))`
      const architecture = declared(
        table('p', { id: 'bigint', note: 'text' }, () => []),
        table('c', { p_id: 'bigint', n: 'int' }, () => []),
      )
      await withShapeProject(server, { sql: small, architecture }, async (project) => {
        await project.expand()
        await project.contract()
        await project.contract()
        // Rows that only the wider type holds, where the filler found some: the way back names them.
        const needsOld = /warning migrate\.down-needs-old-rows 0004_p_id_key_contract/u
        expect((await project.test()).filter((one) => !needsOld.test(one))).toEqual([])
      })
    } finally {
      await stop()
    }
  })

  it.runIf(isRun)('is not begun where something cannot follow', async () => {
    const { server, stop } = await start()
    try {
      const small = `create table p (id int primary key, v int, twice int generated always as (id * 2) stored);
        create function between_them() returns setof int begin atomic select id from p; end;
        create materialized view m as select * from between_them();
        create table c (p_id int references p);
        create table l (k int, id int primary key); create table lr (k int, b int);
        create view by_place as select l.id, lr.b from l join lr using (k); alter table l rename k to kk;
        create table parts (id int primary key) partition by hash (id);
        create table q (id int unique, exclude using btree (id with =)); create table r (q_id int references q (id));`
      const of = (childType: 'int' | 'bigint') =>
        declared(
          table('p', { id: 'bigint', v: 'int', twice: 'int' }, () => []),
          table('c', { p_id: childType }, () => []),
          table('l', { id: 'bigint', kk: 'int' }, () => []),
          table('parts', { id: 'bigint' }, () => []),
          table('q', { id: 'bigint' }, () => []),
          table('r', { q_id: 'bigint' }, () => []),
        )
      await withShapeProject(server, { sql: small, architecture: of('bigint') }, async (project) => {
        const { findings, phases } = await project.expand()
        expect(phases).toEqual([])
        expect(findings.map(({ code, structure }) => `${code} ${structure}`)).toEqual([
          'expand.key p/generated:twice',
          'expand.key materializedView:m',
          'expand.key view:by_place',
          'expand.partition-key parts/column:id',
          'expand.key q/excludes:id',
        ])
      })
      const uuid = declared(table('q', { id: 'uuid' }, () => []))
      await withShapeProject(server, { sql: small, architecture: uuid }, async (project) => {
        await expect(project.expand()).rejects.toSatisfy(
          (cause) =>
            cause instanceof AssayError &&
            cause.code === 'expand.key-drawn' &&
            cause.asked === 'q.id, drawn anew',
        )
      })
      await withShapeProject(server, { sql: small, architecture: of('int') }, async (project) => {
        await expect(project.expand()).rejects.toSatisfy(
          (cause) =>
            cause instanceof AssayError &&
            cause.code === 'expand.key-follows' &&
            cause.mend === 'Declare c.p_id as "bigint".',
        )
      })
    } finally {
      await stop()
    }
  })
})
