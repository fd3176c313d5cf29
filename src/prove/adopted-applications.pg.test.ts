/** What large applications' schemas have besides: one of two references, long limits, short codes, computed text. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printLab } from '../../test/support/printed-lab.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'
import type { ProveResult } from './result.ts'

const schema = `
  create domain "Country code" as char(2) check (value ~ '^[A-Z]{2}$');
  create domain flags as bit(3) check (value <> B'010');
  create table countries (code "Country code" primary key, f flags not null, spoken "Country code"[]);
  create table addresses (id int primary key, country "Country code" not null references countries);

  create table projects (id int primary key);
  create table "Gro""ups" (id int primary key);
  create table labels (id int primary key, color text check (color ~ '^#[0-9A-Fa-f]{6}$'),
    project_id int references projects on delete cascade, group_id int references "Gro""ups" on delete cascade,
    check (num_nonnulls(project_id, group_id) = 1));

  create table notes (id int primary key, body text, constraint check_007966e97a check (char_length(body) <= 1000000));
  create table names (id int primary key, name text, lower_name text generated always as (lower(name)) stored,
    check (char_length(name) <= 255));
  create function lines_sum(l jsonb) returns numeric language sql immutable as
    $$ select coalesce(sum((one->>'qty')::numeric), 0) from jsonb_array_elements(l) one $$;
  create table bills (id int primary key, lines jsonb not null default '[]', total numeric(10,2) not null default 0,
    a int, b int, check (total = lines_sum(lines)), check (coalesce(a, 0) + coalesce(b, 0) <= 100));
  create table companies (id int primary key);
  create table accounts (company int not null references companies, id int not null, primary key (company, id));
  create table claims (company int not null, id int not null, account int, parent int, primary key (company, id),
    constraint a_account foreign key (company, account) references accounts,
    constraint b_parent foreign key (company, parent) references claims);
  alter table claims add constraint z_company foreign key (company) references companies on delete cascade;
  create table spaces (id int primary key, project_space bigint unique, check (project_space is not null));`

let server: Server
let result: ProveResult
beforeAll(async () => {
  server = await startServer({})
  const { architecture } = await printLab(server, schema)
  const template = await server.createDatabase('applications')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  const steps = ['green', 'red', 'mutate'] as const
  result = await prove({ architecture, server, template, steps: [...steps], only: [], startSeconds: 0 })
}, 120_000)
afterAll(() => server.stop())

/** What the base row of labels is changed to, by the rule. */
const pointedBy = (rule: string): readonly (string | undefined)[] =>
  result.rules
    .filter(({ id }) => id.startsWith(rule))
    .flatMap(({ experiments }) => experiments.map(({ experiment }) => experiment))
    .filter(({ title }) => title.startsWith('pointing a row to a missing row'))
    .flatMap(({ when }) => when.map((sql) => / set (.*) where/u.exec(sql)?.[1]?.replaceAll(/\d+/gu, 'n')))

test('every rule holds and is red without what it asks for', () => {
  const rules = result.findings.filter(({ code }) => code.startsWith('rule.'))
  expect(rules.map(({ code, summary }) => `${code}: ${summary}`)).toEqual([])
})

/** What a function answers for null is shown by calls of it, which are not asked for here. */
const isOther = (id: string): boolean => id.startsWith('function:')

test('nothing survives', () => {
  const open = result.structures
    .flatMap(({ mutants }) => mutants)
    .filter(({ verdict, id }) => (verdict === 'survived' || verdict === 'unsolved') && !isOther(id))
  expect(open.map(({ id, summary }) => `${id}: ${summary}`)).toEqual([])
})

test('where exactly one of two references is set, pointing the other one empties the first', () => {
  expect(new Set(pointedBy('labels/references:'))).toEqual(
    new Set(['"project_id" = n', '"project_id" = null, "group_id" = n']),
  )
})
