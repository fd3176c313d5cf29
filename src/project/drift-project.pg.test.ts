/** What was changed by hand, found on a running server that is only read; and both scripts, tried. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres15, whyNoPostgres15 } from '../../test/support/postgres15.ts'
import { shop, withProject, type ProjectFiles } from '../../test/support/project.ts'
import { catalogFingerprint } from '../catalog/fingerprint.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import { schemaLogSql } from '../migrate/drift/schema-log.ts'
import { ident } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { driftProject, type DriftOutcome } from './drift-project.ts'

const more = `
create table orders (
  id bigint generated always as identity primary key,
  product_id bigint not null references products on delete restrict,
  state text not null default 'new' constraint orders_state check (state in ('new', 'paid')),
  total numeric(12,2) not null default 0
);
create index orders_state on orders (state);
create function twice(n integer) returns integer language sql immutable return n * 2;
create view paid as select id, total from orders where state = 'paid';
create function stamp() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger stamped before update on orders for each row execute function stamp();
alter table orders enable row level security;
create policy everyone on orders using (true);
create table events (id bigint, at timestamptz not null, what text) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create index on events (at);
`

const files: ProjectFiles = { ...shop, 'migrations/0002_more.sql': more }

/** Each by another statement; what stays is between them. */
const byHand = `
alter table products add column "Odd ""é""" text default 'x';
alter table products drop constraint products_price_not_negative;
alter table products alter column slug type varchar(40);
alter table orders alter column total drop default;
alter table orders drop constraint orders_product_id_fkey;
alter table orders add constraint orders_product_id_fkey foreign key (product_id) references products on delete cascade not valid;
alter table orders add constraint total_kept check (total >= 0) not valid;
alter table orders disable trigger stamped;
drop policy everyone on orders;
create policy everyone on orders using (total > 0);
create or replace function twice(n integer) returns integer language sql immutable return n * 3;
create or replace view paid as select id, total from orders where state = 'paid' and total > 0;
create schema scratch;
create table scratch.copy_of_orders as select * from orders;
drop index orders_state;
create index by_total on orders (total);
grant select on events, events_2024 to pg_monitor;
`

const found = [
  'added events/grant:pg_monitor',
  'added orders/check:total_kept',
  'added orders/index:total',
  'added products/column:"Odd ""é"""',
  'added products/column:by_another',
  'added products/default:"Odd ""é"""',
  'added schema:scratch',
  'added scratch.copy_of_orders/table',
  'changed function:twice',
  'changed orders/policy:everyone',
  'changed orders/references:product_id->products',
  'changed orders/trigger:stamped',

  'changed products/column:slug',
  'changed view:paid',
  'gone orders/default:total',
  'gone orders/index:state',
  'gone products/check:products_price_not_negative',
]

const administrator = 'assay_admin'
let live: Server
beforeAll(async () => {
  live = await startServer({ tcp: true })
})
afterAll(() => live.stop())

const runAs = async (
  server: Server,
  database: string,
  role: 'owner' | 'administrator',
  statements: readonly string[],
): Promise<void> => {
  const session = await server.connect(database, role)
  try {
    for (const sql of statements) await session.query(sql)
  } finally {
    await session.end()
  }
}

const fingerprintOf = async (server: Server, database: string): Promise<string> => {
  const db = await server.connect(database, 'owner')
  try {
    return catalogFingerprint(await readCatalog(db))
  } finally {
    await db.end()
  }
}

const driftOf = (server: Server, database: string): Promise<DriftOutcome> =>
  withProject(files, (directory) => driftProject({ directory, url: server.ownerUrl(database) }))

/** Role, login and command. */
const whoDid = ({ items }: DriftOutcome, id: string): readonly (string | undefined)[] => {
  const by = items.find((item) => item.id.includes(id))?.origin.by
  return [by?.role, by?.login, by?.command]
}

const named = ({ items }: DriftOutcome): readonly string[] =>
  items.map(({ does, id }) => `${does} ${id.replace(/\(.*$/u, '')}`).toSorted()

