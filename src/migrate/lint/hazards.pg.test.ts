/** Every hazard on a real server: a migration that has it, and one that does the same without. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { readScript } from '../../postgres/script.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import type { DatabaseState } from './database-state.ts'
import { hazards } from './hazards.ts'
import { judgeMigration, type JudgedFinding } from './judge.ts'
import { openLab, type OpenLab } from './open-lab.ts'
import { readWholeState } from './read-state.ts'
import { runMigration } from './run-migration.ts'

/** Names as the catalog may have them: quotes, blanks, 63 bytes. */
const odd = '"Or""ders of \'ünï\' customers"'

const schema = `
create role lint_app nologin;
create type mood as enum ('good', 'bad');
create domain positive as integer check (value > 0);
create table tenants (id bigint primary key, name text not null);
create table ${odd} (
  id bigint primary key, tenant_id bigint references tenants, "a ""b" text, code varchar(20) default 'c',
  qty integer, price numeric(10, 2), pieces positive, feeling mood);
create index qty_index on ${odd} (qty);
create table lines (order_id bigint references ${odd}, n integer, primary key (order_id, n));
create table plain (id integer, note text);
create table events (id bigint, at date not null) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_2025 (id bigint, at date not null);
create view names as select id, name from tenants;
create materialized view totals as select tenant_id, count(*) as n from ${odd} group by tenant_id;
create unique index totals_key on totals (tenant_id);
create function touch() returns trigger language plpgsql as $body$ begin return new; end $body$;
create trigger touch before update on plain for each row execute function touch();
alter table plain enable row level security;
grant select, insert on plain to lint_app;
alter table plain add constraint note_checked check (note <> 'z') not valid;
insert into tenants select n, 't' || n from generate_series(1, 50) as n;
insert into ${odd} (id, tenant_id, "a ""b", qty, price, pieces, feeling)
  select n, 1 + n % 50, 'x', n, n, n, 'good' from generate_series(1, 200) as n;
insert into lines select n, 1 from generate_series(1, 200) as n;
insert into plain select n, 'x' from generate_series(1, 200) as n;
insert into events select n, '2024-02-02' from generate_series(1, 100) as n;
insert into events_2025 select n, '2025-02-02' from generate_series(1, 100) as n;
refresh materialized view totals;`

/** Over everything else, so that a case is about its own hazard. */
const head = `set local lock_timeout = '2s';`

interface Case {
  readonly sql: string
  /** Codes without \`lint.\`, in any order. */
  readonly has: readonly string[]
  /** Without the usual lock_timeout. */
  readonly bare?: true
}

const bad = (sql: string, ...has: readonly string[]): Case => ({ sql, has })
const good = (sql: string): Case => ({ sql, has: [] })

