import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  startRunServer,
  twoMigrations as two,
  usualWish as usual,
  type RunServer,
} from '../../../test/support/run-lab.ts'
import type { AssayError } from '../../ground/errors.ts'
import { startSilentProxy } from '../../../test/support/silent-proxy.ts'
import { runMigrations } from './migrate.ts'
import { resolveMigration } from './record.ts'
import { openMigrationSession } from './session.ts'
import { watchServer } from './watch-server.ts'

let runs: RunServer

beforeAll(async () => {
  runs = await startRunServer()
})
afterAll(() => runs?.stop())

test('a statement that is refused: what is behind it may be mended, what is before it may not', () =>
  runs.inLab(
    {
      '0001_a.sql':
        'create table a (x int); insert into a values (1), (1);\ncreate index concurrently a_x on a (x);\ncreate unique index concurrently "A; ö" on a (x);',
      '0001_a.down.sql': 'drop table if exists a',
    },
    async (lab) => {
      const fault: unknown = await lab.go().catch((cause: unknown) => cause)
      expect(fault).toMatchObject({
        code: 'migrate.statement',
        exit: 1,
        found: 'could not create unique index "A; ö" (SQLSTATE 23505)',
        where: { line: 3 },
      })
      expect(await lab.states()).toEqual(['0001_a failed 3/4'])
      // What the build left would slow down every write.
      expect(await lab.owner.json('select 1 from pg_index where not indisvalid')).toEqual([])
      lab.write({
        '0001_a.sql':
          'create table a (x int, y int); insert into a values (1), (1);\ncreate index concurrently a_x on a (x);\nselect 1',
      })
      expect(await lab.tell()).toEqual(['migrate.changed-half-way'])
      lab.write({
        '0001_a.sql':
          'create table a (x int); insert into a values (1), (1);\ncreate index concurrently a_x on a (x);\ncreate index concurrently "A; ö" on a (x);',
      })
      expect(await lab.tell()).toEqual(['0001_a'])
      expect(await lab.tell({ direction: 'down' })).toEqual(['0001_a'])
      // Half way up, and back.
      lab.write({ '0001_a.sql': 'create table a (x int);\nvacuum a;\nselect 1 / 0' })
      expect(await lab.tell()).toEqual(['migrate.statement'])
      expect(await lab.tell({ direction: 'down' })).toEqual(['0001_a'])
      expect(await lab.states()).toEqual(['0001_a pending'])
      // Nothing of it stands: there is nothing to undo, even without a down.sql.
      lab.remove('0001_a.down.sql')
      lab.write({ '0001_a.sql': 'select 1 / 0' })
      expect(await lab.tell()).toEqual(['migrate.statement'])
      expect(await lab.tell({ direction: 'down' })).toEqual(['0001_a'])
    },
  ))

test('a step of which nobody knows whether it is done is told, and resolved by a person', () =>
  runs.inLab(
    {
      '0001_a.sql':
        '-- assay: transaction none\ncreate table a (x int);\ndo $$ begin insert into a values (1); commit; end $$;\nselect 1',
    },
    async (lab) => {
      await lab.go()
      // As a kill within the DO block leaves it.
      await lab.owner
        .query(`update assay.migrations set state = 'running', steps_done = 1, step_begun = 2, step_note = '{}',
        done_hash = (select substr(encode(sha256('[["create table a (x int)",null]]'), 'hex'), 1, 16))`)
      const fault: unknown = await lab.go().catch((cause: unknown) => cause)
      expect(fault).toMatchObject({ code: 'migrate.unknown-outcome', exit: 4 })
      expect((fault as AssayError).mend).toContain('assay migrate resolve 0001_a --as step-done')
      const session = await openMigrationSession(lab.url, 300)
      await resolveMigration(session, lab.repository(), '0001_a', 'step-done', usual)
      await session.db.end()
      expect(await lab.tell()).toEqual(['0001_a'])
      expect(await lab.owner.json('select * from a')).toEqual([{ x: 1 }])
    },
  ))

test('a server that goes away in the middle: the next run goes on', () =>
  runs.inLab(
    { ...two, '0003_c.sql': 'create table c (x int);\nvacuum c;\nselect pg_sleep(30)' },
    async (lab) => {
      const lost = lab.tell()
      const ending = async (): Promise<void> => {
        const [found] = await lab.owner.json<{ ended: boolean }>(
          `select pg_terminate_backend(pid) as ended from pg_stat_activity
          where application_name = 'assay migrate up 0003_c' and query like '%pg_sleep%'`,
        )
        if (found?.ended !== true) return ending()
      }
      await ending()
      expect(await lost).toEqual(['migrate.connection-lost'])
      expect(await lab.states()).toContain('0003_c unfinished 2/3')
      lab.write({ '0003_c.sql': 'create table c (x int);\nvacuum c;\nselect 1' })
      expect(await lab.tell()).toEqual(['0003_c'])
    },
  ))

