/** Asking what policies say of rows leaves nothing in the session: no function, and no plan of one. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRowLab, type RowLab } from '../../../test/support/row-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { withJudge } from './judge.ts'

const schema = `
create role reader; create role writer;
create table notes (id int primary key, owner text, body text)`

let server: Server
let lab: RowLab
beforeAll(async () => {
  server = await startServer({})
  const admin = await server.connect(await server.createDatabase('desk'), 'administrator')
  await admin.query(`grant pg_read_all_stats to ${server.prover}`)
  await admin.end()
  lab = await openRowLab(server, schema)
})
afterAll(async () => {
  await lab.close()
  await server.stop()
})

const plansSql = `select count(*)::int as plans from pg_catalog.pg_backend_memory_contexts where name = 'CachedPlanSource'`

it('answers for each role, and forgets the plans that it made', async () => {
  const { db, catalog } = lab
  const table = catalog.tables.get('notes')!
  const asking = async (role: string): Promise<readonly unknown[]> =>
    withJudge(db, table, [`owner = current_user`, `length(body) / id > 1`], (judge) =>
      judge.ask(
        [],
        ['reader', 'writer', role].map((name) => ({
          rows: ['(1,reader,abc)', '(0,,abc)'],
          state: [],
          asker: { role: name, settings: {} },
        })),
      ),
    )
  const count = async (): Promise<number> => (await db.json<{ readonly plans: number }>(plansSql))[0]!.plans
  const ofReader = [
    ['t', 't'],
    ['n', '22012'],
  ]
  const ofWriter = [
    ['f', 't'],
    ['n', '22012'],
  ]
  expect(await asking('reader')).toEqual([ofReader, ofWriter, ofReader])
  const before = await count()
  for (let n = 0; n < 10; n++) await asking('writer')
  expect((await count()) - before).toBeLessThan(20)
  expect(await db.json(`select proname from pg_catalog.pg_proc where proname like 'assay%'`)).toEqual([])
})