const cases: readonly Case[] = [
  bad('alter table plain add column extra text not null', 'fails-on-rows'),
  bad(
    "alter type mood add value 'fair'; update " + odd + " set feeling = 'fair' where id = 1",
    'enum-value-used-in-transaction',
  ),
  good("alter type mood add value 'fair'"),
  bad('create index concurrently on plain (id)', 'concurrently-in-transaction'),
  bad(`alter table ${odd} alter column qty type bigint`, 'type-change-rewrites'),
  good(`alter table ${odd} alter column price type numeric(12, 2)`),
  good(`alter table ${odd} alter column code type text`),
  bad('alter table plain add column extra uuid default gen_random_uuid()', 'default-rewrites'),
  bad('alter table plain add column extra bigint generated always as identity', 'default-rewrites'),
  good("alter table plain add column extra text not null default 'x'"),
  bad('alter table plain set unlogged', 'rewrites-table'),
  bad('cluster plain using qty_index', 'fails-on-rows'),
  bad(`cluster ${odd} using qty_index`, 'rewrites-table'),
  bad(`create index "in ""dex" on ${odd} ("a ""b")`, 'index-not-concurrent'),
  bad('create index on events (id)', 'index-not-concurrent'),
  good('create index on only events (id)'),
  bad('alter table plain add constraint u unique (id, note)', 'constraint-builds-index'),
  bad(`alter table ${odd} add constraint c check (qty > 0)`, 'check-validates'),
  good(`alter table ${odd} add constraint c check (qty > 0) not valid`),
  good('alter table plain validate constraint note_checked'),
  bad('alter table plain add constraint f foreign key (id) references tenants', 'rows-may-break-it'),
  bad(
    `alter table events_2024 add constraint f foreign key (id) references ${odd}`,
    'foreign-key-validates',
    'unindexed-foreign-key',
  ),
  bad(
    `alter table events_2025 add constraint f foreign key (id) references ${odd} not valid`,
    'unindexed-foreign-key',
  ),
  bad(`alter table ${odd} alter column "a ""b" set not null`, 'not-null-scans'),
  bad('alter domain positive add constraint below check (value < 1000)', 'domain-scans'),
  good('alter domain positive add constraint below check (value < 1000) not valid'),
  bad(
    "alter table events attach partition events_2025 for values from ('2025-01-01') to ('2026-01-01')",
    'scans-under-lock',
  ),
  bad('reindex index qty_index', 'reindex-under-lock'),
  bad('refresh materialized view totals', 'refresh-blocks-reads'),
  good('refresh materialized view concurrently totals'),
  bad('alter table events detach partition events_2024', 'detach-under-lock'),
  bad('drop index qty_index', 'index-dropped-under-lock'),
  bad(
    'alter table plain add column extra text; create index on events_2025 (at)',
    'works-while-holding',
    'index-not-concurrent',
    'second-lock',
  ),
  bad('alter table plain add column extra text; alter table tenants add column extra text', 'second-lock'),
  { sql: 'alter table plain add column extra text', has: ['no-lock-timeout'], bare: true },
  { sql: 'create view v as select id from plain', has: [], bare: true },
  bad(
    "alter table plain add column extra text; update plain set extra = 'x' where id < 5",
    'backfill-in-ddl-transaction',
    'works-while-holding',
  ),
  bad("update plain set note = 'y'", 'unbatched-backfill'),
  good("update plain set note = 'y' where id between 1 and 20"),
  bad(`alter table ${odd} rename column "a ""b" to "c ""d"`, 'rename-breaks-clients'),
  bad(`alter table ${odd} rename to orders`, 'rename-breaks-clients'),
  bad("alter type mood rename value 'bad' to 'poor'", 'rename-breaks-clients'),
  bad('alter schema public rename to open', 'rename-breaks-clients'),
  good('alter index qty_index rename to by_qty'),
  bad('alter table plain drop column note', 'drops-column'),
  bad('drop table lines', 'drops-table'),
  bad('drop view names', 'drops-table'),
  good('drop view names; create view names as select id from tenants'),
  bad('alter table tenants drop column name cascade', 'drops-column', 'cascade-drops', 'drops-table'),
  bad('truncate plain', 'truncates'),
  bad('truncate tenants cascade', 'truncates', 'truncate-cascade'),
  bad(
    'alter table plain add column more text; alter table plain drop column note',
    'missing-phase',
    'drops-column',
  ),
  bad('alter table plain add column more integer[]; alter table plain drop column note', 'drops-column'),
  bad('create table unlike (x text); drop table lines', 'drops-table'),
  bad('create table lines_2 (x text); drop table lines', 'drops-table', 'missing-phase'),
  bad('alter table plain add column kind text not null default null', 'fails-on-rows'),
  bad(
    'delete from plain; alter table plain add column kind text not null',
    'unbatched-backfill',
    'adds-required-column',
    'scans-under-lock',
  ),
  bad('alter table tenants alter column name drop not null', 'drops-not-null'),
  bad('alter table plain disable trigger touch', 'disables-triggers'),
  bad('alter table plain disable row level security', 'disables-row-security'),
  good('alter table plain disable row level security; alter table plain enable row level security'),
  bad('revoke insert on plain from lint_app', 'revokes'),
  bad('create table child (tenant_id bigint references tenants)', 'unindexed-foreign-key'),
  bad(
    'create table child (tenant_id bigint); alter table child add foreign key (tenant_id) references tenants',
    'unindexed-foreign-key',
  ),
  good('create table child (tenant_id bigint references tenants); create index on child (tenant_id)'),
  bad('create index on only events (id, at, id, at)', 'wide-index'),
  bad(
    `alter table ${odd} add constraint c check (qty > 0); alter table ${odd} add constraint d check (qty < 9999)`,
    'check-validates',
    'check-validates',
    'scans-twice',
    'works-while-holding',
  ),
  bad('create table t (id integer primary key)', 'small-key'),
  bad('create table t (id bigserial primary key)', 'serial-not-identity'),
  bad(
    'create table t (a json, b char(4), c timestamp)',
    'json-not-jsonb',
    'char-n',
    'timestamp-without-zone',
  ),
  good('create table t (id bigint generated always as identity primary key, a jsonb, b text, c timestamptz)'),
  // Nothing is told of what the migration itself made.
  good(
    "create table t (id bigint, a text); insert into t select n, 'x' from generate_series(1, 100) n; alter table t alter column a set not null; create index on t (a); alter table t add constraint c check (a <> ''); update t set a = 'y'; alter table t drop column a",
  ),
]

let server: Server
let template: string
let lab: OpenLab
let state: DatabaseState
let rows: ReadonlyMap<number, number>

const noFilling = (): Promise<readonly []> => Promise.resolve([])

const judged = async (
  on: OpenLab,
  sql: string,
  trialOn?: DatabaseState,
): Promise<readonly JudgedFinding[]> => {
  const steps = readScript(sql).filter((step) => step.kind !== 'meta')
  const trace = await runMigration(on, { inTransaction: true, steps, ...(trialOn ? { trialOn } : {}) }, rows)
  return judgeMigration(trace, [], () => 0).findings
}

