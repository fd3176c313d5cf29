/** Which change a phase belongs to, and what its migrations are called. */
import { expect, test } from 'vitest'
import { nameWords, shortName } from '../files/name-words.ts'
import { lastPhases, type PhaseOnDisk } from './phase-files.ts'
import type { Phase } from './shape.ts'
import { standingChanges } from './standing-changes.ts'

const phaseOf = (schema: string, phase: Phase, number: number): PhaseOnDisk => ({
  migration: `000${number}_orders_code_to_slug_${phase}`,
  phase,
  keep: null,
  postgres: null,
  temporary: [`${schema}.orders/column:code`],
  shape: {
    kind: 'rename',
    name: 'orders_code_to_slug',
    table: { schema, name: 'orders' },
    olds: [{ name: 'code', type: 'text', sql: 'slug' }],
    news: [{ name: 'slug', type: 'text', sql: 'code' }],
    types: [],
  },
})

test('two changes of one name, in two schemas, are two', () => {
  const all = [
    phaseOf('sales', 'expand', 1),
    phaseOf('archive', 'expand', 2),
    phaseOf('sales', 'backfill', 3),
  ]
  expect(lastPhases(all).flatMap(({ temporary }) => temporary)).toEqual([
    'sales.orders/column:code',
    'archive.orders/column:code',
  ])
  expect(
    standingChanges(all, new Set(['0001_orders_code_to_slug_expand'])).map(({ says, phase }) => [
      says,
      phase,
    ]),
  ).toEqual([
    ['sales.orders: code becomes slug', 'expand'],
    ['archive.orders: code becomes slug', null],
  ])
})

test('a name is words, and what ends it is never cut off', () => {
  expect(nameWords(`Pro files' "x"_to_Größe`)).toBe('pro_files_x_to_größe')
  expect(shortName('x'.repeat(63), '_backfill')).toBe(`${'x'.repeat(51)}_backfill`)
  expect(shortName('ö'.repeat(63), '_forget')).toBe(`${'ö'.repeat(26)}_forget`)
})
