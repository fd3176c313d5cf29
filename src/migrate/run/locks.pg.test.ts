import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRunServer, twoMigrations as two, type RunServer } from '../../../test/support/run-lab.ts'
import type { AssayError } from '../../ground/errors.ts'

let runs: RunServer

beforeAll(async () => {
  runs = await startRunServer()
})
afterAll(() => runs?.stop())

test('one runner at a time', () =>
  runs.inLab({ ...two, '0003_slow.sql': 'select pg_sleep(0.4)' }, async (lab) => {
    const [one, other] = await Promise.all([lab.tell({ waitSeconds: 30 }), lab.tell({ waitSeconds: 30 })])
    expect([one.length, other.length].toSorted((a, b) => a - b)).toEqual([0, 3])
    await lab.owner.query('select pg_advisory_lock(1634956153, 1835624306)')
    expect(await lab.tell()).toEqual(['migrate.locked'])
    await lab.owner.query('select pg_advisory_unlock_all()')
    // A script that lets every lock go does not let in another runner unseen.
    lab.write({ '0004_free.sql': 'select pg_advisory_unlock_all();', '0005_e.sql': 'select 1' })
    expect(await lab.tell()).toEqual(['0004_free', '0005_e'])
  }))

test('a lock that does not come is tried again, then told with who holds it', () =>
  runs.inLab({ ...two, '0003_alter.sql': 'alter table a add column z int' }, async (lab) => {
    await lab.go({ to: '2' })
    await lab.owner.query('begin; lock table a in access share mode')
    const told: string[] = []
    const freed = lab.tell({
      retries: 5,
      onProgress: (what) => {
        if (!what.includes('no lock')) return
        told.push(what)
        if (told.length === 1) void lab.owner.query('commit')
      },
    })
    expect(await freed).toEqual(['0003_alter'])
    expect(told.length).toBeGreaterThan(0)
    lab.write({ '0004_again.sql': 'alter table a add column zz int' })
    await lab.owner.query(`begin; lock table a in access share mode; select 'who''s "there"'`)
    const fault: unknown = await lab.go().catch((cause: unknown) => cause)
    await lab.owner.query('rollback')
    expect(fault).toMatchObject({ code: 'migrate.lock', exit: 3 })
    expect((fault as AssayError).found).toMatch(/process \d+ .*who''s "there"/u)
    expect(await lab.states()).toContain('0004_again failed 0/1')
    expect(await lab.tell()).toEqual(['0004_again'])
  }))

test('a table that not even its definition can be read of is waited for, then told with who holds it', () =>
  runs.inLab({ ...two, '0003_c.sql': 'create table c (z int)' }, async (lab) => {
    await lab.go({ to: '2' })
    await lab.owner.query('create table keyed (id int primary key)')
    const hold = `begin; lock table keyed; select 'who holds it'`
    await lab.owner.query(hold)
    const waited: string[] = []
    const freed = lab.tell({
      retries: 5,
      onProgress: (what) => {
        waited.push(what)
        if (what.includes('try 2')) void lab.owner.query('commit')
      },
    })
    expect(await freed).toEqual(['0003_c'])
    expect(waited).toContainEqual(expect.stringMatching(/^reading the database: no lock, try 2/u))
    lab.write({ '0004_d.sql': 'create table d (z int)' })
    await lab.owner.query(hold)
    const fault: unknown = await lab.go({ retries: 1 }).catch((cause: unknown) => cause)
    await lab.owner.query('rollback')
    expect(fault).toMatchObject({ code: 'migrate.lock', exit: 3 })
    expect((fault as AssayError).found).toMatch(/^2 tries.*process \d+ .*who holds it/su)
    expect(await lab.tell()).toEqual(['0004_d'])
  }))

test('what holds a lock while it waits for another gives way before a writer may be ended; what holds none waits on', () =>
  runs.inLab(
    { ...two, '0003_pair.sql': 'alter table a add column z int;\nalter table b add column z int' },
    async (lab) => {
      lab.lockTimeoutMs = 60_000
      try {
        await lab.go({ to: '2' })
        // A writer that will want the other table: a circle, if the migration waited on.
        await lab.owner.query('begin; insert into b default values')
        const fault: unknown = await lab.go({ retries: 1 }).catch((cause: unknown) => cause)
        expect(fault).toMatchObject({
          code: 'migrate.lock',
          why: expect.stringContaining('it held locks while it waited'),
          where: { line: 2 },
        })
        await lab.owner.query('insert into a default values; rollback')
        lab.write({ '0003_pair.sql': 'alter table a add column z int' })
        await lab.owner.query('begin; insert into a default values')
        const tries: string[] = []
        let isOver = false
        const waiting = lab
          .tell({ retries: 8, onProgress: (what) => void tries.push(what) })
          .finally(() => (isOver = true))
        const isThere = async (): Promise<boolean> => {
          // In a transaction it would tell the same for ever.
          await lab.owner.query('select pg_stat_clear_snapshot()')
          const [found] = await lab.owner.json<{ at: number }>(
            `select coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0)::float as at from pg_stat_activity
              where wait_event_type = 'Lock' and application_name = 'assay migrate up 0003_pair'`,
          )
          return (found?.at ?? 0) > 0.7
        }
        while (!isOver && !(await isThere())) await new Promise((done) => void setTimeout(done, 20))
        await lab.owner.query('rollback')
        expect(await waiting).toEqual(['0003_pair'])
        // Twice it gave way at least: not seen yet, then seen to hold nothing.
        expect(tries.filter((what) => what.includes('no lock')).length).toBeGreaterThanOrEqual(2)
      } finally {
        lab.lockTimeoutMs = 300
      }
    },
  ))

test('a statement that waits as long as it takes tells for whom', () =>
  runs.inLab({ ...two, '0003_x.sql': 'create index concurrently a_x on a (x)' }, async (lab) => {
    await lab.go({ to: '2' })
    await lab.owner.query(`begin; insert into a values (1); select 'who''s "there"'`)
    const told: string[] = []
    const waiting = lab.tell({
      retries: 3,
      onProgress: (what) => {
        told.push(what)
        if (what.includes('waits for')) void lab.owner.query('rollback')
      },
    })
    expect(await waiting).toEqual(['0003_x'])
    expect(told).toContainEqual(
      expect.stringMatching(/stage 1 of 1, waits for process \d+ .*who''s "there"/u),
    )
  }))
