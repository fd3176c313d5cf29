import { expect, test } from 'vitest'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { isLeftAlone } from './left-alone.ts'

const policy: Structure = {
  id: 'orders/policy:own',
  kind: 'policy',
  table: 'orders',
  name: 'own',
  definition: 'USING (true)',
  dependsOn: [],
  facts: {},
}
const catalog = { tables: new Map(), structures: new Map() } as unknown as Catalog
const nothing: ReadonlySet<string> = new Set()
const stated: ReadonlySet<string> = new Set([policy.id])

test.each([
  ['a structure by its id', { leftAlone: [policy.id] }],
  ['its table', { leftAlone: ['orders'] }],
])('%s is left alone, unless a rule states it', (_, others) => {
  expect(isLeftAlone(policy, catalog, others, nothing)).toBe(true)
  expect(isLeftAlone(policy, catalog, others, stated)).toBe(false)
})

test('what stands only while a change of shape lasts is left alone by every rule', () => {
  expect(isLeftAlone(policy, catalog, { temporary: [policy.id] }, stated)).toBe(true)
})

test('nothing else is', () => {
  expect(isLeftAlone(policy, catalog, {}, nothing)).toBe(false)
  expect(isLeftAlone(policy, catalog, { leftAlone: ['orders/policy:other'] }, nothing)).toBe(false)
})
