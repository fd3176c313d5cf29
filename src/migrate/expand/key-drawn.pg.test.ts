/** A key drawn anew (`int` as `uuid`): all that points to it follows its row, whoever writes, and it comes back. */
import { describe, expect, it } from 'vitest'
import { table } from 'assay'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { difference, isSame } from '../../catalog/difference.ts'
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import { bothServers } from '../../../test/support/both-servers.ts'
import { declared, withShapeProject, type ShapeProject } from '../../../test/support/shape-lab.ts'
import { underLoad } from '../../../test/support/under-load.ts'

/** The older server, and migrate test of every phase, take a while. */
const isThorough = Number(process.env['ASSAY_RUNS'] ?? 1) > 1

const orders = '"Odd ""orders"""'
const parent = '"the ""parent"""'

/** Numbered by tenant, a tree, a key that follows a key, another that follows that, and policies that hide every parent. */
const sql = `
  create table tenants (id int primary key);
  insert into tenants values (1), (2);
  create table customers (id int generated always as identity (start with 100 increment by 3) primary key, email text unique);
  create table ${orders} (
    tenant_id int not null references tenants, id serial,
    customer_id int not null references customers (id) on update cascade on delete cascade deferrable,
    ${parent} int, note text default '', primary key (tenant_id, id),
    foreign key (tenant_id, ${parent}) references ${orders} (tenant_id, id) on update cascade deferrable initially deferred);
  create index "by customer" on ${orders} (customer_id desc, id) where id is not null;
  create table items (tenant_id int, order_id int, line smallint, primary key (tenant_id, order_id, line),
    foreign key (tenant_id, order_id) references ${orders} on update cascade on delete cascade deferrable initially deferred);
  create table audit (t int, o int, l smallint,
    foreign key (t, o, l) references items (tenant_id, order_id, line) on update cascade on delete set null deferrable initially deferred);
  create table profiles (customer_id int primary key references customers on delete cascade on update cascade, bio text);
  create view of_customer as select id, customer_id, note from ${orders};
  comment on column ${orders}.id is 'the key';
  create role drawn_app; grant drawn_app to current_user;
  grant insert, update, delete, select on ${orders}, items, audit, profiles to drawn_app;
  grant insert on customers to drawn_app;
  grant usage on sequence "Odd ""orders""_id_seq" to drawn_app;
  alter table customers enable row level security;
  create policy "writes only" on customers for insert with check (true);`

const uuids = declared(
  table('customers', { id: 'uuid', email: 'text' }, (t) => [
    t.primaryKey('id'),
    t.defaults({ id: 'gen_random_uuid()' }),
  ]),
  table('Odd "orders"', { tenant_id: 'int', id: 'uuid', note: 'text' }, (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.defaults({ id: 'gen_random_uuid()' }),
  ]),
)

/** Statements that say the same of numbers and of uuids. */
const writes = (n: number): readonly string[] => [
  `insert into customers (email) values ('c${n}')`,
  `insert into profiles (customer_id, bio) select id, 'p' from customers where email = 'c${n}'`,
  `insert into ${orders} (tenant_id, customer_id, note) select 1 + ${n} % 2, id, 'n${n}' from customers where email = 'c${n}'`,
  `insert into ${orders} (tenant_id, customer_id, ${parent}) select tenant_id, customer_id, id from ${orders} where note = 'n${n}'`,
  `insert into items (tenant_id, order_id, line) select tenant_id, id, ${n % 9} from ${orders} where note = 'n${n}'`,
  `insert into audit (t, o, l) select tenant_id, order_id, line from items order by random() limit 1`,
  `update ${orders} set ${parent} = null where note = '' and tenant_id = ${1 + (n % 2)} and customer_id in (select id from customers where email = 'c${n - 2}')`,
  `delete from customers where email = 'c${n - 3}'`,
]

/** Names of a column before the switch, behind it, and aside. */
type Named = (column: string) => readonly [old: string, young: string]
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const beside: Named = (column) => [quoted(column), quoted(`assay_next_${column}`)]
const switched: Named = (column) => [quoted(`assay_kept_${column}`), quoted(column)]

