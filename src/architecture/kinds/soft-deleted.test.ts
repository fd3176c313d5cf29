import { describe, expect, test } from 'vitest'
import { table } from '../table.ts'
import type { SoftDeletedOptions, SoftDeletedRule } from './soft-deleted.ts'

const declared = (options: object, name: Parameters<typeof table>[0] = 'products') =>
  table(name, { id: 'bigint', deleted_at: 'timestamptz' }, (t) => [
    t.softDeleted('deleted_at', options as SoftDeletedOptions),
  ])

const ruleOf = (of: ReturnType<typeof declared>): SoftDeletedRule =>
  of.rules.find((r): r is SoftDeletedRule => r.kind === 'softDeleted')!

describe('softDeleted', () => {
  test('names that are left out follow from the table', () => {
    expect(ruleOf(declared({ grace: '30 days' }))).toMatchObject({
      id: 'products/softDeleted:deleted_at',
      columns: ['deleted_at'],
      grace: '30 days',
      purge: null,
      delete: null,
      through: null,
      hiddenFrom: [],
    })
  })

  test('names that are given stand in the table’s schema, or in their own', () => {
    const options = {
      grace: '1 day',
      purge: 'purge',
      delete: 'jobs.remove',
      through: 'living',
      hiddenFrom: 'app',
    }
    expect(ruleOf(declared(options, { schema: 'my "s', name: 'a.b' }))).toMatchObject({
      purge: { schema: 'my "s', name: 'purge' },
      delete: { schema: 'jobs', name: 'remove' },
      through: { schema: 'my "s', name: 'living' },
      hiddenFrom: ['app'],
    })
    expect(ruleOf(declared({ grace: '1 day', purge: 'purge' }, 'sales.orders')).purge).toEqual({
      schema: 'sales',
      name: 'purge',
    })
  })

  test.each([
    [{}, 'products: softDeleted does not say how long a deleted row is kept.'],
    [{ grace: ' ' }, 'products: softDeleted does not say how long a deleted row is kept.'],
    [{ grace: '1 day', prune: 'x' }, 'products: softDeleted has no option "prune".'],
  ])('%j is refused', (options, message) => {
    expect(declared(options).faults.map((fault) => fault.message)).toEqual([expect.stringContaining(message)])
  })

  test('its grace is SQL that is looked at before anything runs', () => {
    expect(ruleOf(declared({ grace: `it's` })).sql).toEqual([
      { part: 'grace', text: `interval 'it''s'`, names: 'nothing' },
    ])
  })
})
