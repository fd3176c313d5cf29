/** Tables that bind their owner by row-level security: phases run as that owner, and see rows of all tenants. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { table } from 'assay'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { declared, withShapeProject } from '../../../test/support/shape-lab.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

it('are filled, compared and contracted in full', async () => {
  const sql = `create table notes (id bigint primary key, tenant_id bigint not null, txt text not null);
    alter table notes enable row level security;
    alter table notes force row level security;
    create policy own on notes using (tenant_id = nullif(current_setting('app.tenant', true), '')::bigint);`
  const notes = table('notes', { id: 'bigint', tenant_id: 'bigint', body: 'text' }, (t) => [
    t.primaryKey('id'),
    t.required('tenant_id', 'body'),
    t.renamedFrom({ body: 'txt' }),
  ])
  await withShapeProject(server, { sql, architecture: declared(notes) }, async (project) => {
    const admin = await server.connect(project.database, 'administrator')
    try {
      await admin.query("insert into notes select n, n % 3, 'x' || n from generate_series(1, 3000) n")
      const { findings } = await project.expand()
      expect(findings.map(({ code }) => code)).toEqual(['expand.bound-owner'])
      await project.run('expand')
      await project.run('backfill')
      await project.run('switch')
      expect(await admin.json('select count(*)::int as n from notes where body = txt')).toEqual([{ n: 3000 }])
      // Nowhere but in a session that says so, and for nobody else.
      expect(await project.db.json('select count(*)::int as n from notes')).toEqual([{ n: 0 }])
      await project.run('switch', 'down')
      await admin.query('drop policy "assay_rows_of_notes_txt_to_body" on notes')
      await expect(project.run('switch')).rejects.toThrow(/^.*row-level security hides rows of notes from /su)
      await project.run('backfill', 'down')
      await project.run('expand', 'down')
      for (const phase of ['expand', 'backfill', 'switch']) await project.run(phase)
      await project.contract()
      await project.run('contract')
      await project.run('contract', 'down')
      await project.run('contract')
      await project.contract()
      await project.run('forget')
      expect(
        await admin.json("select polname::text as name from pg_policy where polrelid = 'notes'::regclass"),
      ).toEqual([{ name: 'own' }])
      expect(await admin.json('select count(body)::int as n from notes')).toEqual([{ n: 3000 }])
      expect((await project.test()).filter((told) => told.includes('error'))).toEqual([])
    } finally {
      await admin.end()
    }
  })
}, 120_000)

it('take a key that is drawn anew, whoever writes', async () => {
  const own = `using (tenant_id = nullif(current_setting('app.tenant', true), '')::bigint)`
  const sql = `create table people (id int generated always as identity primary key, tenant_id bigint not null);
    create table "odd ""pets""" (id int primary key, tenant_id bigint not null, person_id int not null references people on delete cascade);
    ${['people', '"odd ""pets"""']
      .map(
        (
          name,
        ) => `alter table ${name} enable row level security; alter table ${name} force row level security;
      create policy own on ${name} ${own};`,
      )
      .join('\n')}
    create role pets_app; grant pets_app to current_user;
    grant select, insert, update, delete on people, "odd ""pets""" to pets_app`
  const people = table('people', { id: 'uuid', tenant_id: 'bigint' }, (t) => [
    t.primaryKey('id'),
    t.defaults({ id: 'gen_random_uuid()' }),
  ])
  await withShapeProject(server, { sql, architecture: declared(people) }, async (project) => {
    const admin = await server.connect(project.database, 'administrator')
    const strays = (young: string, old: string, key: string) =>
      admin.json(
        `select count(*)::int as n from "odd ""pets""" c left join people p on p.${key} = c.${young}
          where p.tenant_id is null or c.${young} is null or c.${old} is null`,
      )
    let number = 0
    /** Of a person and a pet, in one transaction, as the application or as the owner, each bound by its tenant. */
    const write = async (role: string, key: string, column: string): Promise<void> => {
      number += 1
      await project.db.query(`begin; set local app.tenant = '${number % 3}'; ${role};
        with p as (insert into people (tenant_id) values (${number % 3}) returning ${key})
        insert into "odd ""pets""" (id, tenant_id, ${column}) select ${number + 5000}, ${number % 3}, ${key} from p; commit`)
    }
    try {
      await admin.query(`insert into people (tenant_id) select n % 3 from generate_series(1, 900) n;
        insert into "odd ""pets""" select n, n % 3, n from generate_series(1, 900) n`)
      const { findings } = await project.expand()
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
      const writes = async (key: string, column: string): Promise<void> => {
        await write('set local role pets_app', key, column)
        await write('select 1', key, column)
      }
      await project.run('expand')
      await writes('id', 'person_id')
      await project.run('backfill')
      expect(await strays('assay_next_person_id', 'person_id', 'assay_next_id')).toEqual([{ n: 0 }])
      await project.run('switch')
      await writes('id', 'person_id')
      expect(await strays('person_id', 'assay_kept_person_id', 'id')).toEqual([{ n: 0 }])
      expect(await project.db.json('select count(*)::int as n from people')).toEqual([{ n: 0 }])
      for (const phase of ['switch', 'backfill', 'expand']) await project.run(phase, 'down')
      await writes('id', 'person_id')
      for (const phase of ['expand', 'backfill', 'switch']) await project.run(phase)
      await project.contract()
      await project.run('contract')
      await writes('id', 'person_id')
      await project.contract()
      await project.run('forget')
      await writes('id', 'person_id')
      expect(
        await admin.json(
          `select distinct polname::text as name from pg_policy where polrelid = 'people'::regclass`,
        ),
      ).toEqual([{ name: 'own' }])
      expect(await admin.json(`select count(person_id)::int as n from "odd ""pets"""`)).toEqual([{ n: 910 }])
    } finally {
      await admin.end()
    }
  })
}, 120_000)
