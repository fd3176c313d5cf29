/** A real replica that stops applying: the backfill waits for it, and goes on when it has caught up. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../../test/support/postgres15.ts'
import { parseConnectionUrl } from '../../postgres/connection-url.ts'
import { loadParser } from '../../postgres/parse.ts'
import { openSession, type Session } from '../../postgres/session.ts'
import { runBackfill } from './run-backfill.ts'
import { readBackfillStatement } from './statement.ts'

describe.skipIf(whyNoPostgres15 !== '')(
  whyNoPostgres15 === '' ? 'with a replica' : `skipped: ${whyNoPostgres15}`,
  () => {
    let primary: TestServer
    let db: Session
    let replica: Session
    beforeAll(async () => {
      await loadParser()
      primary = await startPostgres15()
      db = await openSession(parseConnectionUrl(primary.url))
      replica = await openSession(parseConnectionUrl((await primary.startReplica()).url))
    })
    afterAll(async () => {
      await replica?.end()
      await db?.end()
      await primary?.stop()
    })

    test('it waits while the replica stands still', async () => {
      // A millisecond for each row: however quick the machine, the replica is behind long before the end.
      await db.query(`
        create table t (id int primary key, n int not null default 0);
        insert into t select generate_series(1, 1500);
        create function slowly() returns trigger language plpgsql as 'begin perform pg_sleep(0.001); return new; end';
        create trigger slowly before update on t for each row execute function slowly()`)
      await replica.query('select pg_wal_replay_pause()')
      const waited: string[] = []
      const done = await runBackfill(db, {
        name: 'lag',
        statement: readBackfillStatement({ file: null, text: 'update t set n = n + 1' }),
        key: null,
        again: false,
        limits: { lagSeconds: 0.3, active: null },
        pace: { target: 30, smallest: 1, largest: 100 },
        onProgress: ({ waitsFor }) => {
          if (waitsFor === null) return
          if (waited.length === 0) void replica.query('select pg_wal_replay_resume()')
          waited.push(waitsFor)
        },
      })
      expect(waited[0]).toMatch(/^a replica is \d+\.\d s behind, more than 0\.3 s$/u)
      expect(done).toMatchObject({ state: 'complete', changed: 1_500 })
      const statement = readBackfillStatement({ file: null, text: 'update t set n = 0' })
      const limits = { lagSeconds: 1, active: null }
      const there = runBackfill(replica, { name: 'there', statement, key: null, again: false, limits })
      await expect(there).rejects.toMatchObject({ code: 'backfill.standby', exit: 4 })
    })
  },
)
