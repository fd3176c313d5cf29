/** Columns that are renamed with all that stands on them: lived through by writers of both names, there and back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlType, table } from 'assay'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { underLoad } from '../../../test/support/under-load.ts'
import {
  declared,
  takeBackAndFinish,
  withShapeProject,
  type ShapeProject,
} from '../../../test/support/shape-lab.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

/** Every phase through `migrate test` takes a while. */
const isThorough = Number(process.env['ASSAY_RUNS'] ?? 1) > 1

const orders = '"Odd ""ördèrs"" $1"'
const key = '"the ""kéy"" %s"'

const sql = `
  create table customers (id int generated always as identity (start with 100 increment by 3) primary key, email text);
  create domain code as text collate "C" check (value <> '');
  create table ${orders} (
    id serial primary key, customer_id int not null references customers on delete cascade,
    parent int references ${orders} deferrable initially deferred, slot code not null, place int default 7,
    price numeric not null default 1, total numeric generated always as (price * 2) stored,
    constraint "no two" exclude using btree (slot with =), constraint later unique (place, id) deferrable initially deferred);
  create index "by total" on ${orders} (total, id desc) where id > 0;
  create table items (order_id int references ${orders} on update cascade on delete cascade, line smallint, amount int, primary key (order_id, line));
  create view of_order as select id, customer_id, total from ${orders};
  create materialized view totals as select customer_id, sum(total) from ${orders} group by 1;
  alter table customers enable row level security;
  create policy positive on customers using (id > 0);
  grant select (id), insert (id) on customers to public;
  comment on column ${orders}.id is 'the key';`

const renamed = declared(
  table('customers', { customer_id: 'int', email: 'text' }, (t) => [
    t.identity('customer_id'),
    t.primaryKey('customer_id'),
    t.renamedFrom({ customer_id: 'id' }),
  ]),
  table(
    'Odd "ördèrs" $1',
    {
      'the "kéy" %s': 'int',
      buyer: 'int',
      parent: 'int',
      'a slot': sqlType('code'),
      place: 'int',
      cost: 'numeric',
      amount: 'numeric',
    },
    (t) => [
      t.primaryKey('the "kéy" %s'),
      t.references('buyer', 'customers', { onDelete: 'cascade' }),
      t.renamedFrom({
        'the "kéy" %s': 'id',
        buyer: 'customer_id',
        'a slot': 'slot',
        cost: 'price',
        amount: 'total',
      }),
    ],
  ),
  table('items', { order: 'int', line: 'smallint', amount: 'int' }, (t) => [
    t.primaryKey('order', 'line'),
    t.renamedFrom({ order: 'order_id' }),
  ]),
)

const byOld = (n: number): readonly string[] => [
  `insert into customers (email) values ('c${n}')`,
  `insert into ${orders} (customer_id, slot) select min(id), 'o${n}' from customers`,
  `insert into ${orders} (id, customer_id, slot, price) select 1000000 + ${n}, min(id), 'p${n}', 3 from customers on conflict (id) do update set price = 4`,
  `insert into items (order_id, line) select max(id), ${n % 100} from ${orders} on conflict (order_id, line) do update set amount = 2`,
  `update ${orders} set price = ${n}, slot = slot || '_' where id = 1000000 + ${n - 1}`,
  `update ${orders} set id = -id where id = 1000000 + ${n - 2}`,
  `delete from items where order_id < 0`,
]

const byYoung = (n: number): readonly string[] => [
  `insert into customers (email) values ('y${n}')`,
  `insert into ${orders} (buyer, "a slot") select max(customer_id), 'y${n}' from customers`,
  `insert into ${orders} (${key}, buyer, "a slot", cost) select 2000000 + ${n}, min(customer_id), 'z${n}', 3 from customers on conflict (${key}) do update set cost = 4`,
  `insert into items ("order", line) select max(${key}), ${n % 100} from ${orders} on conflict ("order", line) do update set amount = 2`,
  `update ${orders} set cost = ${n}, "a slot" = "a slot" || '_' where ${key} = 2000000 + ${n - 1}`,
  `update ${orders} set ${key} = -${key} where ${key} = 2000000 + ${n - 2}`,
  `delete from customers where email = 'y${n}' and customer_id > (select min(customer_id) from customers)`,
]

/** Before the switch no index tells rows apart by the new names. */
const byBoth = (n: number): readonly string[] => [
  ...byOld(n),
  ...byYoung(n).filter((one) => !one.includes('on conflict')),
]