describe('drift', () => {
  it('finds every change that was made by hand, and both scripts end it', async () => {
    const database = await live.createDatabase('drifted')
    await runAs(live, database, 'administrator', [schemaLogSql])
    await runAs(live, database, 'owner', [
      files['migrations/0001_products.sql']!,
      more,
      byHand,
      `set application_name = 'a "client"'; drop policy everyone on orders`,
      'create policy everyone on orders using (total > 0)',
    ])
    await runAs(live, database, 'administrator', [
      `set role ${ident(live.owner)}; alter table products add column by_another int; comment on table products is null; create temp table nobody (a int)`,
    ])
    const before = await fingerprintOf(live, database)
    const outcome = await driftOf(live, database)
    expect(outcome.ok).toBe(false)
    const tables = named(outcome).filter((one) => !/scratch\.copy_of_orders\/(?!table)/u.test(one))
    expect(tables).toEqual(found)
    const others = outcome.findings.filter(({ code }) => !/^drift\.(?:added|changed|gone)$/u.test(code))
    expect(others).toEqual([])
    expect(whoDid(outcome, 'policy:everyone')).toEqual([live.owner, live.owner, 'CREATE POLICY'])
    expect(whoDid(outcome, 'column:by_another')).toEqual([live.owner, administrator, 'ALTER TABLE'])
    expect(whoDid(outcome, 'view:paid')).toEqual([live.owner, live.owner, 'CREATE VIEW'])
    // What is gone is known by its names; a default by the column that it stood on.
    expect(whoDid(outcome, 'index:state')).toEqual([live.owner, live.owner, 'DROP INDEX'])
    expect(whoDid(outcome, 'check:products_price_not_negative')).toEqual([
      live.owner,
      live.owner,
      'ALTER TABLE',
    ])
    expect(whoDid(outcome, 'default:total')).toEqual([live.owner, live.owner, 'ALTER TABLE'])
    const told = outcome.findings.find(({ structure }) => structure === 'products/column:by_another')
    expect(told?.why).toMatch(/^by \S+ \(logged in as \S+\).*: ALTER TABLE, \d{4}-.*; it belongs to /u)
    expect(outcome.takeIn?.holds).toBe(true)
    expect(outcome.takeOut?.holds).toBe(true)
    expect(outcome.takeOut?.loses).toContain('products.Odd "é"')
    // It was only read; and what was tried on a copy is true of the database itself.
    expect(await fingerprintOf(live, database)).toBe(before)
    await runAs(live, database, 'owner', outcome.takeOut!.statements)
    expect(await driftOf(live, database)).toMatchObject({ ok: true, items: [], findings: [] })
  })

  it('leaves alone what is nobody’s drift, and sees an index that PostgreSQL does not use', async () => {
    const database = await live.createDatabase('kept')
    await runAs(live, database, 'owner', [
      files['migrations/0001_products.sql']!,
      more,
      `create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01')`,
      'create table schema_migrations (version varchar(255) primary key)',
    ])
    expect(await driftOf(live, database)).toMatchObject({ ok: true, items: [], findings: [] })
    await runAs(live, database, 'administrator', [
      `update pg_index set indisvalid = false where indexrelid = 'orders_state'::regclass`,
    ])
    const outcome = await driftOf(live, database)
    expect(named(outcome)).toEqual(['changed orders/index:state'])
    expect(outcome.takeOut?.holds).toBe(true)
  })
})

describe.skipIf(whyNoPostgres15 !== '')(`drift on another version ${whyNoPostgres15}`, () => {
  it('compares what is the same there and here', async () => {
    const debian = await startPostgres15()
    const server = await startServer({ url: debian.url })
    try {
      const database = await server.createDatabase('old')
      await runAs(server, database, 'owner', [files['migrations/0001_products.sql']!, more])
      const same = await driftOf(server, database)
      expect(same.items).toEqual([])
      await runAs(server, database, 'administrator', [
        schemaLogSql,
        // A second time it changes nothing.
        schemaLogSql,
        'revoke usage on schema assay_schema_log from pg_database_owner',
      ])
      await runAs(server, database, 'owner', ['alter table orders drop column state cascade'])
      const outcome = await driftOf(server, database)
      const notes = outcome.findings.filter(
        ({ code }) => code === 'drift.no-log' || code === 'drift.other-version',
      )
      expect(notes.map(({ summary }) => summary)).toEqual([
        expect.stringContaining('may not read assay_schema_log.changes'),
        expect.stringMatching(/runs PostgreSQL 15/u),
      ])
      expect(named(outcome)).toContain('gone orders/column:state')
      expect(outcome.takeOut?.holds).toBe(true)
    } finally {
      await server.stop()
      await debian.stop()
    }
  })
})