test.each([
  ['all', 'pg_sleep(600)', 'no answer, and no new connection either'],
  ['first', 'pg_sleep(0.5)', 'no answer, though the server waits for the next statement'],
] as const)(
  'a network that dies without a word (%s) is noticed, and the next run goes on',
  (which, sleeps, found) =>
    runs.inLab(
      { '0001_a.sql': 'create table a (x int);', '0002_b.sql': `create table b (x int);\nselect ${sleeps}` },
      async (lab) => {
        const proxy = await startSilentProxy(lab.url)
        try {
          const session = await openMigrationSession(proxy.url, 300)
          // A busy machine may take its time for the second connection, which is the one that tells.
          const limitMs = which === 'first' ? 3_000 : 300
          const watch = watchServer(session.db, { everyMs: 100, limitMs, misses: 2 })
          const running = runMigrations({ ...session, watch }, lab.repository(), usual).catch(
            (cause: unknown) => cause,
          )
          const sleeping = async (): Promise<void> => {
            const rows = await lab.owner.json(
              `select 1 from pg_stat_activity where pid = ${session.db.pid} and wait_event = 'PgSleep'`,
            )
            if (rows.length === 0) return sleeping()
          }
          await sleeping()
          proxy.silence(which)
          const fault = (await running) as AssayError
          expect(fault).toMatchObject({ code: 'migrate.connection-lost', exit: 3, where: { line: 1 } })
          expect(fault.found).toContain(found)
          expect(fault.mend).toContain(`select pg_terminate_backend(${session.db.pid});`)
          watch.stop()
          expect(await lab.states()).toEqual(['0001_a applied', '0002_b unfinished 0/2'])
        } finally {
          await proxy.stop()
        }
        lab.write({ '0002_b.sql': 'create table b (x int)' })
        // The server notices within a second that nobody is there.
        expect(await lab.tell({ waitSeconds: 60 })).toEqual(['0002_b'])
      },
    ),
)

test('a way back that stopped half way is still half way when up is refused at its first statement', () =>
  runs.inLab(
    {
      '0001_a.sql': '-- assay: transaction none\ncreate table a (x int);\ncreate table b (x int);',
      '0001_a.down.sql': '-- assay: transaction none\ndrop table b;\nselect 1 / 0;\ndrop table a;',
    },
    async (lab) => {
      expect(await lab.tell()).toEqual(['0001_a'])
      expect(await lab.tell({ direction: 'down' })).toEqual(['migrate.statement'])
      expect(await lab.states()).toEqual(['0001_a failed back 1/3'])
      const fault: unknown = await lab.go().catch((cause: unknown) => cause)
      expect(fault).toMatchObject({
        code: 'migrate.statement',
        why: expect.stringContaining('1 of the 3 statements of its way back is committed'),
      })
      expect(await lab.states()).toEqual(['0001_a failed back 1/3'])
      // Refused again: what the journal keeps of the way back does not wear off.
      expect(await lab.tell()).toEqual(['migrate.statement'])
      lab.write({ '0001_a.down.sql': '-- assay: transaction none\ndrop table b;\nselect 1;\ndrop table a;' })
      expect(await lab.tell({ direction: 'down' })).toEqual(['0001_a'])
      expect(await lab.states()).toEqual(['0001_a pending'])
      expect(await lab.owner.json(`select 1 as is from pg_class where relname in ('a', 'b')`)).toEqual([])
      // And the way up over what a way back left, once its file allows for it.
      expect(await lab.tell()).toEqual(['0001_a'])
      lab.write({ '0001_a.down.sql': '-- assay: transaction none\ndrop table b;\nselect 1 / 0;' })
      expect(await lab.tell({ direction: 'down' })).toEqual(['migrate.statement'])
      expect(await lab.tell()).toEqual(['migrate.statement'])
      lab.write({
        '0001_a.sql':
          '-- assay: transaction none\ncreate table if not exists a (x int);\ncreate table b (x int);',
      })
      expect(await lab.tell()).toEqual(['0001_a'])
      expect(await lab.states()).toEqual(['0001_a applied'])
    },
  ))
