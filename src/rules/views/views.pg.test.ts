/** Views of the harder kinds: documents, recursion, functions, keys one after the other, and writes through them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { materializedView, view, type View } from '../../architecture/view.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { openViewLab } from '../../../test/support/view-lab.ts'
import { openAsking } from './ask-queries.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const tables = `
  create extension tablefunc;
  create table people (id int primary key, mail text not null, boss_id int references people, tags text[] not null default '{}');
  create table goods (id int primary key, name text not null, doc xml, attrs jsonb, price numeric(8,2) not null check (price > 0));
  create table staff (id int primary key references people, title text not null);
  create table sales (id int primary key, staff_id int not null references staff, good_id int not null references goods,
    status text not null check (status in ('new', 'paid', 'void')), sold_on date not null, qty int not null check (qty > 0));
  create table letters (id int primary key, sender text, words int);
  create function worth(sale int) returns numeric language sql stable as
    $$ select sum(s.qty * g.price) from sales s join goods g on g.id = s.good_id where s.id = sale $$;
`

const namespace = `'{{n,http://example.com/goods}}'`

/** Name → query. */
const queries: Readonly<Record<string, string>> = {
  xml_values: `select id, (xpath('/n:good/n:label/text()', doc, ${namespace}))[1]::text as label, (xpath('/n:good/@rank', doc, ${namespace}))[1]::text::int as rank from goods where doc is not null`,
  xml_rows: `select g.id, (xpath('/part/name/text()', part))[1]::text as part from goods g cross join lateral unnest(xpath('/good/part', g.doc)) as part`,
  xml_table: `select g.id, x.label, x.amount from goods g, xmltable('/good/cost' passing g.doc columns label text path '@label', amount numeric path 'amount') x`,
  json_values: `select id, attrs ->> 'colour' as colour, (attrs -> 'size' ->> 'width')::int as width, jsonb_array_length(attrs -> 'parts') as parts from goods where attrs ? 'colour'`,
  json_rows: `select g.id, part ->> 'sku' as sku from goods g cross join lateral jsonb_array_elements(g.attrs -> 'parts') as part where (part ->> 'count')::int > 2`,
  last_sale: `select st.id, s.sold_on, s.id as sale from staff st left join lateral (select sold_on, id from sales where staff_id = st.id order by sold_on desc, id desc limit 1) s on true`,
  no_key: `select p.id, l.words from people p join letters l on lower(l.sender) = lower(p.mail) where l.words between 10 and 500`,
  tags: `select id, unnest(tags) as tag from people where 'vip' = any(tags)`,
  fiscal: `select extract(year from sold_on + interval '6 months') as year, sum(qty) as sold from sales group by 1 having sum(qty) >= 4`,
  from_function: `select id, worth(id) as worth from sales where worth(id) > 50`,
  by_year: `select * from crosstab('select staff_id, extract(year from sold_on + interval ''6 months''), sum(qty) from sales group by 1, 2 order by 1, 2', $$select unnest('{2012,2013}'::text[])$$) as sold(staff int, "2012" bigint, "2013" bigint)`,
  best: `select id, name from (select id, name, row_number() over (order by price desc, id) as place from goods) ranked where place <= 2`,
}

test('every way to break them is noticed', async () => {
  const views = Object.fromEntries(Object.entries(queries).map(([name, sql]) => [name, view(name, sql)]))
  const ddl = Object.entries(queries).map(([name, sql]) => `create view ${name} as ${sql}`)
  const lab = await openViewLab(server, [tables, ...ddl].join(';\n'), views)
  try {
    expect(lab.faults()).toEqual([])
    const { killed, left } = await lab.left((s) => s.kind === 'view')
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(100)
  } finally {
    await lab.close()
  }
}, 60_000)

test('what keys and checks make the same is proven, not looked for', async () => {
  const over = `select worker, sum(total) as total from spending where total > 10 group by worker`
  const never = `select g.id, (xpath('/piece/name/text()', part))[1]::text as part from goods g cross join lateral unnest(xpath('/good/part', g.doc)) as part`
  const parts = `select id, unnest(xpath('/good/part', doc)) as part from goods where doc is not null`
  const keys = `select g.id, k.key from goods g cross join lateral jsonb_object_keys(g.attrs) as k(key) where g.attrs is not null and g.price > 1`
  const lab = await openViewLab(
    server,
    [
      tables,
      `create view open_sales as select id, qty from sales where status <> 'void'`,
      `create view sellers as select s.id, p.mail from sales s join people p on p.id = s.staff_id`,
      `create view by_mail as with sold as (select staff_id, sum(qty) as qty from sales group by staff_id)
        select p.mail, sold.qty from sold join people p on p.id = sold.staff_id`,
      `create materialized view spending as select staff_id as worker, qty as total from sales`,
      `create view over_spending as ${over}`,
      `create view never as ${never}`,
      `create view "its ""parts""" as ${parts}`,
      `create view keys as ${keys}`,
    ].join(';\n'),
    {
      open: view('open_sales', `select id, qty from sales where status <> 'void'`),
      sellers: view('sellers', `select s.id, p.mail from sales s join people p on p.id = s.staff_id`),
      mail: view(
        'by_mail',
        `with sold as (select staff_id, sum(qty) as qty from sales group by staff_id) select p.mail, sold.qty from sold join people p on p.id = sold.staff_id`,
      ),
      spending: materializedView('spending', `select staff_id as worker, qty as total from sales`),
      over: view('over_spending', over),
      never: view('never', never),
      parts: view('its "parts"', parts),
      keys: view('keys', keys),
    },
  )
  try {
    expect(lab.faults()).toEqual([])
    const { left, equivalent: why } = await lab.left((s) => /view$/iu.test(s.kind))
    expect(left).toEqual([])
    expect(why.get('view:open_sales~relational-operator-exchanged:<')).toMatch(/lets through the same rows/u)
    const keys = /staff.* and then .*people give every row its partner/u
    expect(why.get('view:sellers~join-exchanged:left')).toMatch(keys)
    expect(why.get('view:never~constant-moved:2')).toMatch(/xpath finds nothing there/u)
    const unnested = [...why].filter(([, reason]) => /nothing unnested is no row/u.test(reason))
    expect(unnested.map(([id]) => id)).toEqual([
      'view:"its ""parts"""~where-dropped',
      'view:keys~part-dropped:1',
    ])
    expect(why.get('view:by_mail~join-exchanged:left')).toMatch(keys)
  } finally {
    await lab.close()
  }
}, 60_000)

