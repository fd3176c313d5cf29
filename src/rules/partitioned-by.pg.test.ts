import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothServers } from '../../test/support/both-servers.ts'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import { kindOf } from './kinds.ts'

const long = `Ein "sehr" langer Tabellenname, dessen 63 Bytes reichen: äöü`

const tables = {
  events: table(
    'events',
    { id: 'bigint', seen_at: 'timestamptz', note: 'text', gone_at: 'timestamptz' },
    (t) => [
      t.primaryKey('id', 'seen_at'),
      t.defaults({ seen_at: 'now()' }),
      t.check('gone_later', 'gone_at >= seen_at'),
      t.partitionedBy('seen_at', { by: 'month', ahead: 3, maintain: 'maintain_events' }),
    ],
  ),
  weekly: table('weekly', { id: 'bigint', day: 'date' }, (t) => [
    t.primaryKey('id', 'day'),
    t.partitionedBy('day', { by: 'week', ahead: 2, behind: 1, maintain: 'maintain_weekly' }),
  ]),
  daily: table(long, { id: 'bigint', 'the "day"': 'timestamp(3)', note: 'text' }, (t) => [
    t.unique('id', 'the "day"'),
    t.required('the "day"'),
    t.partitionedBy('the "day"', {
      by: 'day',
      ahead: 1,
      maintain: 'Maintain "daily" %s',
      otherwise: 'default',
    }),
  ]),
  regions: table('regions', { id: 'integer', region: 'text' }, (t) => [
    t.primaryKey('id', 'region'),
    t.partitionedBy('region', { list: { europe: ['de', 'fr'], america: ['us'] } }),
  ]),
  levels: table('levels', { id: 'integer', level: 'integer' }, (t) => [
    t.unique('id', 'level'),
    t.partitionedBy('level', { list: { low: [1, 2, null], high: [3] }, otherwise: 'default' }),
  ]),
  orders: table('orders', { id: 'integer', country: 'text', placed_on: 'date', total: 'numeric' }, (t) => [
    t.primaryKey('id', 'country', 'placed_on'),
    t.partitionedBy('country', { list: { north: ['se', 'no'], south: ['it'] } }),
  ]),
  closed: table('closed', { id: 'integer', state: 'text' }, (t) => [
    t.primaryKey('id', 'state'),
    t.partitionedBy('state', { list: { open: ['open'], shut: ['shut'] } }),
  ]),
  hashed: table('hashed', { id: 'bigint', tenant_id: 'bigint' }, (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.partitionedBy('tenant_id', { hash: 4 }),
  ]),
}

const declared = architecture('partitions', { tables }) as unknown as Architecture

/** The south is partitioned once more. */
const inner = `
alter table orders detach partition orders_south;
drop table orders_south;
create table orders_south partition of orders for values in ('it') partition by range (placed_on);
create table orders_south_old partition of orders_south for values from (minvalue) to ('2024-01-01');
create table orders_south_new partition of orders_south for values from ('2024-01-01') to (maxvalue);
alter table closed add constraint closed_known check (state in ('open', 'shut'));`

/** The tables as their rules design them. */
const schema = (): string => [designs(), inner].join('\n')

const designs = (): string =>
  declared.tables
    .flatMap((t) => {
      const designs = t.rules.map((rule) => ({ kind: rule.kind, sql: kindOf(rule).design(rule, declared) }))
      const partitions = designs.filter((d) => d.kind === 'partitionedBy').flatMap((d) => d.sql)
      const others = designs
        .filter((d) => !['partitionedBy', 'type', 'optional'].includes(d.kind))
        .flatMap((d) => d.sql)
      return [...partitions.slice(0, 1), ...others, ...partitions.slice(1)]
    })
    .join('\n')

describe.each(bothServers)('partitionedBy on PostgreSQL $major $whyNot', (of) => {
  describe.skipIf(of.whyNot !== '')('proven', () => {
    let running: Awaited<ReturnType<typeof of.start>>
    let lab: RuleLab
    beforeAll(async () => {
      running = await of.start()
      lab = await openRuleLab(running.server, declared, schema())
    })
    afterAll(async () => {
      await lab?.close()
      await running?.stop()
    })

    test('every experiment holds', () => {
      expect(lab.faults()).toEqual([])
    })

    test('is red without its structures', async () => {
      const red = [...(await lab.red())].filter(([id]) => id.includes('/partitionedBy:'))
      expect(red.length).toBe(Object.keys(tables).length)
      expect(red.filter(([, { proven }]) => !proven)).toEqual([])
      expect(new Map(red).get('regions/partitionedBy:region')?.why).toBe(
        `without its structures: rows with region 'de' and 'fr' land in one partition → refused with 23514: no partition of relation "regions" found for row`,
      )
    })

    test('every mutant of the partitions, their keys and what makes them is killed', async () => {
      const kinds = ['partition', 'function', 'grant', 'primaryKey', 'unique']
      const { killed, left } = await lab.left((s) => kinds.includes(s.kind))
      expect(left.filter((m) => !m.startsWith('redundant'))).toEqual([])
      expect(killed).toBeGreaterThan(90)
    })
  })
})
