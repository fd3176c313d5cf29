import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { openDesk } from './desk.ts'
import { askOnce, knownAnswers } from './known-answers.ts'
import { askEach } from './savepoint.ts'

let server: Server
let db: Session

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('known')
  const owner = await server.connect(database, 'owner')
  await owner.query(`create table notes (id int);
    create function "how many ""notes"""() returns bigint language sql stable as 'select count(*) from public.notes';
    create domain mail as text check (value ~ '^[^@ ]+@[^@ ]+$');
    create domain work_mail as mail check (value like '%.example');
    create domain listed as bigint check (value < "how many ""notes"""());
    create domain relisted as listed;
    create domain past as date check (value < now())`)
  await owner.end()
  await server.admitRoles()
  db = await server.connect(database, 'prover')
  await db.query('begin')
}, 60_000)

afterAll(async () => {
  await db.end()
  await server.stop()
})

test('what may change between two questions is told by its words', async () => {
  const known = await knownAnswers(db)
  const steady = [
    `cast('a@example.com' as text)`,
    `amount >= 0 and code ~ '^[A-Z]{2}-[0-9]+$'`,
    `cast('select now() from user' as character varying(40))`,
    `interval '1 day' + timestamp '2024-01-01'`,
    `cast('a@b' as mail)`,
    `cast('a@b.example' as work_mail)`,
    `cast('U@E' as text) || 'costs $1'`,
    `cast(u&'d\\0061t' as text)`,
  ]
  const clock = [
    'starts_at > now()',
    `starts_at > 'now'::timestamptz`,
    `starts_at > ' Tomorrow'::date`,
    `starts_at > u&'\\006eow'::timestamptz`,
    `"it's" > current_date and code <> 'it''s'`,
    `cast('2024-01-01' as past)`,
  ]
  const moment = [
    'random() > 0.5',
    'id <> gen_random_uuid()',
    'starts_at < clock_timestamp() and ends_at > now()',
  ]
  const moving = [
    `cast(1 as listed)`,
    `cast(1 as relisted)`,
    `"how many ""notes"""() = 0`,
    `public."how many ""notes"""() = 0`,
    `code = (select 'a')`,
    `owner = current_user`,
    `tenant = current_setting('app.tenant', true)`,
    `E'it\\'s' || current_user || 'x'`,
    `$$it's$$ || current_user || 'x'`,
    `/* it's */ current_user || 'x'`,
    `u&'d!0061t' uescape '!' || current_user`,
    `u&"n!0061me" = 1`,
  ]
  const desk = openDesk(db)
  const onDesk = await knownAnswers(desk.db)
  const lasting = (texts: readonly string[], of = known) => new Set(texts.map((sql) => of.lasting([sql])))
  expect(lasting(steady)).toEqual(new Set(['always']))
  expect(lasting(clock)).toEqual(new Set(['moment']))
  expect(lasting(clock, onDesk)).toEqual(new Set(['transaction']))
  expect(lasting(moment)).toEqual(new Set(['moment']))
  expect(lasting(moving)).toEqual(new Set([null]))
  expect(onDesk.lasting([...steady, clock[0]!])).toBe('transaction')
  expect(onDesk.lasting([clock[0]!, moment[0]!, steady[0]!])).toBe('moment')
  expect(onDesk.lasting([...steady, clock[0]!, moving[0]!])).toBe(null)
  desk.close()
  expect(lasting(clock, onDesk)).toEqual(new Set(['moment']))
})

test('what the clock says is asked once in a transaction of a desk', async () => {
  const other = await server.connect(db.address.database, 'prover')
  const desk = openDesk(db)
  let asked = 0
  const ask = () =>
    askOnce(desk.db, 'select now()', ['now()'], async () => {
      asked += 1
      const [reply] = await askEach(desk.db, ['select now()'])
      return { text: reply!.commands.at(-1)?.rows[0]?.[0] ?? null }
    })
  try {
    const first = await ask()
    expect(await ask()).toEqual(first)
    expect(asked).toBe(1)
    await other.query('begin')
    desk.move(other)
    expect(await ask()).not.toEqual(first)
    expect(asked).toBe(2)
    desk.close()
    await ask()
    await ask()
    expect(asked).toBe(4)
  } finally {
    desk.close()
    await other.end()
  }
})

