import { expect, test } from 'vitest'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { kindOf } from './kinds.ts'

const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])
const bookings = table(
  'bookings',
  {
    tenant_id: 'bigint',
    id: 'bigint',
    slug: 'text',
    price: 'numeric(10,2)',
    during: 'tstzrange',
    note: 'text',
    total: 'integer',
  },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('slug'),
    t.defaults({ price: '0' }),
    t.generated({ total: '1 + 1' }),
    t.unique('tenant_id', 'slug', { where: 'price > 0' }),
    t.check('price_not_negative', 'price >= 0'),
    t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
    t.excludes({ tenant_id: '=', during: '&&' }),
    t.says({ price: 'without tax' }),
    t.accepts('a free booking', { price: '0' }),
  ],
)
const declared = architecture('shop', { tables: { tenants, bookings } }) as unknown as Architecture

test('every kind says what it asks for in one line', () => {
  const rules = declared.tables.find((t) => t.id === 'bookings')!.rules
  expect(rules.map((rule) => kindOf(rule).sentence(rule))).toMatchInlineSnapshot()
})

test('designs are plain DDL', () => {
  const rules = declared.tables.find((t) => t.id === 'bookings')!.rules
  expect(rules.flatMap((rule) => kindOf(rule).design(rule, declared))).toMatchInlineSnapshot()
})

test('a kind that nobody knows is a fault with a mend', () => {
  const rule = { kind: 'guesses', id: 'bookings/guesses', table: 'bookings', columns: [], at: null }
  expect(() => kindOf(rule)).toThrow(/guesses/u)
})
