/**
 * Random writes on a table that is audited and versioned: its log alone, replayed over an empty table, gives exactly the
 * table, value by value, and its chains are whole; its history holds the table as it was behind each transaction.
 * ASSAY_RUNS=10000 runs ten thousand sequences.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Architecture } from '../src/architecture/architecture.ts'
import { auditLog } from '../src/architecture/audit-log.ts'
import { architecture } from '../src/architecture/declare.ts'
import { historyOf } from '../src/architecture/history-of.ts'
import { table } from '../src/architecture/table.ts'
import { ident, literal, qualified } from '../src/postgres/quote.ts'
import type { Server } from '../src/postgres/server.ts'
import type { Session } from '../src/postgres/session.ts'
import { startServer } from '../src/postgres/start.ts'
import { brokenLinks } from '../src/rules/audited/checks.ts'
import { designedMigration } from './support/audit-lab.ts'
import { versionsSeen } from './support/versions-seen.ts'
import {
  sequenceRuns,
  transactionSql,
  writeSequences,
  writtenColumns,
  writtenKey,
  type Transaction,
} from './support/write-sequences.ts'

const audit = auditLog('audit_log')
const written = table('written "rows"', writtenColumns, (t) => [
  t.primaryKey(...writtenKey),
  t.audited(),
  t.versioned({ history: 'written "versions"' }),
])
const writtenHistory = historyOf(written)
const declared = architecture('sequences', {
  tables: { written, writtenHistory, ...audit.tables },
  identity: { role: 'app', settings: (who: { user: string }) => ({ 'app.user': who.user }) },
}) as unknown as Architecture
const relation = { schema: 'public', name: written.name }
const seen = versionsSeen(relation, writtenHistory)
const columns = Object.entries(writtenColumns)

let server: Server
let db: Session

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('sequences')
  db = await server.connect(database, 'owner')
  await db.query(designedMigration(declared, ['create extension btree_gist']))
  await db.query(seen.create)
  // Of each run its own: a replica of the table to replay on, and no guard that keeps the log from being emptied.
  await db.query(`create table replayed (like ${qualified(relation)}, moved bigint)`)
  await db.query(replay)
  for (const name of ['statements', 'rows', 'personal'])
    await db.query(`alter table audit_log_${name} disable trigger audit_log_guard`)
})

afterAll(async () => {
  await db?.end()
  await server?.stop()
})

const isDifferent = (a: string, b: string): string =>
  columns.map(([name]) => `${a}.${ident(name)}::text is distinct from ${b}.${ident(name)}::text`).join(' or ')

/** Plays the entries in their order, with nothing but what stands in the view. */
const replay = `create function replay() returns void language plpgsql as $replay$
declare
  e record;
begin
  for e in select * from audit_log order by lane, number, chunk, entry loop
    if e.operation = 'INSERT' then
      insert into replayed (${columns.map(([name]) => ident(name)).join(', ')}) select ${columns.map(([name, type]) => `(e.new ->> ${literal(name)})::${type}`).join(', ')};
    elsif e.operation = 'DELETE' then
      delete from replayed where ${columns
        .map(
          ([name, type]) =>
            `${ident(name)}::text is not distinct from ((e.old ->> ${literal(name)})::${type})::text`,
        )
        .join(' and ')};
    else
      update replayed set ${columns
        .map(
          ([name, type]) =>
            `${ident(name)} = case when (e.new -> ${literal(name)}) is null then ${ident(name)} else (e.new ->> ${literal(name)})::${type} end`,
        )
        .join(', ')}, moved = e.number
       -- A statement may move one row to the key that another row leaves.
       where ${writtenKey.map((name) => `${ident(name)}::text = e.key ->> ${literal(name)}`).join(' and ')}
         and moved is distinct from e.number;
    end if;
  end loop;
end $replay$`

describe('an audited and versioned table', () => {
  test('is what its log and its history say, after any writes', async () => {
    let statements = 0
    let runs = 0
    const holds = async (sequence: readonly Transaction[]): Promise<void> => {
      const own = qualified(relation)
      const messages = [
        // TRUNCATE is refused; the entries of this DELETE go with the rest of the log.
        `delete from ${own}`,
        `truncate ${qualified(writtenHistory)}; ${seen.clear}`,
        'delete from audit_log_statements; delete from audit_log_rows; delete from replayed',
        ...(++runs % 100 === 0 ? ['vacuum'] : []),
        ...sequence.flatMap((one) => [...transactionSql(relation, one), seen.remember]),
      ]
      for (const reply of await db.batch(messages)) expect(reply.fault).toBeNull()
      const replies = await db.batch(['select replay()'])
      expect(replies[0]!.fault).toBeNull()
      const [apart] = await db.json<{ n: number }>(
        `select count(*) as n from ${own} a full join replayed b using (region, id) where ${isDifferent('a', 'b')}`,
      )
      expect(apart).toEqual({ n: 0 })
      expect(await db.json(seen.wrong)).toEqual([])
      expect(await db.json(brokenLinks('audit_log'))).toEqual([])
      const [counted] = await db.json<{ n: number }>('select count(*) as n from audit_log_statements')
      statements += counted!.n
    }
    await fc.assert(fc.asyncProperty(writeSequences, holds), { ...sequenceRuns(300), endOnFailure: false })
    expect(statements).toBeGreaterThan(runs)
  }, 3_600_000)
})