/** Rows of which both names do not say the same. */
const apart = ({ db }: ShapeProject) =>
  db.json(`
    select 'orders' as of, id from ${orders} where (id, customer_id, slot::text, price, total) is distinct from (${key}, buyer, "a slot"::text, cost, amount)
    union all select 'customers', id from customers where id is distinct from customer_id
    union all select 'items', order_id from items where order_id is distinct from "order"`)

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** All that stands on the columns, as PostgreSQL prints it. */
const standing = ({ db }: ShapeProject) =>
  db.json<{ readonly name: string; readonly text: string }>(
    `select conname as name, pg_get_constraintdef(oid) as text from pg_constraint
      where connamespace = 'public'::regnamespace and conname !~ 'assay_'
      union all select indexname, indexdef from pg_indexes where schemaname = 'public' and indexname !~ 'assay_'
      order by 1, 2`,
  )

const next = `select (select last_value from customers_id_seq) as c, (select last_value from "Odd ""ördèrs"" $1_id_seq") as o`

describe('columns that are renamed with all that stands on them', () => {
  it('are written under both names at once, and have the one or the other in a moment', async () => {
    await withShapeProject(server, { sql, architecture: renamed }, async (project) => {
      const { db, database } = project
      for (let n = 1; n < 5; n++) for (const one of byOld(n)) await db.query(one)
      const before = { catalog: await readCatalog(db), standing: await standing(project) }
      const { phases, findings } = await project.expand()
      expect(findings).toEqual([])
      expect(phases.filter(({ phase }) => phase === 'expand').map(({ says }) => says)).toEqual([
        'customers: id becomes customer_id',
        '"Odd ""ördèrs"" $1": id and customer_id and slot and price and total becomes the "kéy" %s and buyer and a slot and cost and amount',
        'items: order_id becomes order',
      ])
      await project.run('expand')
      await expect(project.run('switch')).rejects.toThrow(/old and new differ in rows/u)
      expect(await underLoad(server, database, byOld, () => project.run('backfill'))).toEqual([])
      expect(await apart(project)).toEqual([])
      expect(await underLoad(server, database, byBoth, () => project.run('switch'))).toEqual([])
      expect(await apart(project)).toEqual([])

      const all = (n: number) => [...byOld(n), ...byYoung(n)]
      expect(await underLoad(server, database, all, () => pause(50))).toEqual([])
      expect(await apart(project)).toEqual([])

      // Whoever leaves the key out draws the next number, and whoever names it has what it names.
      const [last] = await db.json<{ c: number; o: number }>(next)
      const drawn = { c: (last?.c ?? 0) + 3, o: (last?.o ?? 0) + 1 }
      await db.query(`insert into customers (email) values ('next');
        insert into ${orders} (customer_id, slot) values (${drawn.c}, 'next 1');
        insert into ${orders} (id, customer_id, slot, place) values (3000001, ${drawn.c}, 'next 2', 8);
        insert into ${orders} (${key}, buyer, "a slot") values (3000002, ${drawn.c}, 'next 3')`)
      expect(
        await db.json(
          `select ${key} as key, id, cost, total, place from ${orders} where buyer = ${drawn.c} order by 1`,
        ),
      ).toEqual([
        { key: drawn.o, id: drawn.o, cost: 1, total: 2, place: 7 },
        { key: 3_000_001, id: 3_000_001, cost: 1, total: 2, place: 8 },
        { key: 3_000_002, id: 3_000_002, cost: 1, total: 2, place: 7 },
      ])
      const plan = await db.query(
        `set enable_seqscan = off; explain select from ${orders} where id = 3000001; reset enable_seqscan`,
      )
      expect(JSON.stringify(plan)).toMatch(/assay_twin_/u)

      const contract = await project.contract()
      expect(contract.findings).toEqual([])
      await project.run('contract')
      await db.query(`insert into ${orders} (buyer, "a slot", cost) values (${drawn.c}, 'late', 9)`)
      expect(
        await db.json(`select count(*)::int as n from information_schema.columns where column_name in ('id', 'total')
          and table_schema = 'public' and table_name <> 'of_order'`),
      ).toEqual([{ n: 0 }])

      await project.run('contract', 'down')
      expect(await apart(project)).toEqual([])
      expect(await underLoad(server, database, byBoth, () => project.run('switch', 'down'))).toEqual([])
      expect(await apart(project)).toEqual([])
      expect(await db.json(`select price, total from ${orders} where slot = 'late'`)).toEqual([
        { price: 9, total: 18 },
      ])
      await takeBackAndFinish(project, before, () => standing(project))
      expect((await standing(project)).map(({ name }) => name)).toEqual(
        before.standing.map(({ name }) => name),
      )
    })
  })

  it.runIf(isThorough)('pass migrate test in every phase', async () => {
    await withShapeProject(server, { sql, architecture: renamed }, async (project) => {
      await project.expand()
      await project.contract()
      await project.contract()
      expect(await project.test()).toEqual([])
    })
  })
})
