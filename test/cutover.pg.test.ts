/** A database moves from PostgreSQL 15 to 18 and back while an application writes to it; nothing acknowledged is lost. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as rest } from 'node:timers/promises'
import type { CutoverWish } from '../src/migrate/cutover/preflight.ts'
import {
  abortCutover,
  abortWithoutTarget,
  copyDatabase,
  cutoverStatus,
  finishCutover,
  planCutoverOf,
  switchDatabase,
  verifyCutover,
  type CutoverSettings,
  type SideKey,
} from '../src/project/cutover-databases.ts'
import { parseConnectionUrl } from '../src/postgres/connection-url.ts'
import { openSession } from '../src/postgres/session.ts'
import { assay, endOf, startAssay } from './support/command-line.ts'
import { assayJson } from './support/envelope.ts'
import { rowsOf, run, shop, startWriters, withSession, type Writers } from './support/cutover-lab.ts'
import { adminPassword, startLogicalServer, type LogicalServer } from './support/logical-server.ts'
import { whyNoPostgres15 } from './support/postgres15.ts'

/** More kills, and what takes longer than the suite may: ASSAY_RUNS=20. */
const runs = process.env['ASSAY_RUNS']
const kills = Number(runs ?? 1)
const isShort = runs === undefined
const why = isShort ? ' (skipped: takes long; ASSAY_RUNS=2 runs it)' : ''

let old: LogicalServer
let next: LogicalServer
let writers: Writers | null = null

const wish: CutoverWish = { isOneWay: false, setsIdentity: false, accepts: [] }
const quiet = (): void => undefined

const settingsOf = (database: string): CutoverSettings => ({
  from: { url: old.urlOf(database) },
  to: { url: next.urlOf(database) },
})

const move = (
  settings: CutoverSettings,
  target: SideKey,
  more: { maxPauseSeconds?: number; onSwitch?: string } = {},
) =>
  switchDatabase(settings, target, {
    maxPauseSeconds: 20,
    graceMs: 200,
    sequenceGap: 0,
    acceptsUnverified: true,
    onSwitch: null,
    onStep: quiet,
    ...more,
  })

/** What a cutover leaves behind in one database and its server: nothing. */
const leftSql = `
  select (select count(*) from pg_replication_slots where database = current_database())::int as slots,
    (select count(*) from pg_subscription where subdbid = (select oid from pg_database where datname = current_database()))::int as subscriptions,
    (select count(*) from pg_publication)::int as publications, (select count(*) from pg_replication_origin)::int as origins,
    to_regnamespace('assay_cutover') is not null as journal,
    (select count(*) from pg_trigger where tgname like 'assay%')::int as triggers`
const nothingLeft = { slots: 0, subscriptions: 0, publications: 0, origins: 0, journal: false, triggers: 0 }

const makeDatabases = async (name: string, sql: string): Promise<CutoverSettings> => {
  for (const server of [old, next])
    await run(server.urlOf('postgres'), `create database "${name}" owner "Own er"`)
  await run(old.urlOf(name), 'set role "Own er"', sql)
  return settingsOf(name)
}

/** Whether a side takes writes; null: this session was ended too, as all others are in the pause. */
const doorOf = async (url: string): Promise<boolean | null> => {
  try {
    const [row] = await rowsOf<{ open: boolean }>(url, 'select is_open as open from assay_cutover.side')
    return row?.open ?? null
  } catch (cause) {
    if (/terminating connection due to administrator command/u.test(String(cause))) return null
    throw cause
  }
}

const codesOf = (
  findings: readonly { readonly code: string; readonly severity: string }[],
  severity = 'error',
) => findings.filter((one) => one.severity === severity).map(({ code }) => code.replace('cutover.', ''))

