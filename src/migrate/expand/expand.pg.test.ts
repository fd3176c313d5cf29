/** Every kind of change of shape: its phases as people read them, tested as migrations, and lived through by two applications. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { enumType, table } from 'assay'
import type { Architecture } from '../../architecture/architecture.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { PgError } from '../../postgres/fault.ts'
import type { ShapeWish } from './find-shapes.ts'
import { declared, withShapeProject, type ShapeProject } from '../../../test/support/shape-lab.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

const runs = Number(process.env['ASSAY_RUNS'] ?? 1)
/** Breaking off every statement of every phase takes a while. */
const isThorough = runs > 1

interface Application {
  readonly insert: (id: number, value: string) => string
  readonly update: (id: number, value: string) => string
  readonly upsert: (id: number, value: string) => string
  /** All rows up to an id at once. */
  readonly updateMany: (upTo: number, value: string) => string
  readonly remove: (id: number) => string
  /** Its value of every row, as text, in the order of the ids. */
  readonly read: string
}

interface Case {
  readonly sql: string
  readonly declared: Architecture
  readonly stated?: Partial<ShapeWish>
  readonly old: Application
  readonly young: Application
  /** What an application writes. */
  readonly values: readonly string[]
  /** A value as both applications read it. */
  readonly same?: (value: string | null) => string | null
  readonly phases: readonly string[]
  readonly rows: string
  /** Codes of what migrate test tells: the new shape takes rows that the old one has no place for. */
  readonly warns?: readonly string[]
  /** Left to runs that take their time: ASSAY_RUNS=2. */
  readonly isLong?: true
}

const application = (table: string, column: string): Application => ({
  insert: (id, value) => `insert into ${table} (id, ${column}) values (${id}, ${value})`,
  update: (id, value) => `update ${table} set ${column} = ${value} where id = ${id}`,
  upsert: (id, value) =>
    `insert into ${table} (id, ${column}) values (${id}, ${value}) on conflict (id) do update set ${column} = excluded.${column}`,
  updateMany: (upTo, value) => `update ${table} set ${column} = ${value} where id <= ${upTo}`,
  remove: (id) => `delete from ${table} where id = ${id}`,
  read: `select id, ${column}::text as value from ${table} order by id`,
})

/** The value stands in a table of its own, which has the key of the first. */
const ofOther = (table: string, other: string): Application => {
  const first = (id: number): string => `insert into ${table} (id) values (${id})`
  const second = (id: number, value: string): string =>
    `insert into ${other} (user_id, bio) values (${id}, ${value})`
  return {
    insert: (id, value) => `${first(id)}; ${second(id, value)}`,
    update: (id, value) => `update ${other} set bio = ${value} where user_id = ${id}`,
    upsert: (id, value) =>
      `${first(id)} on conflict do nothing; ${second(id, value)} on conflict (user_id) do update set bio = excluded.bio`,
    updateMany: (upTo, value) => `update ${other} set bio = ${value} where user_id <= ${upTo}`,
    remove: (id) => `delete from ${other} where user_id = ${id}; delete from ${table} where id = ${id}`,
    read: `select id, o.bio::text as value from ${table} left join ${other} o on user_id = id order by id`,
  }
}

const threePhases = ['expand', 'backfill', 'switch'] as const