/** Rows of which one side points to another row than the other side. */
const strays = async ({ db }: ShapeProject, named: Named): Promise<unknown> => {
  const point = (child: string, column: string, target: string, tenant = ''): string => {
    const [[old, young], [targetOld, targetYoung]] = [named(column), named('id')]
    const on = tenant === '' ? '' : ` and p.tenant_id = c.${tenant}`
    return `select '${child}.${column}' as at, c.${old}::text as old, c.${young}::text as young from ${quoted(child)} c
      left join ${quoted(target)} p on p.${targetOld} = c.${old}${on}
      where p.${targetYoung} <> c.${young} or (c.${old} is null) <> (c.${young} is null)`
  }
  const drawn = (name: string): string =>
    `select '${name}', c.${named('id')[0]}::text, c.${named('id')[1]}::text from ${quoted(name)} c
      where c.${named('id')[0]} is null or c.${named('id')[1]} is null`
  return db.json(
    [
      point('Odd "orders"', 'customer_id', 'customers'),
      point('Odd "orders"', 'the "parent"', 'Odd "orders"', 'tenant_id'),
      point('items', 'order_id', 'Odd "orders"', 'tenant_id'),
      point('audit', 'o', 'Odd "orders"', 't'),
      point('profiles', 'customer_id', 'customers'),
      drawn('customers'),
      drawn('Odd "orders"'),
    ].join('\nunion all\n'),
  )
}

const stateOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (cause: unknown) => (cause instanceof PgError ? cause.fault.sqlstate : String(cause)),
  )

/** Constraints and indexes by their names, with their text. */
const standing = ({ db }: ShapeProject) =>
  db.json(
    `select conname as name, pg_get_constraintdef(oid) as text from pg_constraint
      where connamespace = 'public'::regnamespace and conname !~ 'assay_'
      union all select indexname, indexdef from pg_indexes where schemaname = 'public' and indexname !~ 'assay_'
      order by 1, 2`,
  )

/** What an application that knows numbers writes; the rows that it points to may come later. */
const byNumber = async ({ db }: ShapeProject, named: Named, from: number): Promise<void> => {
  const [id, customer, order, up, o] = ['id', 'customer_id', 'order_id', 'the "parent"', 'o'].map(
    (name) => named(name)[0],
  )
  const n = (number: number): number => from + number
  await db.query(`insert into customers (${id}, email) overriding system value values (${n(7)}, 'c${n(7)}')`)
  // No role but the owner may read customers: the foreign key finds them, and so does the trigger.
  await db.query(`set role drawn_app`)
  const into = `insert into ${orders} (tenant_id, ${id}, ${customer}, ${up})`
  await db.query(`insert into ${orders} values (1, ${n(1)}, ${n(7)}, null, 'by place')`)
  await db.query(`${into} values (1, ${n(2)}, ${n(7)}, ${n(2)})`)
  await db.query(`${into} values (2, ${n(1)}, ${n(7)}, ${n(3)}), (2, ${n(3)}, ${n(7)}, ${n(1)})`)
  await db.query(`reset role`)
  await db.copyIn(`copy items (tenant_id, ${order}, line) from stdin`, `1\t${n(1)}\t1\n1\t${n(1)}\t2\n`)
  await db.query(`begin;
    set constraints all deferred;
    insert into audit (t, ${o}, l) values (1, ${n(5)}, 1), (1, ${n(5)}, null), (1, null, 1);
    insert into items (tenant_id, ${order}, line) values (1, ${n(5)}, 1);
    insert into ${orders} (tenant_id, ${id}, ${customer}) values (1, ${n(5)}, ${n(8)});
    insert into customers (${id}) overriding system value values (${n(8)});
    insert into profiles (${customer}) values (${n(8)});
    commit`)
  await db.query(`with child as (insert into items (tenant_id, ${order}, line) values (1, ${n(6)}, 1), (1, ${n(6)}, 2))
    insert into ${orders} (tenant_id, ${id}, ${customer}) values (1, ${n(6)}, ${n(7)})`)
  await db.query(
    `update ${orders} set ${customer} = ${n(8)}, ${up} = ${n(6)} where tenant_id = 1 and ${id} = ${n(1)}`,
  )
  await db.query(`insert into items (tenant_id, ${order}, line) values (1, ${n(1)}, 2), (1, ${n(5)}, 3)
    on conflict (tenant_id, ${order}, line) do update set ${order} = ${n(6)}, line = 7`)
  await db.query(`delete from items where ${order} = ${n(5)} and line = 1`)
  expect(await stateOf(db.query(`insert into items (tenant_id, ${order}, line) values (1, 777777, 1)`))).toBe(
    '23503',
  )
  expect(await stateOf(db.query(`insert into profiles (${customer}) values (777777)`))).toBe('23503')
  expect(await stateOf(db.query(`insert into profiles (${customer}) values (null)`))).toBe('23502')
}

