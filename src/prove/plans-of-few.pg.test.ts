/** Indexes of tables that cannot be filled as usual: a domain that takes few keys, partitions that share the rows, ranges computed of two columns. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { architecture, domainType, table } from '../index.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'

const schema = `
  create domain code as varchar(11) check (value ~ '^[A-Z]{4}[0-9]{7}$');
  create table containers (no code primary key, size int);
  create index containers_prefix on containers (("left"(no, 4)));
  create table logs (id bigint, at timestamptz, primary key (id, at)) partition by range (at);
  create table logs_25 partition of logs for values from ('2025-01-01+00') to ('2026-01-01+00');
  create table logs_rest partition of logs default;
  create index logs_brin on logs using brin (at);
  create table calls (id int primary key, tenant int not null, eta timestamptz not null, etd timestamptz not null,
    stay tstzrange generated always as (tstzrange(eta, etd)) stored, constraint calls_window check (eta < etd));
  create index calls_tenant on calls (tenant) include (eta, etd);`

const code = domainType('code', 'varchar(11)', { checks: `value ~ '^[A-Z]{4}[0-9]{7}$'` })

const declared = architecture('few', {
  tables: {
    containers: table('containers', { no: code, size: 'integer' }, (t) => [
      t.primaryKey('no'),
      t.indexed(t.sql`"left"(${'no'}, 4)`),
    ]),
    logs: table('logs', { id: 'bigint', at: 'timestamptz' }, (t) => [
      t.primaryKey('id', 'at'),
      t.partitionedBy('at', { by: 'year', otherwise: 'default' }),
      t.indexed('at', { using: 'brin' }),
    ]),
    calls: table(
      'calls',
      { id: 'integer', tenant: 'integer', eta: 'timestamptz', etd: 'timestamptz', stay: 'tstzrange' },
      (t) => [
        t.primaryKey('id'),
        t.required('tenant', 'eta', 'etd'),
        t.generated({ stay: 'tstzrange(eta, etd)' }),
        t.check('window', 'eta < etd'),
        t.indexed('tenant', { include: ['eta', 'etd'] }),
      ],
    ),
  },
})

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

test('each index is load-bearing', async () => {
  const template = await server.createDatabase('few')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  const result = await prove({
    architecture: declared,
    server,
    template,
    steps: ['green', 'red', 'mutate'],
    only: [],
    startSeconds: 0,
  })
  const ofIndexes = result.findings.filter(({ rule, structure }) => /index/u.test(rule ?? structure ?? ''))
  expect(ofIndexes.map(({ code: what, summary }) => `${what}: ${summary}`)).toEqual([])
}, 120_000)
