import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../../test/support/postgres15.ts'
import { startTransactionPooler } from '../../../test/support/wire-proxies.ts'
import { parseConnectionUrl } from '../../postgres/connection-url.ts'
import { openSession } from '../../postgres/session.ts'
import { readMigrations } from '../files/read-migrations.ts'
import { runMigrations, type RunWish } from './migrate.ts'
import { openMigrationSession } from './session.ts'

const reason = whyNoPostgres15 === '' ? '' : ` (skipped: ${whyNoPostgres15})`

const wish: RunWish = {
  direction: 'up',
  to: null,
  steps: null,
  allowed: ['untested'],
  waitSeconds: 0,
  retries: 0,
  assay: '0',
}

describe.skipIf(reason !== '')(`on PostgreSQL 15${reason}`, () => {
  let there: TestServer
  beforeAll(async () => {
    there = await startPostgres15()
  })
  afterAll(() => there.stop())

  test('migrations run and are taken back', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'assay-15-'))
    try {
      writeFileSync(
        path.join(directory, '0001_a.sql'),
        'create table m3_a (x int);\ncreate index concurrently m3_a_x on m3_a (x);\nvacuum m3_a;',
      )
      writeFileSync(path.join(directory, '0001_a.down.sql'), 'drop table if exists m3_a;')
      const repository = {
        migrations: readMigrations(directory),
        tested: { passes: [], problems: [] },
        ledger: { head: null, pages: [], problems: [] },
        leftAlone: [],
      }
      for (const direction of ['up', 'down'] as const) {
        const session = await openMigrationSession(there.url, 1000)
        const { ran } = await runMigrations(session, repository, { ...wish, direction })
        await session.db.end()
        expect(ran).toEqual(['0001_a'])
      }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })

  test('through a transaction pooler, and on a standby, nothing is run', async () => {
    const replica = await there.startReplica()
    await expect(openMigrationSession(replica.url, 300)).rejects.toMatchObject({
      code: 'migrate.standby',
      exit: 4,
    })
    // What only reads is answered there.
    const reading = await openMigrationSession(replica.url, 300, 'read')
    await reading.db.end()
    const admin = await openSession(parseConnectionUrl(there.url))
    await admin.query('create role trusted superuser login')
    await admin.end()
    const pooler = await startTransactionPooler(there.port, 'trusted')
    try {
      const url = `postgres://trusted@127.0.0.1:${pooler.port}/postgres`
      await expect(openMigrationSession(url, 300)).rejects.toMatchObject({ code: 'server.pooler', exit: 3 })
    } finally {
      await pooler.stop()
    }
  })
})
