import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConnectionLost } from '../../postgres/fault.ts'
import { loadParser } from '../../postgres/parse.ts'
import { literal } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import type { Direction } from '../files/migration.ts'
import { readMigrations } from '../files/read-migrations.ts'
import { openJournal, readJournal, rowOf } from './journal.ts'
import { planDown, planUp } from './plan-run.ts'
import { runMigration } from './run-migration.ts'

/** One of each: in a transaction, outside of one, both in one file, rows, settings, repeatable ones. */
const files: Readonly<Record<string, string>> = {
  '0001_tables/up.sql': `
create table log (n int, what text);
create table "Odd ""name""; größe" (id int primary key, x int, y int) partition by range (id);
create table part_1 partition of "Odd ""name""; größe" for values from (0) to (10);
create table part_2 partition of "Odd ""name""; größe" for values from (10) to (20);
insert into log values (1, 'tables');`,
  '0001_tables/down.sql': `drop table if exists part_1; drop table if exists part_2; drop table "Odd ""name""; größe"; drop table log cascade;`,
  '0002_indexes/up.sql': `
create schema app;
set search_path = app, public;
create table t (a int, b int, c int);
insert into t select g, g, g from generate_series(1, 50) g;
insert into public.log values (2, 'before');
create index concurrently t_a on t (a);
create index concurrently on t (b, c);
create index concurrently if not exists "T; drop ""it""" on t (c);
insert into log values (2, 'between');
drop index concurrently t_a;
reindex table concurrently t;
insert into log values (2, 'after');`,
  '0002_indexes/down.sql': `drop schema if exists app cascade; delete from public.log where n = 2;`,
  // Without a transaction each statement stands for itself: the script says what it finds.
  '0003_none/up.sql': `-- assay: transaction none
alter table log add column if not exists seen int not null default 0;
-- assay: rerunnable
do $$ begin perform 1; commit; end $$;
vacuum log;
insert into log select 3, 'none' where not exists (select from log where n = 3);`,
  '0003_none/down.sql': `
-- assay: transaction none
delete from log where n = 3;
alter table log drop column if exists seen;`,
  '0004_pairs.sql': `
begin;
insert into log values (4, 'first');
commit;
copy log (n, what) from stdin;
4	copied
\\.
begin;
alter table log add constraint what_known check (what <> '');
set constraints all immediate;
commit;`,
  '0004_pairs.down.sql': `alter table log drop constraint if exists what_known; delete from log where n = 4;`,
  '0005_detach.sql': `alter table "Odd ""name""; größe" detach partition part_1 concurrently;`,
  '0005_detach.down.sql': `alter table "Odd ""name""; größe" attach partition part_1 for values from (0) to (10);`,
  'R__views.sql': `create or replace view seen as select count(*) as n from log;`,
}

/** Every message takes a minute or two: ASSAY_STOPS=all. */
const stride = process.env['ASSAY_STOPS'] === 'all' ? 1 : 11

let server: Server
let directory = ''

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  directory = mkdtempSync(path.join(tmpdir(), 'assay-stops-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true })
    writeFileSync(path.join(directory, name), text)
  }
})
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await server.stop()
})

/** Sends the message with this number and cuts the connection at once, as a killed process does. */
const cutAt = (db: Session, at: number): { readonly db: Session } => {
  let sent = 0
  const cut = async <T>(send: () => Promise<T>): Promise<T> => {
    sent += 1
    if (sent !== at) return send()
    const unanswered = send().catch(() => undefined)
    await db.end()
    await unanswered
    throw new ConnectionLost('cut')
  }
  return {
    db: {
      ...db,
      query: (sql) => cut(() => db.query(sql)),
      json: <T>(select: string) => cut(() => db.json<T>(select)),
      batch: (texts) => cut(() => db.batch(texts)),
      copyIn: (copy, data) => cut(() => db.copyIn(copy, data)),
    },
  }
}

const run = async (db: Session, direction: Direction): Promise<void> => {
  const migrations = readMigrations(directory)
  const rows = await openJournal(db)
  const plan =
    direction === 'up'
      ? planUp(migrations, rows, { to: null, steps: null })
      : planDown(migrations, rows, { to: '0', steps: null })
  for (const { migration } of plan) {
    await runMigration({
      session: { db, major: server.major, lockTimeoutMs: 3000 },
      migration,
      direction,
      row: rowOf(rows, migration.name),
      writer: { runFrom: 'here', assay: '0' },
      allowed: [],
      retries: 0,
    })
  }
}