test('a steady question is asked once, a moving one each time', async () => {
  const answers: string[] = []
  const ask = (sql: string) =>
    askOnce(db, `select ${sql}`, [sql], async () => {
      const [reply] = await askEach(db, [`select ${sql}`])
      answers.push(sql)
      return { text: reply!.commands.at(-1)?.rows[0]?.[0] ?? null }
    })
  const counted = '"how many ""notes"""()'
  expect([await ask('1 + 1'), await ask('1 + 1')]).toEqual([{ text: '2' }, { text: '2' }])
  expect(await ask(counted)).toEqual({ text: '0' })
  await db.query('insert into notes values (1)')
  expect(await ask(counted)).toEqual({ text: '1' })
  expect(answers).toEqual(['1 + 1', counted, counted])
})

test('what was cut short is not kept', async () => {
  let asked = 0
  const ask = () =>
    askOnce(db, 'select 2 + 2', ['2 + 2'], async () => {
      asked += 1
      const [reply] = await askEach(db, [
        asked === 1 ? `set local statement_timeout = '5ms'; select pg_sleep(10)` : 'select 2 + 2',
      ])
      return { sqlstate: reply!.fault?.sqlstate ?? null }
    })
  expect([await ask(), await ask(), await ask()]).toEqual([
    { sqlstate: '57014' },
    { sqlstate: null },
    { sqlstate: null },
  ])
  expect(asked).toBe(2)
})

test('functions are looked through: what their bodies read decides', async () => {
  const owner = await server.connect(await server.createDatabase('bodies'), 'owner')
  const bodies = {
    long: `sql immutable as 'select length($1) > 2'`,
    longer: `plpgsql as $$ begin return long($1) and $1 ~ '^[a-z]+$'; end $$`,
    written: `sql stable return long($1) and not longer(lower($1))`,
    reading: `sql immutable as 'select exists (select from public.notes)'`,
    quoting: `sql immutable as 'select exists (select from "notes")'`,
    spelled: `sql immutable as 'select exists (select from U&"n\\006ftes")'`,
    pictured: `sql immutable as 'select exists (select from 🙂)'`,
    numbering: `sql as $$ select nextval('numbers') > 0 $$`,
    executing: `plpgsql immutable as $$ begin execute 'select 1' || 'from notes'; return true; end $$`,
    setting: `plpgsql immutable as $$ begin set local timezone = 'UTC'; return true; end $$`,
    asking: `sql immutable as 'select current_user = $1'`,
    clocking: `sql immutable as 'select now() > $1::timestamptz'`,
    drawing: `sql immutable as 'select random() > 0.5'`,
    calling: `sql immutable as 'select long($1) and reading($1)'`,
    comparing: `sql immutable as 'select $1 ==> $1'`,
    casting: `sql immutable as 'select $1::box::pair is null'`,
  }
  const create = ([name, body]: readonly [string, string]): string =>
    `create function ${name}(text) returns boolean language ${body}`
  const { comparing, casting, ...rest } = bodies
  await owner.query(
    [
      'create table notes (id int)',
      'create table 🙂 (id int)',
      'create sequence numbers',
      'create type pair as (a int, b int)',
      ...Object.entries(rest).map(create),
      `create function compared(text, text) returns boolean language sql as 'select exists (select from public.notes)'`,
      'create operator ==> (function = compared, leftarg = text, rightarg = text)',
      `create function paired(box) returns pair language sql as 'select 1, count(*)::int from public.notes'`,
      'create cast (box as pair) with function paired(box)',
      ...Object.entries({ comparing, casting }).map(create),
      'create domain long_text as text check (long(value))',
      'create domain read_text as text check (reading(value))',
    ].join(';\n'),
  )
  await server.admitRoles()
  const session = await server.connect(owner.address.database, 'prover')
  await session.query('begin')
  const desk = openDesk(session)
  try {
    const of = (known: Awaited<ReturnType<typeof knownAnswers>>): Record<string, unknown> => ({
      ...Object.fromEntries(Object.keys(bodies).map((name) => [name, known.lasting([`${name}('a')`])])),
      long_text: known.lasting([`cast('a' as long_text)`]),
      read_text: known.lasting([`cast('a' as read_text)`]),
      call: known.lasting([`'a' operator(public.==>) 'b'`]),
    })
    const same = {
      long: 'always',
      longer: 'always',
      written: 'always',
      long_text: 'always',
      clocking: 'transaction',
      drawing: 'moment',
    }
    const found = of(await knownAnswers(desk.db))
    const moving = Object.keys(found).filter((name) => !(name in same))
    expect(found).toEqual({ ...same, ...Object.fromEntries(moving.map((name) => [name, null])) })
    // Who says what stands on a session that is no desk?
    expect(Object.values(of(await knownAnswers(session)))).toEqual(Object.keys(found).map(() => null))
    await desk.db.query('savepoint before')
    expect(of(await knownAnswers(desk.db))['longer']).toBe('always')
    await desk.db.query(
      `create or replace function public.long(text) returns boolean language sql as 'select false'`,
    )
    expect(of(await knownAnswers(desk.db))).toMatchObject({ long: null, longer: null, long_text: null })
    await desk.db.query('rollback to savepoint before')
    expect(of(await knownAnswers(desk.db))['longer']).toBe('always')
  } finally {
    desk.close()
    await session.end()
    await owner.end()
  }
})

