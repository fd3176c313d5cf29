/** A database that keeps less than the usual rule asks for: what is printed asks for what there is, and all of it is green. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printLab, type PrintedLab } from '../../../test/support/printed-lab.ts'
import { runAs } from '../../../test/support/rule-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { prove } from '../../prove/prove.ts'
import type { ProveResult } from '../../prove/result.ts'

const schema = `
  create schema "it's";
  grant usage on schema "it's" to "the ""reader""", writer;
  create function positive(n int) returns boolean language sql immutable as 'select n > 0';
  revoke execute on function positive(int) from public;
  create table "it's"."log ""s""" (id bigserial primary key, what text not null);
  grant select on "it's"."log ""s""" to "the ""reader""";
  grant select, insert (what) on "it's"."log ""s""" to writer;
  create table stock (id int primary key, n int not null check (positive(n)));
  grant select on stock to "the ""reader""";
  grant select, insert on stock to writer;
  create table drawn (id bigserial primary key, what text not null);
  grant select, insert on drawn to writer;
  grant usage on sequence drawn_id_seq to writer;

  create table payments (id bigint not null, paid_at timestamptz not null, region text not null, primary key (id, paid_at, region))
    partition by range (paid_at);
  create table payments_2025 partition of payments for values from ('2025-01-01 00:00+00') to ('2026-01-01 00:00+00') partition by list (region);
  create table payments_2025_eu partition of payments_2025 for values in ('eu', 'uk');
  create table payments_rest partition of payments default;
  create table visits (id bigint not null, seen_at timestamptz not null) partition by range (seen_at);
  create table visits_2025 partition of visits for values from ('2025-01-01 00:00+00') to ('2026-01-01 00:00+00') partition by hash (id);
  create table visits_2025_0 partition of visits_2025 for values with (modulus 1, remainder 0);
`

let server: Server
let lab: PrintedLab
let result: ProveResult
beforeAll(async () => {
  server = await startServer({})
  const template = await server.createDatabase('unkept')
  await runAs(server, template, 'administrator', 'create role "the ""reader"""; create role writer')
  lab = await printLab(server, schema)
  await runAs(server, template, 'owner', schema)
  await server.admitRoles()
  result = await prove({
    architecture: lab.architecture,
    server,
    template,
    steps: ['red', 'green', 'mutate'],
    only: [],
    startSeconds: 0,
  })
})
afterAll(() => server.stop())

test('everything is claimed', () => {
  expect(lab.groundless).toEqual([])
  expect(lab.unclaimed).toEqual([])
})

test('a role that may not draw from the sequence, or call what a CHECK calls, is said to have its grant and no more', () => {
  const text = lab.printed.files.map((file) => file.text).join('\n')
  for (const part of [
    `access('table', \`it's.log "s"\`, { usableBy: { writer: ['insert ("what")', 'select'] } })`,
    `access('table', 'stock', { usableBy: { writer: ['insert', 'select'] } })`,
    `t.visibleTo('the "reader"', 'select')`,
    `t.visibleTo('writer', ['select', 'insert'])`,
    `t.partitions('range (paid_at)')`,
    `t.partitionedBy('seen_at', { by: 'year' })`,
  ])
    expect(text).toContain(part)
})

test('all of it is green, was red, and notices each broken form', () => {
  const faults = result.rules.flatMap((rule) => [
    ...rule.experiments.flatMap((one) =>
      one.holds ? [] : [`${rule.id}: ${one.experiment.title}: ${one.difference}`],
    ),
    ...rule.unsolved.map((one) => `${rule.id}: ${one.summary}`),
    ...(rule.red?.proven ? [] : [`${rule.id} is not red: ${rule.red?.why}`]),
  ])
  expect(faults).toEqual([])
  // Calls of functions are observed apart from this.
  const mutants = result.structures.flatMap((s) => (s.id.startsWith('function:') ? [] : s.mutants))
  expect(
    mutants.filter((m) => ['survived', 'unsolved'].includes(m.verdict)).map((m) => `${m.id}: ${m.why}`),
  ).toEqual([])
})
