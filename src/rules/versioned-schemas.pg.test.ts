import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothServers } from '../../test/support/both-servers.ts'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { historyOf } from '../architecture/history-of.ts'
import { table } from '../architecture/table.ts'
import { kindOf } from './kinds.ts'

/** Tenants under forced row-level security; the clerk corrects. */
const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])
const rents = table('rents', { tenant_id: 'bigint', id: 'bigint', amount: 'numeric(10,2)' }, (t) => [
  t.primaryKey('tenant_id', 'id'),
  t.required('amount'),
  t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
  t.isolatedBy('tenant_id'),
  t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  t.versioned({ history: 'rents_history', correct: 'correct_rent', correctedBy: 'clerk' }),
])
const rentsHistory = historyOf(rents)

/** Names that have to be quoted, and two columns that a function's arguments are called, too. */
const odd = table(
  'odd "table" für alle',
  { during: 'text', 'a "b"': 'integer', changes: 'jsonb', "é's": 'bytea' },
  (t) => [
    t.primaryKey('during', 'a "b"'),
    t.versioned({ history: 'odd "history" für alle', correct: 'odd "correct"' }),
  ],
)
const oddHistory = historyOf(odd)

/** Nothing but a key, which numbers itself. */
const bare = table('bare', { id: 'integer' }, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.versioned({ history: 'kept.bare_history' }),
])
const bareHistory = historyOf(bare)

/** By row, because a write may name a partition. */
const readings = table('readings', { region: 'text', id: 'integer', value: 'integer' }, (t) => [
  t.primaryKey('region', 'id'),
  t.partitionedBy('region', { list: { north: ['n1', 'n2'], south: ['s1', 's2'] } }),
  t.versioned({ history: 'readings_history', correct: 'correct_reading' }),
])
const readingsHistory = historyOf(readings)

const declared = architecture('versions', {
  tables: { tenants, rents, rentsHistory, odd, oddHistory, bare, bareHistory, readings, readingsHistory },
  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
}) as unknown as Architecture

const designs = (kind: string, major: number): string =>
  declared.tables
    .filter((t) => kind !== 'primaryKey' || t.id.includes('history'))
    .flatMap((t) => t.rules)
    .filter((rule) => rule.kind === kind)
    .flatMap((rule) => kindOf(rule).design(rule, declared, major))
    .join('\n')

const bounds = 'check (lower_inc(valid) and not upper_inc(valid))'
const schemaFor = (major: number): string => `
create extension btree_gist;
create role app;
create role clerk;
create schema kept;
create table tenants (id bigint primary key);
create table rents (tenant_id bigint references tenants on delete cascade, id bigint,
  amount numeric(10,2) not null, primary key (tenant_id, id));
create table rents_history (tenant_id bigint, id bigint, amount numeric(10,2) not null, valid tstzrange,
  constraint rents_history_valid_from_until ${bounds});
create table "odd ""table"" für alle" (during text, "a ""b""" integer, changes jsonb, "é's" bytea,
  primary key (during, "a ""b"""));
create table "odd ""history"" für alle" (during text, "a ""b""" integer, changes jsonb, "é's" bytea, valid tstzrange ${bounds});
create table bare (id integer generated always as identity primary key);
create table kept.bare_history (id integer, valid tstzrange ${bounds});
create table readings (region text, id integer, value integer, primary key (region, id)) partition by list (region);
create table readings_north partition of readings for values in ('n1', 'n2');
create table readings_south partition of readings for values in ('s1', 's2');
create table readings_history (region text, id integer, value integer, valid tstzrange ${bounds});
grant select on tenants to app;
grant select, insert, update, delete on rents to app;
grant select on rents_history to app;
${['primaryKey', 'isolatedBy', 'versioned'].map((kind) => designs(kind, major)).join('\n')}
`

describe.each(bothServers)('versioned on PostgreSQL $major', ({ major, whyNot, start }) => {
  let running: Awaited<ReturnType<typeof start>>
  let lab: RuleLab

  beforeAll(async () => {
    if (whyNot !== '') return
    running = await start()
    lab = await openRuleLab(running.server, declared, schemaFor(major))
  }, 300_000)

  afterAll(async () => {
    await lab?.close()
    await running?.stop()
  })

  test('holds as it is designed: tenants, odd names, a table of keys, partitions', ({ skip }) => {
    skip(whyNot !== '', whyNot)
    expect(lab.faults()).toEqual([])
  })

  test('asks as a tenant who may not write the history', ({ skip }) => {
    skip(whyNot !== '', whyNot)
    expect(lab.titles('rents/versioned')).toEqual(
      expect.arrayContaining([
        'what app writes is kept, though app may not write the history',
        'app sees no more versions from a trigger of its own',
        'app has a table of its own written down as versions: refused',
        'a truncate ends every version, and leaves none of what the transaction itself had begun',
      ]),
    )
    expect(lab.titles('bare/versioned')).toContain(
      'a row that comes, changes, goes and comes back is found as it was at each moment',
    )
  })

  test('nothing of what lets the triggers through row-level security can be broken unnoticed', async ({
    skip,
  }) => {
    skip(whyNot !== '', whyNot)
    const { killed, left } = await lab.left((s) => s.table === 'rents_history' && s.kind === 'policy')
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(5)
  }, 600_000)
})
