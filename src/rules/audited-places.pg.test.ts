/** Audited tables as they are found: with tenants and forced row-level security, odd names, cascades, partitions, on 18 and 15. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { designedMigration, makeRole } from '../../test/support/audit-lab.ts'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../test/support/postgres15.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { auditLog } from '../architecture/audit-log.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { brokenLinks } from './audited/checks.ts'

const name = 'Lög "x".audit log'
const log = '"Lög ""x"""."audit log"'
const audit = auditLog(name)
const audited = { log: name } as const

const tables = {
  tenants: table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')]),
  orders: table('orders', { tenant_id: 'bigint', id: 'bigint', total: 'numeric(8,2)', who: 'text' }, (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.required('total'),
    t.check('total_not_negative', 'total >= 0'),
    t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
    t.isolatedBy('tenant_id'),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
    t.audited({ ...audited, personal: ['who'], person: ['tenant_id', 'id'] }),
  ]),
  items: table(
    'items',
    { tenant_id: 'bigint', order_id: 'bigint', line: 'integer', due: 'tstzrange' },
    (t) => [
      t.primaryKey('tenant_id', 'order_id', 'line'),
      t.references(['tenant_id', 'order_id'], 'orders', { onDelete: 'cascade', onUpdate: 'cascade' }),
      t.audited(audited),
    ],
  ),
  odd: table(
    '"o\'dd" $audit$',
    { 'k"ey': 'text', 'select ': 'integer[]', old: 'bytea', new: 'interval' },
    (t) => [t.primaryKey('k"ey'), t.audited(audited)],
  ),
  events: table('events', { id: 'bigint', day: 'date', note: 'text' }, (t) => [
    t.primaryKey('id', 'day'),
    t.audited(audited),
  ]),
  ...audit.tables,
}

const declared = architecture('places', {
  tables,
  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
}) as unknown as Architecture

const migration = designedMigration(
  declared,
  [
    makeRole('app'),
    'create table events (id bigint, day date, note text, primary key (id, day)) partition by range (day)',
    `create table events_old partition of events for values from (minvalue) to ('2024-01-01')`,
    `create table events_new partition of events for values from ('2024-01-01') to (maxvalue)`,
  ],
  undefined,
  ['events'],
)

describe.each([
  { on: 'the embedded server', skipped: false, start: null },
  {
    on: `PostgreSQL 15${whyNoPostgres15 === '' ? '' : `: ${whyNoPostgres15}`}`,
    skipped: whyNoPostgres15 !== '',
    start: startPostgres15,
  },
])('audited tables on $on', ({ skipped, start }) => {
  let remote: TestServer | null = null
  let server: Server
  let lab: RuleLab

  beforeAll(async () => {
    if (skipped) return
    remote = start === null ? null : await start()
    server = await startServer(remote === null ? {} : { url: remote.url })
    lab = await openRuleLab(server, declared, migration)
  })

  afterAll(async () => {
    await lab?.close()
    await server?.stop()
    await remote?.stop()
  })

  test.skipIf(skipped)('hold', () => {
    expect(lab.faults()).toEqual([])
    expect(lab.titles('orders/audited:' + log)).toContain(
      'what app writes is logged, though it has no right on the log',
    )
  })

  test.skipIf(skipped)('tell a right on a partition, where writes leave no entry', () => {
    expect(lab.titles(`events/audited:${log}`)).toContain(
      'nobody writes to its partitions past it, where no entry would be left',
    )
  })

  // Minutes of work that would show the same on the other server.
  test.skipIf(skipped || start !== null)('notice every mutant of their triggers and functions', async () => {
    const { left } = await lab.left(
      (s) => ['trigger', 'function'].includes(s.kind) && !s.id.includes('open') && !s.id.includes('seal'),
    )
    expect(left.filter((text) => !text.startsWith('redundant'))).toEqual([])
  })

  test.skipIf(skipped)('a cascade leaves the entries of every table that it reaches', async () => {
    const { db } = lab
    await db.query('begin')
    try {
      for (const sql of [
        'insert into tenants values (7), (8)',
        'insert into orders values (7, 1, 5, null), (8, 1, 5, null)',
        'insert into items select t, 1, l, null from unnest(array[7, 8]) t, generate_series(1, 3) l',
        'update orders set id = 2 where tenant_id = 7',
        'delete from tenants where id = 7',
      ])
        await db.query(sql)
      const found = await db.json<{ told: string }>(
        `select relation || ' ' || operation || ' ' || count(*) as told from ${log} group by relation, operation order by 1`,
      )
      expect(found.map((f) => f.told)).toEqual([
        'items DELETE 3',
        'items INSERT 6',
        'items UPDATE 3',
        'orders DELETE 1',
        'orders INSERT 2',
        'orders UPDATE 1',
      ])
    } finally {
      await db.query('rollback')
    }
  })

  test.skipIf(skipped)('a row that moves to another partition leaves an update', async () => {
    const { db } = lab
    await db.query('begin')
    try {
      await db.query(`insert into events values (1, '2023-05-05', 'a'), (2, '2025-05-05', 'b')`)
      await db.query(`update events set day = day + 700`)
      const found = await db.json<{ told: string }>(
        `select concat_ws(' ', operation, key ->> 'id', key ->> 'day', new ->> 'day') as told from ${log} order by number, key ->> 'id'`,
      )
      expect(found.map((f) => f.told)).toEqual([
        'INSERT 1 2023-05-05 2023-05-05',
        'INSERT 2 2025-05-05 2025-05-05',
        'UPDATE 1 2023-05-05 2025-04-04',
        'UPDATE 2 2025-05-05 2027-04-05',
      ])
    } finally {
      await db.query('rollback')
    }
  })
})

test('many sessions write at once, in every isolation: no write is lost, every chain is whole', async () => {
  const server = await startServer({})
  try {
    const database = await server.createDatabase('many')
    const owner = await server.connect(database, 'owner')
    await owner.query(migration)
    const isolations = ['read committed', 'repeatable read', 'read committed', 'serializable']
    const written = await Promise.all(
      isolations.map(async (isolation, s) => {
        const session = await server.connect(database, 'owner')
        let done = 0
        for (let n = 0; n < 40; n++) {
          const replies = await session.batch([
            `begin isolation level ${isolation}`,
            `insert into odd_text values (1)`
              .replace('odd_text', `"public"."""o'dd"" $audit$"`)
              .replace('(1)', `('${s}/${n}', null, null, null)`),
            `delete from "public"."""o'dd"" $audit$" where "k""ey" = '${s}/${n - 1}'`,
            'commit',
          ])
          const faults = replies.flatMap(({ fault }) => (fault ? [fault.sqlstate] : []))
          // A serialization failure is the application's to repeat; everything else would be the log's fault.
          if (faults.length === 0) done++
          else expect(['40001', '25P02']).toEqual(expect.arrayContaining(faults))
        }
        await session.end()
        return done
      }),
    )
    expect(Math.min(...written.slice(0, 3))).toBe(40)
    expect(await owner.json(brokenLinks(log))).toEqual([])
    const [counted] = await owner.json<{ n: number }>(
      `select count(*) as n from ${log} where operation = 'INSERT'`,
    )
    expect(counted!.n).toBe(written.reduce((a, b) => a + b))
    await owner.end()
  } finally {
    await server.stop()
  }
})