const cases: Readonly<Record<string, Case>> = {
  'a renamed column': {
    sql: `create table orders (id bigint primary key, code text not null default 'new', note text, check (code <> ''), unique (code, id));`,
    declared: declared(
      table('orders', { id: 'bigint', slug: 'text', note: 'text' }, (t) => [
        t.primaryKey('id'),
        t.required('slug'),
        t.defaults({ slug: "'new'" }),
        t.unique('slug', 'id'),
        t.check('slug_is_something', "slug <> ''"),
        t.renamedFrom({ slug: 'code' }),
      ]),
    ),
    old: application('orders', 'code'),
    young: application('orders', 'slug'),
    values: [`'a'`, `'b'`, `E'Ünï "q" \\'x\\\\'`, `'$1 %s $sql$'`],
    phases: threePhases,
    rows: `insert into orders select n, 'c' || n from generate_series(1, 30) n`,
  },
  'another type under the same name': {
    sql: `create table "Odd ""t""" (id bigint primary key, "a.b" text not null check ("a.b" ~ '^[0-9]{1,7}([.][0-9]{1,2})?$'), c int);
      create index on "Odd ""t""" ("a.b");`,
    declared: declared(
      table('Odd "t"', { id: 'bigint', 'a.b': 'numeric(12,2)', c: 'int' }, (t) => [
        t.primaryKey('id'),
        t.required('a.b'),
        t.indexed('a.b'),
        t.check('positive', '"a.b" >= 0'),
      ]),
    ),
    old: application('"Odd ""t"""', '"a.b"'),
    young: application('"Odd ""t"""', '"a.b"'),
    values: [`'1'`, `'2.50'`, `'3'`, `'1000000.25'`],
    same: (value) => (value === null ? null : String(Number(value))),
    phases: threePhases,
    rows: `insert into "Odd ""t""" select n, n::text || '.50' from generate_series(1, 30) n`,
  },
  'text that becomes an enum under another name': {
    isLong: true,
    sql: `create table tickets (id bigint primary key, state text check (state in ('open', 'closed')))`,
    declared: declared(
      table('tickets', { id: 'bigint', status: enumType('ticket_status', ['open', 'closed']) }, (t) => [
        t.primaryKey('id'),
        t.renamedFrom({ status: 'state' }),
      ]),
    ),
    old: application('tickets', 'state'),
    young: application('tickets', 'status'),
    values: [`'open'`, `'closed'`, 'null'],
    phases: threePhases,
    rows: `insert into tickets select n, case n % 3 when 0 then 'open' when 1 then 'closed' end from generate_series(1, 30) n`,
  },
  'one column that becomes two': {
    sql: `create table people (id bigint primary key, full_name text not null)`,
    declared: declared(
      table('people', { id: 'bigint', first_name: 'text', last_name: 'text' }, (t) => [
        t.primaryKey('id'),
        t.required('first_name', 'last_name'),
      ]),
    ),
    stated: {
      set: [
        { table: 'people', column: 'first_name', sql: `split_part(full_name, ' ', 1)` },
        { table: 'people', column: 'last_name', sql: `split_part(full_name, ' ', 2)` },
      ],
      back: [{ table: 'people', column: 'full_name', sql: `first_name || ' ' || last_name` }],
    },
    old: application('people', 'full_name'),
    young: {
      insert: (id, value) =>
        `insert into people (id, first_name, last_name) values (${id}, split_part(${value}, ' ', 1), split_part(${value}, ' ', 2))`,
      update: (id, value) =>
        `update people set first_name = split_part(${value}, ' ', 1), last_name = split_part(${value}, ' ', 2) where id = ${id}`,
      upsert: (id, value) =>
        `insert into people (id, first_name, last_name) values (${id}, split_part(${value}, ' ', 1), split_part(${value}, ' ', 2)) on conflict (id) do update set first_name = excluded.first_name, last_name = excluded.last_name`,
      updateMany: (upTo, value) =>
        `update people set (first_name, last_name) = (split_part(${value}, ' ', 1), split_part(${value}, ' ', 2)) where id <= ${upTo}`,
      remove: (id) => `delete from people where id = ${id}`,
      read: `select id, first_name || ' ' || last_name as value from people order by id`,
    },
    values: [`'Ada Lovelace'`, `'Grace Hopper'`, `'Alan Turing'`],
    phases: threePhases,
    rows: `insert into people select n, 'Person N' || n from generate_series(1, 30) n`,
  },
  'two columns that become one': {
    isLong: true,
    sql: `create table spots (id bigint primary key, lat int, lon int)`,
    declared: declared(
      table('spots', { id: 'bigint', place: 'int[]' }, (t) => [
        t.primaryKey('id'),
        // Others would have no place in the old columns.
        t.check('pair', "array_dims(place) = '[1:2]'"),
      ]),
    ),
    stated: {
      set: [{ table: 'spots', column: 'place', sql: 'array[lat, lon]' }],
      back: [
        { table: 'spots', column: 'lat', sql: 'place[1]' },
        { table: 'spots', column: 'lon', sql: 'place[2]' },
      ],
    },
    old: {
      insert: (id, value) => `insert into spots (id, lat, lon) values (${id}, (${value})[1], (${value})[2])`,
      update: (id, value) => `update spots set lat = (${value})[1], lon = (${value})[2] where id = ${id}`,
      upsert: (id, value) =>
        `insert into spots (id, lat, lon) values (${id}, (${value})[1], (${value})[2]) on conflict (id) do update set lat = excluded.lat, lon = excluded.lon`,
      updateMany: (upTo, value) =>
        `update spots set lat = (${value})[1], lon = (${value})[2] where id <= ${upTo}`,
      remove: (id) => `delete from spots where id = ${id}`,
      read: `select id, array[lat, lon]::text as value from spots order by id`,
    },
    young: application('spots', 'place'),
    values: [`'{1,2}'::int[]`, `'{3,4}'::int[]`, `'{5,6}'::int[]`],
    phases: threePhases,
    // Until the switch nothing keeps others out.
    warns: ['migrate.down-needs-old-rows', 'migrate.up-needs-rows'],
    rows: `insert into spots select n, n, -n from generate_series(1, 30) n`,
  },
  'a column that becomes required': {
    isLong: true,
    sql: `create table notes (id bigint primary key, body text)`,
    declared: declared(
      table('notes', { id: 'bigint', body: 'text' }, (t) => [t.primaryKey('id'), t.required('body')]),
    ),
    stated: { fill: [{ table: 'notes', column: 'body', sql: `'none'` }] },
    old: application('notes', 'body'),
    young: application('notes', 'body'),
    values: [`'x'`, `'y'`, 'null'],
    same: (value) => value ?? 'none',
    phases: threePhases,
    rows: `insert into notes select n, nullif('b' || n, 'b7') from generate_series(1, 30) n`,
  },
  'a renamed table': {
    sql: `create table old_things (id bigint generated by default as identity primary key, label text not null default 'l');
      create table parts (id bigint primary key, thing_id bigint references old_things (id));`,
    declared: declared(
      table('things', { id: 'bigint', label: 'text' }, (t) => [
        t.primaryKey('id'),
        t.required('label'),
        t.identity('id'),
        t.defaults({ label: `'l'` }),
        t.renamedFrom('old_things'),
      ]),
      table('parts', { id: 'bigint', thing_id: 'bigint' }, (t) => [
        t.primaryKey('id'),
        t.references('thing_id', 'things'),
      ]),
    ),
    old: application('old_things', 'label'),
    young: application('things', 'label'),
    values: [`'x'`, `'y'`],
    phases: ['expand'],
    rows: `insert into old_things select n, 'l' || n from generate_series(1, 30) n`,
  },
  'a table that is split': {
    sql: `create table users (id bigint primary key, name text not null default 'n', bio text not null default 'none' check (bio <> ''), "a=b" int);
      create index on users (bio);`,
    declared: declared(
      table('users', { id: 'bigint', name: 'text' }, (t) => [
        t.primaryKey('id'),
        t.required('name'),
        t.defaults({ name: `'n'` }),
      ]),
      table('profiles', { user_id: 'bigint', bio: 'text', 'a=b': 'int', seen: 'timestamptz' }, (t) => [
        t.primaryKey('user_id'),
        t.references('user_id', 'users'),
        t.required('bio', 'seen'),
        t.defaults({ bio: `'none'`, seen: 'now()' }),
        t.check('bio_is_something', "bio <> ''"),
        t.indexed('bio'),
      ]),
    ),
    stated: { move: ['users.bio=profiles.bio', 'users.a=b=profiles.a=b'] },
    warns: ['migrate.down-needs-old-rows'],
    old: application('users', 'bio'),
    young: ofOther('users', 'profiles'),
    values: [`'a'`, `'b'`, `E'Ünï "q" \\'x\\\\'`, `'none'`],
    phases: threePhases,
    rows: `insert into users (id, bio) select n, 'b' || n from generate_series(1, 30) n`,
  },
  'a table that is merged': {
    isLong: true,
    sql: `create table users (id bigint primary key, name text not null default 'n');
      create table profiles (user_id bigint primary key references users on delete cascade, bio text, made timestamptz not null default now());`,
    declared: declared(
      table('users', { id: 'bigint', name: 'text', bio: 'text', joined: 'timestamptz' }, (t) => [
        t.primaryKey('id'),
        t.required('name'),
        t.defaults({ name: `'n'`, joined: 'now()' }),
        t.indexed('bio'),
      ]),
    ),
    stated: { move: ['profiles.bio=users.bio', 'profiles.made=users.joined'] },
    old: ofOther('users', 'profiles'),
    young: application('users', 'bio'),
    values: [`'a'`, `'b'`, 'null'],
    phases: threePhases,
    rows: `insert into users select n from generate_series(1, 30) n; insert into profiles select n, 'b' || n from generate_series(1, 20) n`,
  },
}

