/** A hostile path leads a function astray, and what was asked on it leaves no plan in the session. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRowLab, type RowLab } from '../../test/support/row-lab.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { hostilePath } from './hostile-path.ts'

const schema = `
create table notes (id int primary key, owner text);
create function is_mine(owner text) returns boolean language plpgsql as $$ begin return owner = 'me' and now() > '2000-01-01'; end $$`

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

it('is believed, and forgotten', async () => {
  const { db, catalog } = lab
  const table = catalog.tables.get('notes')!
  const asked = async (): Promise<readonly unknown[]> => {
    await db.query(['savepoint path', ...hostilePath(table, ['id', 'owner'])].join(';\n'))
    const rows = await db.json(
      `select public.is_mine('me') as mine, 1 operator(assay_path.=) 1 as same, assay_path.now()::text as now`,
    )
    await db.query('rollback to savepoint path; release savepoint path')
    return rows
  }
  const count = async (): Promise<number> =>
    (
      await db.json<{ readonly plans: number }>(
        `select count(*)::int as plans from pg_catalog.pg_backend_memory_contexts where name = 'CachedPlanSource'`,
      )
    )[0]!.plans
  const [row] = await asked()
  expect(row).toMatchObject({ mine: false, same: false, now: expect.stringMatching(/^1999-01-01/u) })
  const before = await count()
  for (let n = 0; n < 10; n++) await asked()
  expect((await count()) - before).toBeLessThan(5)
})