test('an odd name, and an extension in C, keep nothing else from being steady', async () => {
  const owner = await server.connect(await server.createDatabase('odd'), 'owner')
  await owner.query(`create extension citext; create extension pg_trgm;
    create table notes (id int);
    create function "is OK?"(text) returns boolean language sql immutable as 'select exists (select from public.notes)';
    create function "or fine"(text) returns boolean language sql immutable as 'select $1 <> ''''';
    create function given(text) returns boolean language sql immutable as $$ select regexp_replace($1, 'x', 'or') is not null $$;
    create function compared(text, text) returns boolean language sql as 'select exists (select from public.notes)';
    create operator ==> (function = compared, leftarg = text, rightarg = text);
    create domain mail as citext check (value operator(public.~) '^[^@]+@[^@]+$'::citext);
    create domain odd as text check ("is OK?"(value));
    create domain spelled as text check (value ~ E'^\\\\w+$');
    create domain odd_spelled as text check (value ~ E'^\\\\w+"$' and "is OK?"(value));`)
  await server.admitRoles()
  const session = await server.connect(owner.address.database, 'prover')
  await session.query('begin')
  const desk = openDesk(session)
  try {
    const known = await knownAnswers(desk.db)
    const lasting = (texts: readonly string[]) => texts.map((sql) => [sql, known.lasting([sql])])
    const steady = [
      `a is not null or fine`,
      `"or fine"('a')`,
      `given('a') and 'is OK?' <> ''`,
      `cast('a@b' as mail)`,
      `cast('a' as spelled)`,
      `'a'::citext = 'b'::bpchar::citext`,
      `mod(a, 97) = 1 and a % 97 = 1`,
      `'a' operator(pg_catalog.~~) 'b'`,
      `E'\\n' || "or fine"('a')::text`,
    ]
    expect(lasting(steady)).toEqual(steady.map((sql) => [sql, 'always']))
    const moving = [
      `"is OK?"('a')`,
      `public."is OK?"('a')`,
      `"IS ok?"('a')`,
      `'it"s' || "is OK?"('a')`,
      `E'it\\'"s' || "is OK?"('a')`,
      `$$"$$ || "is OK?"('a')`,
      `/* " */ "is OK?"('a')`,
      `cast('a' as odd)`,
      `cast('a' as odd_spelled)`,
      `'a' ==> 'b'`,
      `'a' operator(public.==>) 'b'`,
    ]
    expect(lasting(moving)).toEqual(moving.map((sql) => [sql, null]))
  } finally {
    desk.close()
    await session.end()
    await owner.end()
  }
})