type Write = readonly [
  kind: 'insert' | 'update' | 'upsert' | 'remove' | 'updateMany',
  id: number,
  value: number,
]

const writes = fc.array(
  fc.tuple(
    fc.constantFrom('insert', 'update', 'upsert', 'remove', 'updateMany'),
    fc.nat(60),
    fc.nat(20),
  ) as fc.Arbitrary<Write>,
  { minLength: 5, maxLength: 25 },
)

/** A key that stands already, a lock of the other application: what applications live with anyway. */
const usual = new Set(['23505', '40P01'])

/** Each write a transaction of its own, as an application makes it. */
const live = async (
  { database }: ShapeProject,
  app: Application,
  values: readonly string[],
  all: readonly Write[],
): Promise<void> => {
  const db = await server.connect(database, 'owner')
  try {
    for (const [kind, id, pick] of all) {
      try {
        await db.query(kind === 'remove' ? app.remove(id) : app[kind](id, values[pick % values.length]!))
      } catch (cause) {
        if (!(cause instanceof PgError) || !usual.has(cause.fault.sqlstate)) throw cause
      }
    }
  } finally {
    await db.end()
  }
}

/** A runner gives up a lock before PostgreSQL ends a writer for its sake, and tries again. */
const patiently = async (work: () => Promise<void>): Promise<void> => {
  for (let tries = 1; ; tries += 1)
    try {
      return await work()
    } catch (cause) {
      if (tries > 20 || !String(cause).includes('lock timeout')) throw cause
    }
}

