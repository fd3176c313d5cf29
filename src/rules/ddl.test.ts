import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { relationId } from '../ground/names.ts'
import { alterColumn, relationOfId, structureName, tableText } from './ddl.ts'

const name = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })

describe('the DDL that designs share', () => {
  test('a relation id names its relation again, whatever is in the name', () => {
    fc.assert(
      fc.property(name, name, (schema, table) => {
        expect(relationOfId(relationId({ schema, name: table }))).toEqual({ schema, name: table })
      }),
    )
  })

  test('identifiers are quoted', () => {
    expect(tableText('sales."a.b"')).toBe('"sales"."a.b"')
    expect(alterColumn('products', 'Price', 'set not null')).toBe(
      'alter table "public"."products" alter column "Price" set not null;',
    )
  })

  test('names are readable, and stay within 63 bytes and apart where they are long', () => {
    expect(structureName('products', 'tenant_id', 'lower(slug)', 'key')).toBe(
      'products_tenant_id_lower_slug_key',
    )
    const long = (end: string): string => structureName('sales.order_items', 'ä'.repeat(60), end)
    expect(Buffer.byteLength(long('a'))).toBeLessThanOrEqual(63)
    expect(long('a')).not.toBe(long('b'))
  })
})