describe.skipIf(whyNoPostgres15 !== '')(`a cutover from PostgreSQL 15 to 18 ${whyNoPostgres15}`, () => {
  beforeAll(async () => {
    ;[old, next] = await Promise.all([startLogicalServer(15), startLogicalServer(18)])
    await run(
      old.urlOf('postgres'),
      `create role "Own er" login`,
      `create role app login password 'app'`,
      `create role weak login password 'weak'`,
    )
    await run(next.urlOf('postgres'), `create role "Own er"`, `create role app login password 'app'`)
  })
  afterEach(async () => {
    await writers?.stop()
    writers = null
  })
  afterAll(async () => {
    await Promise.all([old?.stop(), next?.stop()])
  })

  test('all that would break is said at once, and nothing is written', async () => {
    const settings = await makeDatabases(
      'bad',
      `create table "no key" (a json); create table whole (a int); create unlogged table fast (a int primary key);
       create table t (id int primary key);
       create function f() returns trigger language plpgsql as 'begin return new; end';
       create trigger loud before insert on t for each row execute function f();
       alter table t enable always trigger loud`,
    )
    await run(old.urlOf('bad'), `select lo_create(0)`)
    await run(next.urlOf('bad'), `create table there (a int)`)
    const plan = await planCutoverOf(settings, wish)
    expect(codesOf(plan.findings)).toEqual([
      'target-not-empty',
      'no-identity',
      'not-comparable',
      'unlogged',
      'replica-triggers',
      'large-objects',
    ])
    expect(codesOf(plan.findings, 'warning')).toEqual(['passwords'].filter(() => false))
    const weak = await planCutoverOf({ ...settings, from: { url: old.urlOf('bad', 'weak', 'weak') } }, wish)
    expect(codesOf(weak.findings)).toEqual(
      expect.arrayContaining([
        'no-replication-right',
        'no-subscription-right',
        'not-owned',
        'no-signal-right',
      ]),
    )
    const refused = await copyDatabase(settings, wish, quiet)
    expect(refused).toMatchObject({ refused: true, state: { phase: 'none' } })
    for (const server of [old, next])
      expect(await rowsOf(server.urlOf('bad'), leftSql)).toEqual([nothingLeft])
  })

  test('under writers: copy, verify, switch, back, switch, finish', async () => {
    const settings = await makeDatabases('shop', shop)
    writers = startWriters([old.urlOf('shop', 'app', 'app'), next.urlOf('shop', 'app', 'app')], 3)
    const copied = await copyDatabase(settings, wish, quiet)
    expect(codesOf(copied.findings)).toEqual([])
    expect(copied.state).toMatchObject({
      phase: 'following',
      active: 'from',
      followed: { ready: 5, tables: 5 },
    })

    const verified = await verifyCutover(settings, false, quiet)
    expect(codesOf(verified.findings)).toEqual([])
    expect(verified.verification.tables.map(({ table }) => table).toSorted()).toEqual([
      '"s p"."Or""ders"',
      'customers',
      'events_1',
      'events_2',
    ])
    expect(verified.state.verified).toBe(4)

    // Somebody writes to the copy: the rows are named.
    await run(
      next.urlOf('shop'),
      `set session_replication_role = replica`,
      `delete from customers where id = 4711`,
      `update customers set name = 'other' where id = 1042`,
      `insert into customers (id, name) overriding system value values (99999, 'more')`,
    )
    const wrong = await verifyCutover(settings, true, quiet)
    expect(wrong.findings.map(({ code, structure, summary }) => ({ code, structure, summary }))).toEqual([
      {
        code: 'cutover.mismatch',
        structure: 'customers',
        summary:
          'customers differs: 5000 rows in use, 5000 in the copy, keys (4711) to (99999): missing (4711); changed (1042); too many (99999)',
      },
    ])
    await expect(
      switchDatabase(settings, 'to', {
        maxPauseSeconds: 20,
        graceMs: 0,
        sequenceGap: 0,
        acceptsUnverified: false,
        onSwitch: null,
        onStep: quiet,
      }),
    ).rejects.toMatchObject({ code: 'cutover.unverified', exit: 4 })
    await withSession(next.urlOf('shop'), async (db) => {
      const [row] = await rowsOf<{ orders: number }>(
        old.urlOf('shop'),
        'select orders from customers where id = 4711',
      )
      await db.query(`set session_replication_role = replica;
        insert into customers (id, name, orders) overriding system value values (4711, 'Customer 4711', ${row!.orders});
        update customers set name = 'Customer 1042' where id = 1042; delete from customers where id = 99999`)
    })
    expect((await verifyCutover(settings, false, quiet)).findings).toEqual([])

    const pauses: (number | null)[] = []
    for (const target of ['to', 'from', 'to'] as const) {
      const before = writers.acknowledged()
      const { moved, state } = await move(settings, target)
      expect(state).toMatchObject({ phase: 'following', active: target })
      pauses.push(moved.pauseMs)
      expect(moved).toMatchObject({ isRepeated: false, sequences: 2, tables: 4 })
      // The application is on the other side, and the closed one says why.
      while (writers.acknowledged() < before + 50) await rest(20)
      const closed = target === 'to' ? old : next
      await expect(run(closed.urlOf('shop', 'app', 'app'), 'select 1')).rejects.toThrow(
        /permission denied for database/u,
      )
      await expect(run(closed.urlOf('shop'), 'delete from customers')).rejects.toMatchObject({
        fault: { sqlstate: '25006' },
      })
    }
    for (const pause of pauses) expect(pause).toBeLessThan(20_000)
    expect((await verifyCutover(settings, false, quiet)).findings).toEqual([])

    const { acknowledged } = await writers.stop()
    writers = null
    const rows = await rowsOf<{ mark: string }>(
      next.urlOf('shop'),
      `select mark from "s p"."Or""ders" where mark not like 'old%'`,
    )
    const there = new Set(rows.map(({ mark }) => mark))
    expect(there.size).toBe(rows.length)
    expect(acknowledged.filter((mark) => !there.has(mark))).toEqual([])
    expect(
      await rowsOf(
        next.urlOf('shop'),
        'select count(*)::int = (select sum(orders) from customers) as same from "s p"."Or""ders" where mark not like $$old%$$',
      ),
    ).toEqual([{ same: true }])

    const ended = await finishCutover(settings)
    expect(ended.closed).toHaveLength(1)
    for (const server of [old, next])
      expect(await rowsOf(server.urlOf('shop'), leftSql)).toEqual([nothingLeft])
    await run(next.urlOf('shop', 'app', 'app'), `insert into customers (name) values ('after')`)
    expect(
      await rowsOf(next.urlOf('shop'), `select tableowner from pg_tables where tablename = 'customers'`),
    ).toEqual([{ tableowner: 'Own er' }])
    await expect(run(old.urlOf('shop', 'app', 'app'), 'select 1')).rejects.toThrow(
      /permission denied for database/u,
    )
  })

  test.skipIf(isShort)(
    `what does not fit into the pause is undone; a changed schema is refused${why}`,
    async () => {
      const settings = await makeDatabases(
        'slow',
        `create table t (id int primary key); create table u (id int primary key); grant select, insert on t, u to app;
         create table numbered (id int generated always as identity, n serial, primary key (id, n)) partition by range (id)`,
      )
      await copyDatabase(settings, wish, quiet)
      await withSession(next.urlOf('slow'), async (db) => {
        // Whatever is written last cannot be applied.
        await db.query('begin; lock table t in share mode')
        await run(old.urlOf('slow', 'app', 'app'), 'insert into t values (1)')
        await expect(move(settings, 'to', { maxPauseSeconds: 1 })).rejects.toMatchObject({
          code: 'cutover.pause-too-long',
          exit: 1,
        })
        await run(old.urlOf('slow', 'app', 'app'), 'insert into u values (1)')
      })
      expect(await cutoverStatus(settings)).toMatchObject({
        findings: [],
        state: { phase: 'following', active: 'from' },
      })
      await run(old.urlOf('slow'), 'alter table u add column more int')
      const changed = { code: 'cutover.schema-changed', exit: 4 }
      await expect(move(settings, 'to')).rejects.toMatchObject(changed)
      await expect(verifyCutover(settings, true, quiet)).rejects.toMatchObject(changed)
      const ended = await abortCutover(settings, true)
      expect(ended.findings).toEqual([])
      for (const server of [old, next])
        expect(await rowsOf(server.urlOf('slow'), leftSql)).toEqual([nothingLeft])
      expect(
        await rowsOf(
          next.urlOf('slow'),
          `select count(*)::int as n from pg_tables where schemaname = 'public'`,
        ),
      ).toEqual([{ n: 0 }])

      // Tables without a key go with whole rows; without a way back nothing is made at the source that subscribes.
      await run(
        old.urlOf('slow'),
        'create table bare (a int, b text); insert into bare values (1, null), (1, null), (2, $$x$$)',
      )
      const again = await copyDatabase(settings, { ...wish, setsIdentity: true, isOneWay: true }, quiet)
      expect(codesOf(again.findings)).toEqual([])
      await run(old.urlOf('slow'), `update bare set b = 'y' where a = 2`)
      expect((await verifyCutover(settings, false, quiet)).findings).toEqual([])
      const { state } = await move(settings, 'to', { onSwitch: 'test "$ASSAY_CUTOVER_ACTIVE" = to' })
      expect(state).toMatchObject({ phase: 'switched', active: 'to' })
      await expect(move(settings, 'from')).rejects.toMatchObject({ code: 'cutover.not-following' })
      await expect(abortCutover(settings, false)).rejects.toMatchObject({ code: 'cutover.in-use', exit: 4 })
      await finishCutover(settings)
      for (const server of [old, next]) {
        expect(await rowsOf(server.urlOf('slow'), leftSql)).toEqual([nothingLeft])
        expect(
          await rowsOf(
            server.urlOf('slow'),
            `select relreplident as id from pg_class where relname = 'bare'`,
          ),
        ).toEqual([{ id: 'd' }])
      }
    },
  )

  test.skipIf(isShort)(
    `Ctrl-C and dead servers in the pause: the source is open again, or the next run goes on${why}`,
    async () => {
      const settings = await makeDatabases(
        'pause',
        'create table t (id int primary key); grant select, insert on t to app',
      )
      const urls = ['--from', settings.from.url, '--to', settings.to.url]
      const side = async (server: LogicalServer): Promise<boolean> =>
        (await doorOf(server.urlOf('pause'))) === true
      const untilClosed = async (): Promise<void> => {
        while ((await doorOf(old.urlOf('pause'))) !== false) await rest(5)
      }
      /** Nothing is applied while it works, so that the pause lasts. */
      const held = async (key: number, work: () => Promise<void>): Promise<void> => {
        const db = await openSession(parseConnectionUrl(next.urlOf('pause')))
        try {
          await db.query('begin; lock table t in share mode')
          await run(old.urlOf('pause', 'app', 'app'), `insert into t values (${key})`)
          await work()
        } finally {
          await db.end()
        }
      }
      await copyDatabase(settings, wish, quiet)
      await held(1, async () => {
        const child = startAssay([
          'migrate',
          'cutover',
          'switch',
          ...urls,
          '--accept',
          'unverified',
          '--max-pause',
          '60',
        ])
        const ended = endOf(child)
        await untilClosed()
        child.kill('SIGINT')
        const { code, signal } = await ended
        expect({ code, signal }).not.toEqual({ code: 0, signal: null })
        expect(await side(old)).toBe(true)
      })
      await held(2, async () => {
        const moving = move(settings, 'to', { maxPauseSeconds: 60 }).catch((cause: unknown) => cause)
        await untilClosed()
        await next.kill()
        expect(await moving).toBeInstanceOf(Error)
        expect(await side(old)).toBe(true)
        await run(old.urlOf('pause', 'app', 'app'), 'insert into t values (3)')
      })
      await next.start()
      await held(4, async () => {
        const moving = move(settings, 'to', { maxPauseSeconds: 60 }).catch((cause: unknown) => cause)
        await untilClosed()
        await old.kill()
        expect(await moving).toMatchObject({ code: 'cutover.still-closed', exit: 3 })
      })
      await old.start()
      const paused = await assayJson(['migrate', 'cutover', 'status', ...urls])
      expect(paused).toMatchObject({ code: 1, summary: { state: { phase: 'paused' } } })
      expect(paused.findings.map(({ code }) => code)).toContain('cutover.paused')
      const { state } = await move(settings, 'to')
      expect(state).toMatchObject({ phase: 'following', active: 'to' })
      expect(await rowsOf(next.urlOf('pause'), 'select id from t order by id')).toEqual(
        [1, 2, 3, 4].map((id) => ({ id })),
      )
      await run(next.urlOf('pause', 'app', 'app'), 'insert into t values (5)')
      await move(settings, 'from')
      expect(await rowsOf(old.urlOf('pause'), 'select count(*)::int as n from t')).toEqual([{ n: 5 }])
      await abortCutover(settings, false)
      for (const server of [old, next])
        expect(await rowsOf(server.urlOf('pause'), leftSql)).toEqual([nothingLeft])
    },
  )

  test.skipIf(isShort)(`a target that is gone leaves nothing behind at the source${why}`, async () => {
    const settings = await makeDatabases('lost', 'create table t (id int primary key)')
    await copyDatabase(settings, wish, quiet)
    await run(next.urlOf('postgres'), `alter database lost connection limit 0`)
    await run(
      next.urlOf('lost'),
      'alter subscription assay_cutover disable',
      'alter subscription assay_cutover set (slot_name = none)',
      'drop subscription assay_cutover',
    )
    await run(next.urlOf('postgres'), 'drop database lost with (force)')
    const ended = await abortWithoutTarget(settings.from, false)
    expect(ended.gone).toHaveLength(2)
    expect(await rowsOf(old.urlOf('lost'), leftSql)).toEqual([nothingLeft])
  })

  test('killed at any moment, the same command goes on', async () => {
    const settings = await makeDatabases('killed', shop)
    const urls = ['--from', settings.from.url, '--to', settings.to.url]
    writers = startWriters([old.urlOf('killed', 'app', 'app'), next.urlOf('killed', 'app', 'app')], 2)
    const child = startAssay(['migrate', 'cutover', 'copy', ...urls])
    const ended = endOf(child)
    await rest(1200)
    child.kill('SIGKILL')
    await ended
    const copied = await assayJson(['migrate', 'cutover', 'copy', ...urls])
    expect(copied).toMatchObject({
      code: 0,
      findings: copied.findings.filter((one) => one.severity !== 'error'),
    })
    const plan = await assay(['migrate', 'cutover', 'status', ...urls])
    expect(plan.stdout).toMatch(/^The copy has everything and follows\./u)
    for (let i = 0; i < kills; i += 1) {
      const step = i % 2 === 0 ? 'switch' : 'back'
      const args = ['migrate', 'cutover', step, ...urls, '--accept', 'unverified', '--max-pause', '30']
      const killed = startAssay(args)
      const end = endOf(killed)
      // Somewhere in the pause: as soon as a door is closed, or a little later.
      const [used, spare] = step === 'switch' ? [old, next] : [next, old]
      while (killed.exitCode === null && (await doorOf(used.urlOf('killed'))) !== false) await rest(2)
      await rest(i * 7)
      killed.kill('SIGKILL')
      await end
      const gone = await assayJson(args)
      expect({ code: gone.code, findings: gone.findings }).toEqual({ code: 0, findings: [] })
      expect(await rowsOf(spare.urlOf('killed'), 'select is_open as open from assay_cutover.side')).toEqual([
        { open: true },
      ])
    }
    const { acknowledged } = await writers.stop()
    writers = null
    if (kills % 2 === 1) await move(settings, 'from')
    const rows = await rowsOf<{ mark: string }>(
      old.urlOf('killed'),
      `select mark from "s p"."Or""ders" where mark not like 'old%'`,
    )
    const there = new Set(rows.map(({ mark }) => mark))
    expect(there.size).toBe(rows.length)
    expect(acknowledged.length).toBeGreaterThan(50)
    expect(acknowledged.filter((mark) => !there.has(mark))).toEqual([])
    const aborted = await assay(['migrate', 'cutover', 'abort', ...urls])
    expect(aborted).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The cutover is given up\./u) as string,
    })
    for (const server of [old, next])
      expect(await rowsOf(server.urlOf('killed'), leftSql)).toEqual([nothingLeft])
    for (const server of [old, next]) expect(server.log()).not.toContain(adminPassword.slice(0, 4))
  })
})