const known = (n: number): string => `'00000000-0000-4000-8000-${String(n).padStart(12, '0')}'`

/** What an application that knows uuids writes. */
const byUuid = async ({ db }: ShapeProject, named: Named, from: number): Promise<void> => {
  const [id, customer, order, up, o] = ['id', 'customer_id', 'order_id', 'the "parent"', 'o'].map(
    (name) => named(name)[1],
  )
  const n = (number: number): string => known(from + number)
  await db.query(`insert into customers (email) values ('new ${from}')`)
  await db.query(`insert into customers (${id}, email) values (${n(1)}, 'known ${from}')`)
  await db.query(`set role drawn_app`)
  await db.query(`insert into ${orders} (tenant_id, ${id}, ${customer}, ${up}) values
    (1, ${n(2)}, ${n(1)}, ${n(3)}), (1, ${n(3)}, ${n(1)}, ${n(3)})`)
  await db.query(`insert into ${orders} (tenant_id, ${customer}) values (2, ${n(1)})`)
  await db.query(`reset role`)
  await db.copyIn(`copy items (tenant_id, ${order}, line) from stdin`, `1\t${n(2).slice(1, -1)}\t1\n`)
  await db.query(`begin;
    set constraints all deferred;
    insert into audit (t, ${o}, l) values (1, ${n(4)}, 1);
    insert into items (tenant_id, ${order}, line) values (1, ${n(4)}, 1);
    insert into ${orders} (tenant_id, ${id}, ${customer}) values (1, ${n(4)}, ${n(5)});
    insert into customers (${id}) values (${n(5)});
    commit`)
  await db.query(`update ${orders} set ${up} = null where ${id} = ${n(3)}`)
  await db.query(`update ${orders} set ${up} = ${n(3)}, ${customer} = ${n(5)} where ${id} = ${n(2)}`)
  expect(await stateOf(db.query(`insert into profiles (${customer}) values (${known(99)})`))).toBe('23503')
}

/** Keys themselves are written by the side that leads. */
const otherKeys = async ({ db }: ShapeProject, named: Named): Promise<void> => {
  const isBeside = named === beside
  const [of, value] = isBeside ? [0, '888888'] : [1, known(888_888)]
  const [id, order] = [named('id')[of], named('order_id')[of]]
  await db.query(
    `update ${orders} set ${id} = ${value} where (tenant_id, ${id}) in (select tenant_id, ${order} from items limit 1)`,
  )
  await db.query(
    `update customers set ${id} = ${isBeside ? 'default' : 'gen_random_uuid()'} where email like 'c%7'`,
  )
  await db.query(`delete from items where ${order} = ${value}`)
  // Nobody knows uuids before the switch: what is written there is not taken.
  const other = isBeside ? known(888_888) : '888888'
  expect(await stateOf(db.query(`update ${orders} set ${named('id')[1 - of]} = ${other}`))).toBe(
    isBeside ? 'done' : '0A000',
  )
}