const codes = (findings: readonly JudgedFinding[]): readonly string[] =>
  findings.map(({ hazard }) => hazard.code.slice('lint.'.length)).toSorted()

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  template = await server.createDatabase('hazards')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  lab = await openLab(server, template, noFilling)
  state = await readWholeState(lab.runner, false)
  rows = await lab.countRows()
})
afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('in a transaction', () => {
  it.each(cases)('$sql: $has', async ({ sql, has, bare }) => {
    // Concurrently is refused only where begin is written.
    const text = /concurrently on/u.test(sql) ? `begin; ${sql}; commit` : `${bare ? '' : head} ${sql}`
    const findings = await judged(lab, text, state)
    expect(codes(findings)).toEqual([...has].toSorted())
    for (const { fix, summary } of findings) {
      expect(summary).not.toMatch(/undefined|\brelation \d/u)
      expect(fix).not.toMatch(/undefined/u)
    }
  })
})

describe('by itself, or for good', () => {
  let own: OpenLab
  beforeAll(async () => {
    own = await openLab(server, template, noFilling)
  })
  afterAll(() => own?.close())

  it.each([
    [`create index concurrently on ${odd} ("a ""b", id)`, []],
    [`reindex table concurrently ${odd}`, []],
    ['vacuum plain', []],
    ['vacuum full plain', ['rewrites-table']],
    [
      `set lock_timeout = '2s'; alter table plain add column extra text; create index concurrently on plain (extra)`,
      ['mixed-transaction'],
    ],
    [
      `set lock_timeout = '2s'; update plain set note = 'same' where id < 3; create unique index concurrently on plain (note)`,
      ['rows-may-break-it'],
    ],
  ])('%s: %j', async (sql, has) => {
    expect(codes(await judged(own, sql))).toEqual(has)
  })

  it('a block that commits is run as it is', async () => {
    const block = `do $$ begin update plain set note = 'y' where id < 100; commit; update plain set note = 'y' where id >= 100; end $$`
    const steps = readScript(block).filter((step) => step.kind !== 'meta')
    const trace = await runMigration(own, { inTransaction: false, steps }, rows)
    expect(trace.statements[0]).toMatchObject({ fault: null, transaction: null })
    const updated = [...trace.statements[0]!.activity.values()].map((done) => done.updated)
    expect(updated).toEqual([200])
  })

  it.each([
    `create index "in ""dex" on ${odd} ("a ""b")`,
    `alter table ${odd} add constraint "c ""c" check (qty > 0)`,
    `alter table ${odd} alter column "a ""b" set not null`,
    `alter table ${odd} add constraint u unique (id, qty)`,
    'refresh materialized view totals',
    'alter table events detach partition events_2024',
    'reindex index qty_index',
    'drop index qty_index',
    'alter table plain add column token uuid default gen_random_uuid()',
    'alter table plain add column "a ""num" bigserial',
    'alter table plain add column doc json',
    "alter table events attach partition events_2025 for values from ('2025-01-01') to ('2026-01-01')",
    `alter table ${odd} rename column "a ""b" to "c ""d"`,
  ])('the safe way that a finding gives has no hazard: %s', async (sql) => {
    const [finding] = await judged(lab, `${head} ${sql}`, state)
    const statements = finding!.fix
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/;$/u, ''))
    expect(statements.length).toBeGreaterThan(0)
    for (const statement of statements)
      expect(codes(await judged(own, `set lock_timeout = '2s'; ${statement}`)), statement).toEqual([])
  })
})

it.each([
  [
    'create index "ev ""ents" on events (id)',
    'lint.index-not-concurrent',
    `select count(*) from pg_index where indisvalid and indexrelid::regclass::text in ('"ev ""ents"', 'events_2024_id_idx')`,
    '2',
  ],
  ['truncate tenants cascade', 'lint.truncate-cascade', `select count(*) from lines`, '0'],
  [
    'alter domain positive add constraint below check (value < 1000)',
    'lint.domain-scans',
    `select count(*) from pg_constraint where conname = 'below' and convalidated`,
    '1',
  ],
])('the statements of a finding run as they stand: %s', async (sql, code, select, answer) => {
  const findings = await judged(lab, `${head} ${sql}`, state)
  const fix = findings.find(({ hazard }) => hazard.code === code)!.fix
  const database = await server.clone(template, 'pasted')
  const db = await server.connect(database, 'owner')
  try {
    for (const line of fix.split('\n').slice(1)) await db.query(line)
    expect((await db.query(select)).at(-1)!.rows).toEqual([[answer]])
  } finally {
    await db.end()
    await server.dropDatabase(database)
  }
})

it('without event triggers, as for those who are no superusers, the catalog tells most of it', async () => {
  const blind = { ...lab, isWatched: false }
  expect(
    codes(await judged(blind, `${head} alter table ${odd} alter column qty type bigint`, state)),
  ).toEqual(['type-change-rewrites'])
  expect(codes(await judged(blind, `${head} alter table tenants drop column name cascade`, state))).toEqual([
    'cascade-drops',
    'drops-column',
    'drops-table',
  ])
})

it('every hazard is met by a case', () => {
  const met = new Set(cases.flatMap(({ has }) => has))
  const elsewhere = new Set(['mixed-transaction', 'leaves-invalid-index'])
  const left = hazards
    .map(({ code }) => code.slice('lint.'.length))
    .filter((code) => !met.has(code) && !elsewhere.has(code))
  expect(left).toEqual([])
})