const valuesOf = async ({ db }: ShapeProject, app: Application, { same = (value) => value }: Case) => {
  const rows = await db.json<{ readonly id: number; readonly value: string | number | null }>(app.read)
  return rows.map(({ id, value }) => [id, same(value === null ? null : String(value))] as const)
}

/** All that is written is read as it is; of `phase.json` only what stands for a while. */
const readable = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([name, text]) => {
      const { temporary } = name.endsWith('.json') ? (JSON.parse(text) as { temporary: string[] }) : {}
      return `==== ${name}\n${temporary?.join('\n') ?? text}`
    })
    .join('\n')

describe.each(Object.entries(cases))('%s', (name, one) => {
  it.runIf(isThorough || one.isLong !== true)(
    'is lived through by the old and the new application at once, and goes back from everywhere',
    async () => {
      let isRead = false
      await fc.assert(
        fc.asyncProperty(fc.array(writes, { minLength: 10, maxLength: 10 }), async (script) => {
          await withShapeProject(server, { sql: one.sql, architecture: one.declared }, async (project) => {
            let turn = 0
            // The texts are those of the change, whatever is written: once is enough.
            const isFirst = !isRead
            isRead = true
            const next = (): readonly Write[] => script[turn++ % script.length]!
            const bothWrite = (...also: readonly Promise<unknown>[]) =>
              Promise.all([
                live(project, one.old, one.values, next()),
                live(project, one.young, one.values, next()),
                ...also,
              ])
            const bothAgree = async (): Promise<void> => {
              const read = await valuesOf(project, one.young, one)
              expect(read).toEqual(await valuesOf(project, one.old, one))
              expect(read.length).toBeGreaterThan(0)
            }
            await project.db.query(one.rows)
            const { phases, findings } = await project.expand(one.stated)
            expect(findings).toEqual([])
            expect(phases.map(({ phase }) => phase)).toEqual(one.phases)
            const keepTexts = (all: typeof phases): void => {
              for (const { phase, files } of isFirst ? all : [])
                expect(readable(files)).toMatchSnapshot(`${name}, ${phase}`)
            }
            keepTexts(phases)

            await project.run('expand')
            await bothWrite()
            if (one.phases.includes('backfill')) {
              await bothWrite(project.run('backfill'))
              await bothAgree()
              await bothWrite(patiently(() => project.run('switch')))
            }
            await bothWrite()
            await bothAgree()
            const contract = await project.contract()
            expect(contract.findings).toEqual([])
            keepTexts(contract.phases)
            await project.run('contract')
            const values = one.values.filter((value) => value !== 'null')
            await live(project, one.young, values, next())
            const after = await valuesOf(project, one.young, one)

            // All the way back: the old application has all of it, what was written after the contract too.
            await project.run('contract', 'down')
            expect(await valuesOf(project, one.old, one)).toEqual(after)
            await bothWrite()
            await bothAgree()
            const last = await valuesOf(project, one.young, one)
            if (one.phases.includes('switch')) {
              await project.run('switch', 'down')
              await project.run('backfill', 'down')
            }
            await project.run('expand', 'down')
            expect(await valuesOf(project, one.old, one)).toEqual(last)
          })
        }),
        // A smaller script takes as long, and tells no more.
        { numRuns: runs, seed: 1 + runs, endOnFailure: true },
      )
    },
  )

  it.runIf(isThorough)('passes migrate test in every phase', async () => {
    await withShapeProject(server, { sql: one.sql, architecture: one.declared }, async (project) => {
      await project.expand(one.stated)
      await project.contract()
      if (one.phases.length === 3 && !one.stated?.fill) await project.contract()
      const told = await project.test()
      expect(told.filter((line) => !one.warns?.some((code) => line.includes(`warning ${code} `)))).toEqual([])
      for (const code of one.warns ?? []) expect(told.some((line) => line.includes(code))).toBe(true)
    })
  })
})

it('fills rows that an earlier migration wrote, and nobody has to say so', async () => {
  const sql = `create table towns (id bigint primary key, name varchar(20));
    insert into towns select n, 'town ' || n from generate_series(1, 9) n`
  const towns = table('towns', { id: 'bigint', title: 'varchar(20)' }, (t) => [
    t.primaryKey('id'),
    t.renamedFrom({ title: 'name' }),
  ])
  await withShapeProject(server, { sql, architecture: declared(towns) }, async (project) => {
    await project.expand()
    expect(await project.test()).toEqual([])
  })
})
