/** Row-level security that binds whoever runs a backfill: it fills all rows, or it says that it would not. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { runBackfill, type BackfillOutcome } from './run-backfill.ts'
import { readBackfillStatement } from './statement.ts'
import { hasStore } from './store.ts'

let server: Server
let database: string
let admin: Session

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  database = await server.createDatabase('bound')
  admin = await server.connect(database, 'administrator')
  const owner = await server.connect(database, 'owner')
  await owner.query(`create table "odd ""notes""" (id int primary key, tenant int, body text, up text);
    create table plain (id int primary key, body text);
    create table broken (id int primary key, body text);
    create function reads() returns trigger language plpgsql as $$ begin
      new.body := (select count(*) from "odd ""notes""")::text; return new; end $$;
    create trigger reads before update on broken for each row execute function reads();
    insert into plain values (1, 'x'); insert into broken values (1, 'x');
    alter table "odd ""notes""" enable row level security;
    alter table "odd ""notes""" force row level security;
    create policy own on "odd ""notes""" using (tenant = nullif(current_setting('app.tenant', true), '')::int)`)
  await owner.end()
  await admin.query(`insert into "odd ""notes""" select n, n % 3, 'x' from generate_series(1, 300) n`)
})
afterAll(async () => {
  await admin?.end()
  await server?.stop()
})

const run = async (name: string, text: string): Promise<BackfillOutcome> => {
  const db = await server.connect(database, 'owner')
  try {
    return await runBackfill(db, {
      name,
      statement: readBackfillStatement({ file: null, text }),
      key: null,
      again: false,
      limits: { lagSeconds: null, active: null },
    })
  } finally {
    await db.end()
  }
}

const fill = `update "odd ""notes""" set up = upper(body) where up is null`
const filled = () => admin.json(`select count(up)::int as n from "odd ""notes"""`)
const sees = `current_setting('assay.sees_all_rows', true) = 'on'`

it('is refused where rows are hidden from its role, with nothing begun', async () => {
  await expect(run('fill', fill)).rejects.toMatchObject({
    code: 'backfill.hidden-rows',
    found: expect.stringContaining('odd ""notes""') as string,
    mend: expect.stringContaining(
      `create policy assay_backfill on "public"."odd ""notes""" to "${server.owner}" using (${sees.replace('current', 'pg_catalog.current')})`,
    ) as string,
  })
  expect(await hasStore(admin)).toBe(false)
})

it('is refused where a table is hidden that it only reads, in whatever part of the statement', async () => {
  const text = `update plain set body = (with n as (select * from "odd ""notes""") select max(n.up) from n)`
  await expect(run('reads', text)).rejects.toMatchObject({ code: 'backfill.hidden-rows' })
  await expect(run('trigger', 'update broken set body = body')).rejects.toMatchObject({
    code: 'backfill.refused',
    mend: expect.stringContaining('BYPASSRLS') as string,
  })
  expect(await run('plain', 'update plain set body = 1')).toMatchObject({ changed: 1 })
})

it('fills all rows by the policy of its mend, or by that of a phase, and is refused under a restrictive one', async () => {
  const refusal = (await run('fill', fill).catch((cause: unknown) => cause)) as { readonly mend: string }
  const [policy] = /create policy [^;]+/u.exec(refusal.mend) ?? ['']
  await admin.query(policy)
  await admin.query(`create policy "less" on "odd ""notes""" as restrictive for update using (tenant = 1)`)
  await expect(run('fill', fill)).rejects.toMatchObject({ code: 'backfill.hidden-rows' })
  await admin.query(`drop policy "less" on "odd ""notes"""`)
  expect(await run('fill', fill)).toMatchObject({ state: 'complete', walked: 300, changed: 300 })
  expect(await filled()).toEqual([{ n: 300 }])
})

it('fills all rows where a policy without a condition lets the role do what it does', async () => {
  await admin.query(`drop policy assay_backfill on "odd ""notes""";
    create policy r on "odd ""notes""" for select using (true)`)
  const text = `delete from "odd ""notes""" where id > 250`
  await expect(run('delete', text)).rejects.toMatchObject({ code: 'backfill.hidden-rows' })
  await admin.query(`create policy d on "odd ""notes""" for delete to "${server.owner}" using (true)`)
  expect(await run('delete', text)).toMatchObject({ changed: 50 })
})

it('is refused where an insert may not lock, or not make, all rows', async () => {
  await admin.query(
    `create table kept (id int primary key, body text); alter table kept owner to "${server.owner}"`,
  )
  const text = `insert into kept select n.id, n.body from "odd ""notes""" n for no key update of n`
  await expect(run('insert', text)).rejects.toMatchObject({
    code: 'backfill.hidden-rows',
    found: expect.stringContaining('odd ""notes""') as string,
  })
  await admin.query(`create policy w on "odd ""notes""" for update using (true);
    alter table kept enable row level security; alter table kept force row level security;
    create policy r on kept for select using (true)`)
  await expect(run('insert', text)).rejects.toMatchObject({
    code: 'backfill.hidden-rows',
    found: expect.stringContaining('kept') as string,
  })
  await admin.query('create policy a on kept for insert with check (true)')
  expect(await run('insert', text)).toMatchObject({ changed: 250 })
})
