import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { designedMigration, makeRole } from '../../test/support/audit-lab.ts'
import { bothServers } from '../../test/support/both-servers.ts'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { historyOf } from '../architecture/history-of.ts'
import { table } from '../architecture/table.ts'
import type { Structure } from '../catalog/structure.ts'

const products = table('products', { id: 'integer', name: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('name'),
])
const prices = table(
  'prices',
  { product_id: 'integer', kind: 'text', amount: 'numeric(10,2)', note: 'json' },
  (t) => [
    t.primaryKey('product_id', 'kind'),
    t.required('amount'),
    t.check('amount_not_negative', 'amount >= 0'),
    t.references('product_id', 'products', { onDelete: 'cascade' }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
    t.visibleTo('clerk'),
    t.versioned({ history: 'prices_history', correct: 'correct_price', correctedBy: 'clerk' }),
  ],
)
const pricesHistory = historyOf(prices)

const declared = architecture('plain', {
  tables: { products, prices, pricesHistory },
  identity: { role: 'app', settings: () => ({}) },
}) as unknown as Architecture

const schemaFor = (major: number): string =>
  designedMigration(declared, ['create extension btree_gist', makeRole('app'), makeRole('clerk')], major)

/** What keeps the versions, and the key that lets none overlap. */
const keepsVersions = ({ table: of, kind }: Structure): boolean =>
  ['function', 'trigger'].includes(kind) ||
  (kind === 'grant' && of !== 'prices') ||
  (of === 'prices_history' && ['primaryKey', 'check', 'excludes'].includes(kind))

describe.each(bothServers.slice(0, 1))('versioned on PostgreSQL $major', ({ major, whyNot, start }) => {
  let running: Awaited<ReturnType<typeof start>>
  let lab: RuleLab

  beforeAll(async () => {
    if (whyNot !== '') return
    running = await start()
    lab = await openRuleLab(running.server, declared, schemaFor(major))
  }, 200_000)

  afterAll(async () => {
    await lab?.close()
    await running?.stop()
  })

  test('holds as it is designed', ({ skip }) => {
    skip(whyNot !== '', whyNot)
    expect(lab.faults()).toEqual([])
  })

  test('is red without its triggers and functions', async ({ skip }) => {
    skip(whyNot !== '', whyNot)
    const red = await lab.red()
    expect(red.get('prices/versioned')?.proven).toBe(true)
  })

  test('nothing of it can be broken unnoticed', async ({ skip }) => {
    skip(whyNot !== '', whyNot)
    const { killed, left } = await lab.left(keepsVersions)
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(200)
  }, 900_000)
})