describe.each(bothServers)('a key drawn anew on PostgreSQL $major', ({ major, whyNot, start }) => {
  const isRun = whyNot === '' && (major === 18 || isThorough)

  it.runIf(isRun)('is looked up by all that points to it while writers go on, and comes back', async () => {
    const { server, stop } = await start()
    try {
      await withShapeProject(server, { sql, architecture: uuids }, async (project) => {
        const { db, database } = project
        const load = (work: () => Promise<unknown>) => underLoad(server, database, writes, work)
        for (let n = 1; n < 20; n++) for (const one of writes(n)) await db.query(one)
        const before = { catalog: await readCatalog(db), standing: await standing(project) }
        expect((await project.expand()).findings).toEqual([])
        expect(await load(() => project.run('expand'))).toEqual([])
        await expect(project.run('switch')).rejects.toThrow(/old and new differ in rows: .* and more/u)
        expect(await load(() => project.run('backfill'))).toEqual([])
        await byNumber(project, beside, 9000)
        await otherKeys(project, beside)
        expect(await strays(project, beside)).toEqual([])
        expect(await load(() => project.run('switch'))).toEqual([])
        expect(await strays(project, switched)).toEqual([])
        expect(await standing(project)).toEqual(before.standing)

        // What knows numbers still may write them, also by place; all that is left out draws on both sides.
        await byUuid(project, switched, 100)
        await byNumber(project, switched, 19_000)
        await otherKeys(project, switched)
        expect(await strays(project, switched)).toEqual([])

        expect((await project.contract()).findings).toEqual([])
        await project.run('contract')
        await db.query(`insert into customers (id, email) values (${known(20)}, 'after');
          insert into ${orders} (tenant_id, customer_id, note) values (1, ${known(20)}, 'after')`)
        // Numbers may come to their end: that is no concern of who writes, but of the way back.
        await db.query(`select setval('customers_id_seq', 2147483647)`)
        await db.query(`insert into customers (id, email) values (${known(21)}, 'no number')`)
        await expect(project.run('contract', 'down')).rejects.toThrow(
          `customers: the old shape cannot say what stands in rows: ${known(21).slice(1, -1)}`,
        )
        await db.query(
          `delete from customers where email = 'no number'; select setval('customers_id_seq', 50000, false)`,
        )
        await project.run('contract', 'down')
        expect(await strays(project, switched)).toEqual([])
        expect(await load(() => project.run('switch', 'down'))).toEqual([])
        expect(await strays(project, beside)).toEqual([])
        expect(
          await db.json(
            `select o.customer_id = c.id as is from customers c join ${orders} o on o.note = 'after' where email = 'after'`,
          ),
        ).toEqual([{ is: true }])
        await project.run('expand', 'down')
        expect(await standing(project)).toEqual(before.standing)
        const back = difference(before.catalog, await readCatalog(db))
        expect(isSame(back) ? null : back).toBe(null)
      })
    } finally {
      await stop()
    }
  })

  it.runIf(whyNot === '' && isThorough)('passes migrate test in every phase', async () => {
    const { server, stop } = await start()
    try {
      const small = `create table p (id int generated by default as identity primary key, note text);
        create table c (p_id int not null references p, n int, up int, primary key (p_id, n), foreign key (p_id, up) references c)`
      const p = table('p', { id: 'uuid', note: 'text' }, (t) => [t.defaults({ id: 'gen_random_uuid()' })])
      await withShapeProject(server, { sql: small, architecture: declared(p) }, async (project) => {
        await project.expand()
        await project.contract()
        await project.contract()
        expect(await project.test()).toEqual([])
      })
    } finally {
      await stop()
    }
  })

  it.runIf(isRun)('is not begun where nobody says what draws it', async () => {
    const { server, stop } = await start()
    try {
      const small = `create table q (id int unique, code text not null unique, n int primary key); create table r (q_id int default 1 references q (id));
        create table s (q_n int references q, k smallint, primary key (q_n, k))`
      const asked = async (
        column: 'id' | 'code' | 'n',
        wish: { set?: string; back?: string; k?: 'int' } = {},
      ) => {
        const of = declared(
          table('q', { [column]: 'uuid' }, () => []),
          ...(wish.k === undefined ? [] : [table('s', { k: 'int' }, () => [])]),
        )
        const one = (text?: string) => (text === undefined ? [] : [{ table: 'q', column, sql: text }])
        let said = ''
        await withShapeProject(server, { sql: small, architecture: of }, async (project) => {
          said = await project.expand({ set: one(wish.set), back: one(wish.back) }).then(
            ({ findings }) => findings.map(({ summary }) => summary).join('\n'),
            (cause: unknown) =>
              cause instanceof AssayError ? `${cause.code} ${cause.message}` : String(cause),
          )
        })
        return said
      }
      const draw = 'gen_random_uuid()'
      expect(await asked('n')).toBe('expand.key-drawn Nothing says how the new values of q.n are drawn.')
      expect(await asked('n', { set: draw })).toBe(
        'expand.key-drawn Nothing draws old values of q.n for the rows of the new application.',
      )
      expect(await asked('id', { set: draw, back: `nextval('x')` })).toBe(
        'expand.key-drawn q_id points to it, and has a default: 1.',
      )
      expect(await asked('n', { set: draw, back: '1', k: 'int' })).toBe(
        'expand.key-drawn s.k would change in the same moment, by a cast.',
      )
    } finally {
      await stop()
    }
  })
})