test('writes are carried out by its triggers and rules', async () => {
  const odd = `w "q" é`
  const quoted = `"w ""q"" é"`
  const query = `select id, mail from people`
  const lab = await openViewLab(
    server,
    `${tables};
     create view ${quoted} as ${query};
     create function write_people() returns trigger language plpgsql as $$ begin
       if tg_op = 'INSERT' then insert into people (id, mail) values (new.id, upper(new.mail)); return new; end if;
       update people set mail = new.mail where id = old.id; return new; end $$;
     create trigger "in ""stead" instead of insert or update on ${quoted} for each row execute function write_people();
     create rule "del;ete" as on delete to ${quoted} do instead update people set mail = 'gone' where id = old.id`,
    {
      people: view({ schema: 'public', name: odd }, query, {}, (v) => [
        v.writtenBy('trigger:in "stead', 'rule:del;ete'),
      ]),
    } satisfies Record<string, View>,
  )
  try {
    expect(lab.faults()).toEqual([])
    const red = await lab.red()
    expect([...red].filter(([, { proven }]) => !proven)).toEqual([])
    const { killed, left } = await lab.left((s) => s.kind === 'trigger' || s.kind === 'rule')
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(2)
  } finally {
    await lab.close()
  }
}, 30_000)

test('views that ask who reads them are read by somebody', async () => {
  const queries = {
    mine: `select id, qty from sales where staff_id = nullif(current_setting('app.staff', true), '')::int`,
    strict: `select id, mail from people where mail = current_setting('app.mail')`,
    called: `select id from sales where staff_id = me() and status = 'paid'`,
  }
  const me = `create function me() returns int language sql stable as $$ select nullif(current_setting('app.me', true), '')::int $$`
  const views = Object.entries(queries).map(([name, sql]) => `create view ${name} as ${sql}`)
  const lab = await openViewLab(
    server,
    [tables, me, ...views].join(';\n'),
    Object.fromEntries(Object.entries(queries).map(([name, sql]) => [name, view(name, sql)])),
  )
  try {
    expect(lab.faults()).toEqual([])
    const { killed, left } = await lab.left((s) => s.kind === 'view')
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(10)
  } finally {
    await lab.close()
  }
}, 60_000)

test('tables whose world has more in it than plain inserts are given their rows', async () => {
  const query = `select party, label from places where label <> 'none'`
  const lab = await openViewLab(
    server,
    `create table parties (id int primary key, kind text not null check (kind in ('person', 'org', 'ship', 'place')), unique (id, kind));
     create table places (party int primary key, kind text not null check (kind = 'place'), label text not null,
       foreign key (party, kind) references parties (id, kind));
     create function refuses() returns trigger language plpgsql as $$ begin raise exception 'never'; end $$;
     create trigger refuses before insert on places for each row execute function refuses();
     create view labels as ${query}`,
    { labels: view('labels', query) },
  )
  try {
    expect(lab.faults()).toEqual([])
    const { killed, left } = await lab.left((s) => s.kind === 'view')
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(3)
  } finally {
    await lab.close()
  }
}, 60_000)

test('a trigger or rule that is not there, and a name that says neither', async () => {
  const lab = await openViewLab(server, `${tables}; create view mails as select id, mail from people`, {
    mails: view('mails', 'select id, mail from people', {}, (v) => [v.writtenBy('trigger:nobody')]),
  })
  try {
    const red = await lab.red()
    expect([...red].find(([id]) => id.includes('writtenBy'))?.[1].proven).toBe(false)
  } finally {
    await lab.close()
  }
  const wrong = view('mails', 'select 1 as one', {}, (v) => [v.writtenBy('nobody' as 'trigger:nobody')])
  expect(wrong.faults.map((fault) => fault.code)).toEqual(['architecture.written-by'])
})

test('a broken query that goes round in a circle is told apart, not waited for', async () => {
  const db = await server.connect(await server.createDatabase('endless'), 'prover')
  try {
    await db.query('begin')
    const [asker] = await db.json<{ readonly name: string }>('select current_user as name')
    const circle = 'with recursive r(n) as (select 1 union all select n from r) select n from r'
    const asking = await openAsking({
      db,
      world: { id: 'endless', statements: [] },
      owner: asker!.name,
      refresh: [],
      query: 'select 1 as n',
      broken: [circle, 'select 1 as n', 'select 2 as n'],
    })
    const [answers] = await asking.ask([0, 1, 2], [[]])
    expect(answers!.told).toEqual(new Set([0, 2]))
    await asking.close()
  } finally {
    await db.end()
  }
})
