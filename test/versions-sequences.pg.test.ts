/**
 * Random writes, then the history alone: after each transaction its open versions are the table, and at the end it
 * answers for the moment behind each transaction what the table held then. ASSAY_RUNS=10000 runs ten thousand sequences.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Architecture } from '../src/architecture/architecture.ts'
import { architecture } from '../src/architecture/declare.ts'
import { historyOf } from '../src/architecture/history-of.ts'
import { table } from '../src/architecture/table.ts'
import { qualified } from '../src/postgres/quote.ts'
import type { Session } from '../src/postgres/session.ts'
import { designedMigration } from './support/audit-lab.ts'
import { bothServers } from './support/both-servers.ts'
import { versionsSeen } from './support/versions-seen.ts'
import {
  sequenceRuns,
  transactionSql,
  writeSequences,
  writtenColumns,
  writtenKey,
  type Transaction,
} from './support/write-sequences.ts'

const written = table('written "rows"', writtenColumns, (t) => [
  t.primaryKey(...writtenKey),
  t.versioned({ history: 'written "versions"' }),
])
const writtenHistory = historyOf(written)
const declared = architecture('sequences', { tables: { written, writtenHistory } }) as unknown as Architecture

const present = qualified(written)
const history = qualified(writtenHistory)

const seen = versionsSeen(written, writtenHistory)

const runOf = (sequence: readonly Transaction[]): readonly string[] => [
  `truncate ${present}; truncate ${history}; ${seen.clear}`,
  ...sequence.flatMap((one) => [...transactionSql(written, one), seen.remember]),
  seen.wrong,
]

describe.each(bothServers)('random writes on PostgreSQL $major', ({ major, whyNot, start }) => {
  let running: Awaited<ReturnType<typeof start>>
  let db: Session

  beforeAll(async () => {
    if (whyNot !== '') return
    running = await start()
    const database = await running.server.createDatabase('sequences')
    db = await running.server.connect(database, 'owner')
    await db.query(designedMigration(declared, ['create extension btree_gist'], major))
    await db.query(seen.create)
  }, 60_000)

  afterAll(async () => {
    await db?.end()
    await running?.stop()
  })

  test('leave history and table in agreement at every moment', async ({ skip }) => {
    skip(whyNot !== '', whyNot)
    let versions = 0
    await fc.assert(
      fc.asyncProperty(writeSequences, async (sequence) => {
        const replies = await db.batch([...runOf(sequence), `select count(*) from ${history}`])
        expect(replies.map((reply) => reply.fault).filter((fault) => fault !== null)).toEqual([])
        expect(replies.at(-2)?.commands.at(-1)?.rows).toEqual([])
        versions += Number(replies.at(-1)?.commands[0]?.rows[0]?.[0])
      }),
      sequenceRuns(major === 18 ? 300 : 60),
    )
    expect(versions).toBeGreaterThan(100)
  }, 3_600_000)

  test('a history that a trigger has left behind is noticed', async ({ skip }) => {
    skip(whyNot !== '', whyNot)
    const [, , , reply] = await db.batch([
      `alter table ${present} disable trigger user; truncate ${present}; truncate ${history}; ${seen.clear}`,
      `insert into ${present} (region, id) values ('a', 1)`,
      seen.remember,
      seen.wrong,
      `alter table ${present} enable trigger user`,
    ])
    expect(reply?.commands.at(-1)?.rows).toEqual([['open versions'], ['as of']])
  })
})
