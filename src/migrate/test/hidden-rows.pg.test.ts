import { afterAll, beforeAll, expect, test } from 'vitest'
import { testFiles } from '../../../test/support/migration-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

const name = '"Mand ""anten; größe"'
const schema = `
create table ${name} (id int primary key, tenant int not null, note text not null default '');
alter table ${name} enable row level security;
alter table ${name} force row level security;
create policy own on ${name} using (tenant = current_setting('app.tenant', true)::int);
create table open_to_all (id int primary key, note text not null default '');
alter table open_to_all enable row level security;
create table mail (id int primary key, note text not null default '');
alter table mail enable row level security;
alter table mail force row level security;
create policy writes on mail for insert with check (true);`

const seen = (sql: string): string =>
  `alter table ${name} no force row level security;\n${sql};\nalter table ${name} force row level security;`

const told = async (up: string, down: string): Promise<readonly string[]> => {
  const { findings } = await testFiles(server, schema, { '0001_m/up.sql': up, '0001_m/down.sql': down })
  return findings.map(({ code, where }) => `${code} ${where?.file.split('/').at(-1)}:${where?.line}`)
}

const update = `update ${name} set note = note || '!'`
const back = `update ${name} set note = left(note, -1)`

test('a migration that row-level security keeps from its rows says so, each way, with the mend', async () => {
  const files = { '0001_m/up.sql': `-- assay: data\n${update};`, '0001_m/down.sql': `${back};` }
  const { findings } = await testFiles(server, schema, files)
  expect(findings.map(({ code }) => code)).toEqual(['migrate.hidden-rows', 'migrate.hidden-rows'])
  const [up] = findings
  expect(up?.summary).toMatch(/up sees 0 of \d+ rows of "Mand ""anten; größe":/u)
  // The mend is taken as it is written.
  expect(up?.fix?.split('\n').slice(1).join('\n')).toBe(
    `${seen(update).replaceAll(name, `"public".${name}`).replace(`update "public".`, 'update ')}`,
  )
  expect(await told(`-- assay: data\n${seen(update)}`, seen(back))).toEqual([])
})

test('a function or a block that does it is seen, too; behind other statements, and outside of a transaction', async () => {
  const block = `select 1;\ndo $$ begin ${update}; end $$;`
  expect(await told(`-- assay: data\n${block}`, seen(back))).toContain('migrate.hidden-rows up.sql:3')
  const alone = `-- assay: transaction none\n-- assay: data\n-- assay: rerunnable\ndelete from ${name} where note = 'none';`
  expect(await told(alone, 'select 1')).toEqual(['migrate.hidden-rows up.sql:4'])
})

test('nothing is said of tables that do not bind their owner, of rows that are only added, of structures', async () => {
  const up = `update open_to_all set note = note || '!'; insert into mail values (-7); alter table ${name} add column more int`
  const down = `update open_to_all set note = left(note, -1); alter table ${name} drop column more`
  expect((await told(up, down)).filter((one) => one.includes('hidden-rows'))).toEqual([])
})

test('a script that says whose rows it wants is believed', async () => {
  const up = `-- assay: data\nselect set_config('app.tenant', '1', true); ${update}`
  expect((await told(up, seen(back))).filter((one) => one.includes('hidden-rows'))).toEqual([])
})