/** All that a run leaves, rows included, and the journal without its times. Cheaper than reading the whole catalog. */
const leftIn = async (db: Session) => {
  const [left] = await db.json<{ readonly schema: readonly string[]; readonly tables: readonly string[] }>(`
    with relations as (
      select c.oid, c.oid::regclass::text as name, c.relkind from pg_class c
      where c.relnamespace::regnamespace::text in ('public', 'app')
    )
    select array(
        select x from (
          select format('%s %s %s', r.relkind, r.name, pg_get_viewdef(r.oid)) as x from relations r where r.relkind <> 'i'
          union all select format('%s %s valid=%s', r.name, pg_get_indexdef(r.oid), i.indisvalid) from relations r join pg_index i on i.indexrelid = r.oid
          union all select format('%s.%s %s %s', r.name, a.attname, a.atttypid::regtype, a.attnotnull)
            from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and r.relkind in ('r', 'p')
          union all select format('%s %s', r.name, pg_get_constraintdef(k.oid)) from relations r join pg_constraint k on k.conrelid = r.oid
          union all select format('%s in %s %s', h.inhrelid::regclass, h.inhparent::regclass, h.inhdetachpending) from pg_inherits h
        ) all_(x) order by x collate "C") as schema,
      array(select name from relations where relkind = 'r' order by name) as tables`)
  const rows = await db.json(
    (left?.tables ?? [])
      .map(
        (name) =>
          `select ${literal(name)} as name, count(*) as n, md5(string_agg(x::text, '|' order by x::text)) as digest from ${name} x`,
      )
      .join(' union all ') || 'select 1 where false',
  )
  const journal = (await readJournal(db)) ?? []
  return {
    schema: left?.schema,
    rows,
    journal: journal.map((row) => ({ ...row, startedAt: '', finishedAt: '' })),
  }
}

const gone = async (admin: Session, pid: number): Promise<void> => {
  for (;;) {
    const [found] = await admin.json<{ is: boolean }>(
      `select exists (select from pg_stat_activity where pid = ${literal(String(pid))}::int) as is`,
    )
    if (found?.is !== true) return
    await new Promise((done) => void setTimeout(done, 5))
  }
}

const inDatabase = async <T>(work: (open: () => Promise<Session>) => Promise<T>): Promise<T> => {
  const database = await server.createDatabase('stops')
  const open: Session[] = []
  try {
    return await work(async () => {
      const db = await server.connect(database, 'owner')
      open.push(db)
      return db
    })
  } finally {
    for (const db of open) await db.end()
    await server.dropDatabase(database)
  }
}

/** Cuts at every message of a run, goes on, and looks whether it ends as one that nobody disturbed. */
const everyStop = async (
  prepare: (db: Session) => Promise<void>,
  first: Direction,
  then: Direction,
): Promise<number> => {
  const expected = await inDatabase(async (open) => {
    const db = await open()
    await prepare(db)
    await run(db, first)
    if (first !== then) await run(db, then)
    return leftIn(db)
  })
  let stops = 0
  for (let at = 1; ; at += stride) {
    const isOver = await inDatabase(async (open) => {
      const db = await open()
      await prepare(db)
      const cutting = cutAt(db, at)
      const fault: unknown = await run(cutting.db, first).then(
        () => null,
        (cause: unknown) => cause,
      )
      if (fault === null) return true
      const isCut =
        fault instanceof ConnectionLost || (fault as { code?: string }).code === 'migrate.connection-lost'
      if (!isCut) throw fault
      const after = await open()
      await gone(after, db.pid)
      stops += 1
      await run(after, then)
      const { journal, ...what } = await leftIn(after)
      const { journal: expectedJournal, ...expectedWhat } = expected
      expect({ at, ...what }).toEqual({ at, ...expectedWhat })
      if (first === then) expect([at, journal]).toEqual([at, expectedJournal])
      return false
    })
    if (isOver) return stops
  }
}

test('a run that is cut off goes on to where an undisturbed one ends', async () => {
  expect(await everyStop(() => Promise.resolve(), 'up', 'up')).toBeGreaterThan(80 / stride)
})

test('so does one that goes back', async () => {
  expect(await everyStop((db) => run(db, 'up'), 'down', 'down')).toBeGreaterThan(30 / stride)
})

test('half way up or half way back, the other direction is open', async () => {
  expect(await everyStop(() => Promise.resolve(), 'up', 'down')).toBeGreaterThan(80 / stride)
  expect(await everyStop((db) => run(db, 'up'), 'down', 'up')).toBeGreaterThan(30 / stride)
})
