/** Projected plans on a real server: those of tables of any size, with files that take no room, and statistics without values. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { bareShapeOfPlan, costOfPlan } from '../../postgres/plan-shape.ts'
import type { PlanNode } from '../../postgres/plan.ts'
import { literal } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { explainOnly } from './explain-only.ts'
import { asNewIndex } from './index-shape.ts'
import { makeProjector, type Projector } from './projection.ts'
import { readStatistics } from './read-statistics.ts'
import { scaleStatistics } from './scale/scale.ts'
import { spaceOf } from './stand-ins/family.ts'
import { withStandIns } from './stand-ins/stand-ins.ts'
import type { DatabaseStatistics } from './statistics.ts'
import { sweepPlans } from './sweep.ts'
import { valueAt } from './value-at.ts'

const odd = 'Żółw "of" the;house'
const schema = `
create role projected_app nologin;
create type mood as enum ('good', 'bad', 'ugly');
create domain code as text check (value ~ '^[a-z]+-[0-9]+$');
create table users (id bigint primary key, email text not null unique, code code not null, tenant smallint not null, mood mood, letter char(1), note varchar(3));
create table orders (id integer primary key, user_id bigint not null references users, status text not null check (status in ('open', 'done', 'sent')), tags text[], at timestamptz not null, total numeric(6,2), doc jsonb, span int4range, place box, words tsvector);
create index orders_user on orders (user_id, at desc);
create index orders_open on orders (at) where status = 'open';
create index orders_tags on orders using gin (tags);
create index orders_brin on orders using brin (at);
create index orders_hash on orders using hash (user_id);
create index orders_span on orders using gist (span);
create index orders_email on users (lower(email));
create statistics pairs (ndistinct, dependencies) on tenant, mood from users;
create table events (id bigint not null, day date not null, kind text not null, primary key (id, day)) partition by range (day);
create table events_1 partition of events for values from ('2024-01-01') to ('2024-07-01');
create table events_2 partition of events for values from ('2024-07-01') to ('2025-01-01');
create table people (id bigint primary key, town text not null default 'hiddentown', born text not null, kids integer not null check (kids <> 7), wards integer not null);
create index people_town on people (born) where town = 'hiddentown';
create schema "s p";
create table "s p"."${odd.replaceAll('"', '""')}" ("Ключ" bigint primary key, "a b" text);
alter table orders enable row level security;
create policy own on orders to projected_app using (user_id = current_setting('app.user')::bigint);
grant select on orders to projected_app;`

const fill = (users: number): string => `
insert into users select n, 'secret' || n || '@example.org', 'kd-' || n, n % 20, (array['good', 'good', 'bad', 'ugly'])[1 + n % 4]::mood, chr(65 + n % 20), (n % 700)::text from generate_series(1, ${users}) n;
insert into orders select n, 1 + (n::bigint * 7919) % ${users}, (array['open', 'done', 'done', 'sent'])[1 + (n * 7) % 4], array['geheim' || n % 50, 'x' || n % 3], '2020-01-01'::timestamptz + n * (interval '7 days' / ${users * 10}), (n % 9000) / 100.0, jsonb_build_object('k', n % 30), int4range(n, n + 10), box(point(n, n), point(n + 1, n + 1)), to_tsvector('simple', 'verborgen' || n % 40) from generate_series(1, ${users * 10}) n;
insert into events select n, '2024-01-01'::date + n * 7919 % 366, 'kind' || n % 7 from generate_series(1, ${users * 4}) n;
insert into people select n, 'secret' || n % 9, 'hiddentown', n % 3, 7 from generate_series(1, ${users}) n;
insert into "s p"."${odd.replaceAll('"', '""')}" select n, 'hidden' || n % 10 from generate_series(1, ${users}) n;`

const queries = [
  `select * from orders where user_id = 50 order by at desc limit 20`,
  `select * from orders o join users u on u.id = o.user_id where u.email = 'secret77@example.org'`,
  `select status, count(*) from orders group by 1`,
  `select * from orders where status = 'open' and at > '2020-01-05'`,
  `select * from orders where tags @> array['geheim3']`,
  `select * from orders where span && int4range(100, 120)`,
  `select * from orders where at between '2020-01-03' and '2020-01-04'`,
  `select tenant, mood, count(*) from users group by 1, 2`,
  `select * from users where tenant = 3 and mood = 'bad'`,
  `select * from users where lower(email) = 'secret3@example.org'`,
  `select kind, count(*) from events where day >= '2024-08-01' group by kind`,
  `select * from "s p"."${odd.replaceAll('"', '""')}" where "Ключ" < 40`,
  `select * from orders where words @@ 'verborgen3'::tsquery`,
]

let server: Server
let empty: string
let loaded: string
let there: Session
let projector: Projector
let real: DatabaseStatistics

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const fault: unknown = await work.then(
    () => null,
    (cause: unknown) => cause,
  )
  expect(fault).toBeInstanceOf(AssayError)
  return (fault as AssayError).code
}

const load = async (users: number): Promise<string> => {
  const database = await server.clone(empty, 'loaded')
  const db = await server.connect(database, 'owner')
  // Rows that are not known to be committed yet would not be called visible to all.
  await db.query('set synchronous_commit = on')
  await db.query(fill(users))
  await db.query('vacuum analyze')
  await db.end()
  return database
}

const statisticsOf = async (database: string): Promise<DatabaseStatistics> => {
  const db = await server.connect(database, 'administrator')
  try {
    return await readStatistics(db, { mayCheckpoint: true })
  } finally {
    await db.end()
  }
}

const tell = (plan: PlanNode): string =>
  `${bareShapeOfPlan(plan)}\n${costOfPlan(plan)} ${String(plan['Plan Rows'])}`

const databases = async (): Promise<number> =>
  (await there.json<{ n: number }>('select count(*) as n from pg_database'))[0]!.n

beforeAll(async () => {
  server = await startServer({})
  empty = await server.createDatabase('empty')
  const owner = await server.connect(empty, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  loaded = await load(2_000)
  there = await server.connect(loaded, 'administrator')
  real = await statisticsOf(loaded)
  projector = await makeProjector(server, empty)
})
afterAll(async () => {
  await server.stop()
})

describe('statistics of a loaded database, restored into an empty one', () => {
  it('are plain JSON and give the same plans, costs and estimates', async () => {
    const projection = await projector.project(JSON.parse(JSON.stringify(real)) as DatabaseStatistics)
    for (const query of queries)
      expect(tell(await projection.explain(query))).toBe(tell(await explainOnly(there, query, [])))
    expect(projection.gaps).toEqual([])
    await projection.end()
  })

  it('name what PostgreSQL cannot take', () => {
    expect(real.gaps).toEqual([])
    const orders = real.tables.find(({ name }) => name === 'orders')!
    expect(orders.columns.find(({ name }) => name === 'span')!.own!.rangeBounds).not.toBeNull()
    expect(real.tables.find(({ name }) => name === 'users')!.extended).toMatchObject([
      { name: 'pairs', distinct: [{ columns: [4, 5], count: 20 }] },
    ])
  })

  it('are asked with parameters, and with the settings of their source', async () => {
    const settings = { ...real.settings, enable_indexscan: 'off', enable_bitmapscan: 'off', no_such: '1' }
    const projection = await projector.project({ ...real, settings })
    const plan = await projection.explain('select * from orders where user_id = $1 and status = $2', [
      '5',
      "o'pen",
    ])
    expect(bareShapeOfPlan(plan)).toBe('Seq Scan Schema="public" Relation Name="orders"')
    await projection.end()
  })

  it('are asked as the application, whose policy is in the plan', async () => {
    const identity = { role: 'projected_app', settings: { 'app.user': '7' } }
    const projection = await projector.project(real, identity)
    const plan = await projection.explain('select * from orders')
    expect(JSON.stringify(plan)).toContain('app.user')
    await projection.end()
  })
})

describe('only EXPLAIN', () => {
  it.each([
    ['select 1; select 2', 'projection.statement'],
    ['explain analyze select 1', 'projection.statement'],
    ['vacuum orders', 'projection.statement'],
    ['selec 1', 'projection.statement'],
    ['select nothing from orders', 'projection.statement'],
    ['', 'projection.statement'],
  ])('%s is refused', async (statement, code) => {
    const projection = await projector.project(real)
    expect(await codeOf(projection.explain(statement))).toBe(code)
    expect(costOfPlan(await projection.explain('select 1'))).toBe(0.01)
    await projection.end()
  })

  it('a change is planned and not made, and the session could not write', async () => {
    const projection = await projector.project(real)
    const plan = await projection.explain("update users set email = 'x' -- all")
    expect(plan['Node Type']).toBe('ModifyTable')
    const insert = await projection.explain('insert into users (id) values ($1) on conflict do nothing;', [
      '1',
    ])
    expect(insert['Node Type']).toBe('ModifyTable')
    await projection.end()
  })
})

describe('a sample that is scaled', () => {
  it('gives a billion rows their size without the disk, and is removed without a trace', async () => {
    const before = await databases()
    const { statistics, rows, assumed } = scaleStatistics(real, { sizes: { orders: 1e9 } })
    expect([...rows].filter(([id]) => id === 'orders' || id === 'users')).toEqual([
      ['orders', 1e9],
      ['users', 1e7],
    ])
    expect(assumed).toEqual(['users'])
    const projection = await projector.project(statistics)
    expect(projection.bytes).toBeLessThan(4 * 2 ** 20)
    const plan = await projection.explain('select * from orders')
    expect(plan['Plan Rows']).toBe(1e9)
    const few = await projection.explain(queries[0]!)
    expect(bareShapeOfPlan(few)).toContain('orders_user')
    expect(few['Plan Rows']).toBe(20)
    await projection.end()
    await projection.end()
    expect(await databases()).toBe(before)
  })

  it('is planned as a table of that size is', async () => {
    const small = await load(700)
    const sample = await statisticsOf(small)
    const sizes = Object.fromEntries(
      real.tables.filter(({ kind }) => kind !== 'p').map((t) => [t.name, t.rows]),
    )
    const named = { users: 2_000, orders: 20_000, events: sizes['events_1']! + sizes['events_2']! }
    const projection = await projector.project(
      scaleStatistics(sample, { sizes: { ...named, [`"s p"."${odd.replaceAll('"', '""')}"`]: 1_000 } })
        .statistics,
    )
    const differing: string[] = []
    // Bounds of ranges are not stretched.
    for (const query of queries.filter((text) => !text.includes('span'))) {
      const projected = await projection.explain(query)
      const wanted = await explainOnly(there, query, [])
      const off = Math.abs(costOfPlan(projected)! / costOfPlan(wanted)! - 1)
      if (bareShapeOfPlan(projected) !== bareShapeOfPlan(wanted) || off > 0.1)
        differing.push(`${query} ${off}`)
    }
    expect(differing).toEqual([])
    await projection.end()
    await server.dropDatabase(small)
  })

  it('sizes an index that the source does not have', async () => {
    const database = await server.clone(empty, 'indexed')
    const owner = await server.connect(database, 'owner')
    await owner.query('create index users_tenant on users (tenant, mood); drop index orders_hash')
    await owner.end()
    const other = await makeProjector(server, database)
    const projection = await other.project(
      scaleStatistics(real, { sizes: { users: 1e8, orders: 1e6 } }).statistics,
    )
    const plan = await projection.explain('select * from users order by tenant, mood limit 10')
    expect(bareShapeOfPlan(plan)).toContain('users_tenant')
    await projection.end()
    await server.dropDatabase(database)
  })

  it('shows at which size a plan becomes another', async () => {
    const query = `select * from users where tenant = 3 and note = '5'`
    const found = await sweepPlans(
      async (rows) => {
        const projection = await projector.project(
          scaleStatistics(real, { sizes: { users: rows } }).statistics,
        )
        const plan = await projection.explain(query)
        await projection.end()
        return { rows, shape: bareShapeOfPlan(plan), cost: costOfPlan(plan)! }
      },
      { from: 1e3, to: 1e6 },
    )
    expect(found.flips).toHaveLength(1)
    const { below, above } = found.flips[0]!
    expect(below.shape).toMatch(/^Seq Scan/u)
    expect(above.shape).toMatch(/^Gather/u)
    expect(above.rows / below.rows).toBeLessThan(1.06)
  })
})

describe('what cannot be projected', () => {
  const changed = (name: string, type: string): DatabaseStatistics => ({
    ...real,
    tables: real.tables.map((table) => ({
      ...table,
      columns: table.columns.map((column) =>
        table.name === 'users' && column.name === 'tenant' ? { ...column, name, type } : column,
      ),
    })),
  })

  it('statistics of another version of the schema: every difference is named, and nothing is left', async () => {
    const before = await databases()
    const fault: unknown = await projector
      .project(changed('tenant_id', 'smallint'))
      .catch((cause: unknown) => cause)
    expect(fault).toMatchObject({ code: 'statistics.other-schema' })
    expect((fault as AssayError).found).toBe('users.tenant_id is not here\nusers.tenant is only here')
    expect(await codeOf(projector.project(changed('tenant', 'bigint')))).toBe('statistics.other-schema')
    expect(await databases()).toBe(before)
  })

  it('more rows than a relation holds: refused, and nothing is left', async () => {
    const before = await databases()
    const large = scaleStatistics(real, { sizes: { orders: 1e13 } }).statistics
    expect(await codeOf(projector.project(large))).toBe('projection.too-large')
    expect(await databases()).toBe(before)
  })

  it('a size of a table that is not there, or that is none', () => {
    expect(() => scaleStatistics(real, { sizes: { order: 5 } })).toThrow('There is no table order')
    expect(() => scaleStatistics(real, { sizes: { orders: Number.NaN } })).toThrow(
      'orders cannot have NaN rows',
    )
  })
})

describe('statistics with stand-ins', () => {
  let away: DatabaseStatistics
  const foundIn = (statistics: DatabaseStatistics): readonly string[] =>
    JSON.stringify({ ...statistics, settings: {} }).match(secrets) ?? []
  const secrets = /secret|geheim|verborgen|hidden|kd-\d|"kind\d|2020-0|"\[\d+,.{0,80}/gu

  beforeAll(async () => {
    away = await withStandIns(there, real, new Set())
  })

  it('no value of the rows is in them', () => {
    expect(foundIn(real).length).toBeGreaterThan(100)
    expect(foundIn(away)).toEqual([])
    expect(away.gaps.map(({ code, of }) => [code, of])).toEqual([['statistics.removed', 'orders.span']])
  })

  it('what the schema names of one column says nothing of another', () => {
    const { columns } = away.tables.find(({ name }) => name === 'people')!
    const stays = columns.filter(({ isStandIn }) => isStandIn !== true).map(({ name }) => name)
    expect(stays).toEqual([])
    expect(columns.find(({ name }) => name === 'wards')!.own!.common).not.toEqual(['7'])
  })

  it('values that the schema names stay, and those of columns that are public', async () => {
    const find = (from: DatabaseStatistics, name: string, column: string) =>
      from.tables.find((table) => table.name === name)!.columns.find((one) => one.name === column)!
    expect(find(away, 'orders', 'status')).toEqual(find(real, 'orders', 'status'))
    expect(find(away, 'users', 'mood')).toEqual(find(real, 'users', 'mood'))
    expect(find(away, 'users', 'email').isStandIn).toBe(true)
    const open = await withStandIns(there, real, new Set(['users.email']))
    expect(find(open, 'users', 'email')).toEqual(find(real, 'users', 'email'))
  })

  it('the planner estimates the same for constants at the same place', async () => {
    const originals = await projector.project(real)
    const standing = await projector.project(away)
    expect(standing.gaps).toEqual([])
    const places = [
      ['select * from orders where user_id = $1', 'orders.user_id', { below: 0.5 }],
      ['select * from orders where at >= $1', 'orders.at', { below: 0.9 }],
      ['select * from orders where id < $1', 'orders.id', { below: 0.3 }],
      ['select * from users where email > $1', 'users.email', { below: 0.6 }],
      ['select * from users where letter = $1', 'users.letter', { common: 2 }],
      ['select * from users where tenant = $1', 'users.tenant', { common: 5 }],
      ['select * from users where code < $1', 'users.code', { below: 0.2 }],
      ['select * from orders where total < $1', 'orders.total', { below: 0.5 }],
      ['select * from orders where doc = $1', 'orders.doc', { common: 3 }],
      ['select * from events where kind = $1', 'events.kind', { common: 1 }],
      // The bounds of partitions stay: the same ones are left out, and of the others as many rows come.
      ['select * from events where day >= $1', 'events_2.day', { below: 0.4 }],
      ['select * from events where day < $1', 'events_1.day', { below: 0.6 }],
    ] as const
    for (const [query, column, place] of places) {
      const rowsOf = async (from: typeof originals, statistics: DatabaseStatistics): Promise<unknown> =>
        tell(await from.explain(query, [valueAt(statistics, column, place)]))
      expect(await rowsOf(standing, away), query).toBe(await rowsOf(originals, real))
    }
    const join = 'select * from orders o join users u on u.id = o.user_id'
    expect(tell(await standing.explain(join))).toBe(tell(await originals.explain(join)))
    await originals.end()
    await standing.end()
  })

  it('stand-ins of every type are values of it, and stand in the order of their ranks', async () => {
    const types = [
      'smallint',
      'integer',
      'bigint',
      'numeric',
      'numeric(6,2)',
      'numeric(2,0)',
      'real',
      'double precision',
      'text',
      'character varying(3)',
      'character varying(40)',
      'character(1)',
      'character(12)',
      'name',
      'date',
      'timestamp without time zone',
      'timestamp(3) with time zone',
      'time without time zone',
      'interval',
      'uuid',
      'bytea',
      'inet',
      'cidr',
      'macaddr',
      'jsonb',
      'integer[]',
      'text[]',
      'character varying(20)[]',
    ]
    for (const base of types) {
      const text = /char|text|name/u.test(base)
      const space = spaceOf({ base, collation: text ? 'pg_catalog."default"' : null, column: 't.c' })!
      const count = base === 'character(1)' ? 20 : 60
      const values = Array.from({ length: count }, (_, at) => space.valueOf(at + 1, count)!)
      const [answer] = await there.json<{ same: boolean; distinct: number }>(
        `select array_agg(v order by v::${base}) = array_agg(v order by at) as same, count(distinct v::${base}::text) as distinct
           from unnest(array[${values.map(literal).join(',')}]::text[]) with ordinality given (v, at)`,
      )
      expect(answer, base).toEqual({ same: true, distinct: count })
    }
    expect(spaceOf({ base: 'int4range', collation: null, column: 't.c' })).toBeNull()
    const narrow = spaceOf({ base: 'character(1)', collation: null, column: 't.c' })!
    expect(narrow.valueOf(1, 30)).toBeNull()
  })

  it('a place without a value is a fault', () => {
    expect(() => valueAt(away, 'orders.nothing', { below: 0.5 })).toThrow(
      'There is no value of orders.nothing',
    )
    expect(() => valueAt(away, 'orders.status', { common: 9 })).toThrow('at that place')
  })
})

it('B-trees are as large and as high as the model says', async () => {
  await there.query(`
create table tree as select n::bigint as id, n % 10 as few, (n::bigint * 7919 % 4000)::int as many,
    'some text ' || n as label, (n % 9000)::numeric as amount from generate_series(1, 60000) n;
create index tree_id on tree (id);
create index tree_few on tree (few);
create index tree_many on tree (many);
create index tree_label on tree (label);
create index tree_both on tree (many, id);
create index tree_amount on tree (amount);
create unique index tree_unique on tree (label) include (id);
analyze tree`)
  const tree = (await statisticsOf(loaded)).tables.find(({ name }) => name === 'tree')!
  for (const index of tree.indexes) {
    const { pages, head } = asNewIndex(tree, index)
    expect(Math.abs(pages / index.pages - 1), `${index.name} ${pages}`).toBeLessThan(0.08)
    expect(head.height, index.name).toBe(index.head.height)
  }
  await there.query('drop table tree')
})

it('files are holes: a hundred gigabytes take less than a megabyte, and go with the database', async () => {
  const { statistics } = scaleStatistics(real, { sizes: { users: 1e9 } })
  const projection = await projector.project(statistics)
  const [place] = await there.json<{ directory: string }>(
    `select current_setting('data_directory') as directory`,
  )
  const base = path.join(place!.directory, 'base')
  const segments = (): number =>
    readdirSync(base).reduce(
      (sum, one) => sum + readdirSync(path.join(base, one)).filter((name) => /\.\d+$/u.test(name)).length,
      0,
    )
  expect(segments()).toBeGreaterThan(100)
  await projection.end()
  expect(segments()).toBe(0)
})
