/** `assay migrate test --from` on a database that was seeded with secrets, and with rows that migrations fail on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { withProject, type ProjectFiles } from '../support/project.ts'

const people = `create type plan as enum ('free', 'team');
create domain mail as text check (value ~ '^[^@ ]+@[^@ ]+$');
create table people (
  id bigint generated always as identity primary key,
  mail mail not null, name varchar(60) not null, born date, plan plan not null default 'free',
  status text not null check (status in ('new', 'paid')),
  since timestamptz not null, until timestamptz check (until > since),
  age_text text, boss bigint references people, tags text[], profile jsonb, card bytea, "Größe '1'" numeric(6,2)
);
create table visits (
  tenant text not null, at date not null, person bigint not null references people on delete cascade,
  note text, primary key (tenant, at, person)
) partition by range (at);
create table visits_2024 partition of visits for values from ('2024-01-01') to ('2025-01-01');
create table tenants (code text primary key, title text);
alter table visits add foreign key (tenant) references tenants;
create view grown as select id from people;
create function stamp() returns trigger language plpgsql as $$ begin raise exception 'a trigger ran'; end $$;
create trigger stamped before insert on people for each row execute function stamp();`

const migrations: ProjectFiles = {
  'migrations/0001_people.sql': people,
  'migrations/0002_unique/up.sql': 'alter table people add constraint one_mail unique (mail);',
  'migrations/0002_unique/down.sql': 'alter table people drop constraint one_mail;',
}

const config = `import { architecture, defineConfig, table } from 'assay'
const tenants = table('tenants', { code: 'text', title: 'text' }, (t) => [t.primaryKey('code')])
export default defineConfig({ architecture: architecture('shop', { tables: { tenants } }), schema: { migrations: 'migrations' } })
`

const files = (pending: string): ProjectFiles => ({
  'assay.config.ts': config,
  ...migrations,
  'migrations/0002_unique/up.sql': pending,
})

/** A secret is long enough that it is nowhere by accident. */
const secret = 'Zxqvanna.Wkberg'
const seed = `
alter table people disable trigger stamped;
insert into tenants values ('acme-wkberg', 'Wkberg & Sons');
insert into people (mail, name, born, status, since, until, age_text, tags, profile, card, "Größe '1'")
select '${secret}' || i || '@wkcorp.example', 'Zxqvanna Wkberg ' || i, '1980-02-03', 'paid',
       '2024-03-10 10:00:00+00', '2024-03-10 11:00:00+00', (20 + i)::text,
       array['zxqvfriend', null, 'wk "two"'], '{"name": "Zxqvanna", "n": 1234567}', 'Zxqvanna', 4711.42
  from generate_series(1, 40) as i;
update people set boss = 1 where id > 1;
insert into visits select 'acme-wkberg', date '2024-05-01' + i, 41 - i, 'Zxqvanna came' from generate_series(1, 30) as i;`

let live: Server
let url: string
beforeAll(async () => {
  live = await startServer({})
  const database = await live.createDatabase('staging')
  const owner = await live.connect(database, 'owner')
  await owner.query(people)
  await owner.query(seed)
  await owner.end()
  url = live.ownerUrl(database)
})
afterAll(() => live.stop())

const change = async (sql: string): Promise<void> => {
  const owner = await live.connect(new URL(url).pathname.slice(1), 'owner')
  await owner.query(sql)
  await owner.end()
}

const from = ['--from', '', '--at', '0001'] as const
const run = (directory: string, ...more: readonly string[]) =>
  assayJson(['migrate', 'test', directory, from[0], url, ...from.slice(2), ...more])

describe('assay migrate test --from', () => {
  test('passes on a masked copy, records nothing, and shows no value', async () => {
    await withProject(files(migrations['migrations/0002_unique/up.sql'] ?? ''), async (directory) => {
      const told = await assay(['migrate', 'test', directory, '--from', url, '--at', '0001'])
      expect(`${told.stdout}${told.stderr}`).not.toMatch(/zxqv|wkberg|wkcorp/iu)
      expect(told.stderr).toBe('')
      expect(told.stdout).toMatch(/1 of 1 pending migration passed on a masked copy/u)
      expect(told.stdout).toMatch(/\b71 rows in 3 tables/u)
      expect(told.code).toBe(0)
    })
  })

  test('finds what rows refuse: duplicates in other letters, what does not convert, what a script quotes', async () => {
    await change(`update people set mail = upper(mail) where id = 7;
      update people set mail = (select lower(mail) from people where id = 7) where id = 8;
      update people set age_text = 'zxqvage' where id = 9;`)
    const cases = [
      [
        'create unique index one on people (lower(mail));',
        /could not create unique index "one" \(SQLSTATE 23505\)/u,
      ],
      [
        'alter table people alter column age_text type integer using age_text::integer;',
        /\(a value\) \(SQLSTATE 22P02\)/u,
      ],
      [
        `do $$ begin raise exception 'it is %', (select name from people limit 1); end $$;`,
        /may quote values\) \(SQLSTATE P0001\)/u,
      ],
    ] as const
    for (const [up, says] of cases)
      await withProject(files(up), async (directory) => {
        const told = await run(directory)
        expect(told.code).toBe(1)
        expect(JSON.stringify(told.findings)).not.toMatch(/zxqv|wkberg|wkcorp/iu)
        expect(told.findings[0]).toMatchObject({ code: 'migrate.up-fails' })
        expect(told.findings[0]!.summary).toMatch(says)
      })
  })

  test('takes a sample with all that it refers to, and refuses what cannot be told', async () => {
    await withProject(files('alter table people add column x integer;'), async (directory) => {
      const told = await run(directory, '--rows', '3')
      const { rows } = told.summary as unknown as { rows: { table: string; rows: number }[] }
      const of = (table: string): number => rows.find((one) => one.table === table)!.rows
      expect(of('visits')).toBe(3)
      expect(of('people')).toBeGreaterThan(3)
      expect(of('people')).toBeLessThan(10)
      expect(of('tenants')).toBe(1)
      const strange = await run(directory, '--public', 'people.maile')
      expect(strange).toMatchObject({
        code: 2,
        findings: [{ code: 'usage.public', summary: expect.stringContaining('Did you mean "people.mail"?') }],
      })
      const unknown = await assayJson(['migrate', 'test', directory, '--from', url])
      expect(unknown).toMatchObject({ code: 2, findings: [{ code: 'migrate.from-unknown' }] })
      const both = await assayJson(['migrate', 'test', directory, '--from', url, '--url', url])
      expect(both).toMatchObject({ code: 2, findings: [{ code: 'usage.from' }] })
      const held = await live.createDatabase('held')
      const owner = await live.connect(held, 'owner')
      await owner.query(
        'create table tenants (code text primary key, title text); alter table tenants enable row level security, force row level security',
      )
      await owner.end()
      const refused = await assayJson([
        'migrate',
        'test',
        directory,
        '--from',
        live.ownerUrl(held),
        '--at',
        '0001',
      ])
      expect(refused).toMatchObject({ code: 3, findings: [{ code: 'migrate.from-rights' }] })
    })
  })
})
