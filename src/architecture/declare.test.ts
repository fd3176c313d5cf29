import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AssayErrors } from '../ground/errors.ts'
import type { Architecture } from './architecture.ts'
import { architecture } from './declare.ts'
import { domainType } from './domain-type.ts'
import { enumType } from './enum-type.ts'
import { table, type Table } from './table.ts'

const declare = (tables: Readonly<Record<string, Table>>): Architecture =>
  architecture('shop', { tables } as Parameters<typeof architecture>[1])

const faultsOf = (tables: Readonly<Record<string, Table>>): AssayErrors => {
  try {
    declare(tables)
  } catch (cause) {
    if (cause instanceof AssayErrors) return cause
    throw cause
  }
  throw new Error('nothing was refused')
}
const codes = (tables: Readonly<Record<string, Table>>): readonly string[] =>
  faultsOf(tables).errors.map((fault) => fault.code.replace('architecture.', ''))

/** The line on which this text stands first in this file. */
const lineOf = (text: string): number =>
  readFileSync(import.meta.filename, 'utf8')
    .split(text)[0]!
    .split('\n').length

/** What a config that nobody type-checked may say. */
const untyped = table as unknown as (
  name: string,
  columns: Readonly<Record<string, unknown>>,
  rules?: (t: Readonly<Record<string, (...args: unknown[]) => unknown>>) => readonly unknown[],
) => Table

const tenants = table('tenants', { id: 'bigint', region: 'text' }, (t) => [t.primaryKey('id')])

describe('what an architecture refuses', () => {
  test.each([
    ['touches', []],
    ['required', [5]],
    ['references', ['id']],
    ['versioned', []],
    ['versioned', [{}]],
    ['partitionedBy', [{}]],
    ['check', ['named', 5]],
    ['excludes', []],
  ] as const)('a call that tsc would have refused: %s with %j', (method, args) => {
    const things = untyped('things', { id: 'bigint' }, (t) => [t[method]!(...args)])
    const [fault, ...others] = faultsOf({ things }).errors
    expect(fault).toMatchObject({ code: 'architecture.arguments', exit: 2 })
    expect(fault!.message).toContain(`things: ${method} cannot be called with (`)
    expect(fault!.where?.file).toBe(import.meta.filename)
    expect(others).toEqual([])
  })

  test('a value of an example that is no SQL', () => {
    const things = untyped('things', { id: 'bigint' }, (t) => [
      t['accepts']!('one', { id: 1 }),
      t['rejects']!('none', { id: null }, '23502'),
    ])
    expect(faultsOf({ things }).errors.map((fault) => fault.mend)).toEqual([
      "Write it as PostgreSQL shall read it: { id: '1' }.",
      "Write it as PostgreSQL shall read it: { id: 'null' }.",
    ])
  })

  test('everything at once, each with its place and its mend', () => {
    const orders = untyped('orders', { id: 'bigint', tenant_id: 'bigint', price: 'nmeric(10,2)' }, (t) => [
      t['primaryKey']!('id'),
      t['required']!('tenat_id'),
      t['unique']!('pirce'),
      t['check']!('positive', 'price > 0'),
      t['check']!('positive', 'price > 1'),
      t['references']!('tenant_id', 'tenant', { ondelete: 'cascade' }),
      t['isolatedBy']!('tenant_id'),
    ])
    const { errors } = faultsOf({ tenants, orders })
    expect(errors.map((fault) => [fault.code, fault.message])).toEqual([
      [
        'architecture.column-type',
        `orders: column "price" has the type "nmeric(10,2)", which is not one of PostgreSQL's own. Did you mean "numeric"?`,
      ],
      [
        'architecture.unknown-option',
        'orders: references has no option "ondelete". Did you mean "onDelete"?',
      ],
      [
        'architecture.two-rules',
        `Two rules have the id "orders/check:positive": at ${import.meta.filename}:${lineOf("'price > 0'")} and at ${import.meta.filename}:${lineOf("'price > 1'")}.`,
      ],
      [
        'architecture.missing-column',
        'orders/required:tenat_id names the column "tenat_id", which orders does not have. Did you mean "tenant_id"?',
      ],
      [
        'architecture.missing-column',
        'orders/unique:pirce names the column "pirce", which orders does not have. Did you mean "price"?',
      ],
      [
        'architecture.missing-table',
        'orders/references:tenant_id->tenant points to "tenant", which is not among the tables. Did you mean "tenants"?',
      ],
      [
        'architecture.no-identity',
        'orders/isolatedBy:tenant_id is attacked as each tenant, but the architecture "shop" does not say how the application tells who is asking.',
      ],
    ])
    for (const fault of errors) {
      expect(fault.exit).toBe(2)
      expect(fault.mend).not.toBe('')
      expect(fault.where?.file).toBe(import.meta.filename)
    }
    expect(errors[1]?.where?.line).toBe(lineOf('ondelete'))
  })

  test('two tables of one name, and two primary keys', () => {
    const again = table('tenants', { id: 'bigint', name: 'text' }, (t) => [
      t.primaryKey('id'),
      t.primaryKey('name'),
    ])
    expect(codes({ tenants, again })).toEqual(['two-tables', 'two-primary-keys'])
  })

  test('references that cannot be: a missing column, no key, another number of columns', () => {
    const keyless = table('keyless', { id: 'bigint' })
    const orders = table('orders', { a: 'bigint', b: 'bigint' }, (t) => [
      t.primaryKey('a'),
      t.references('a', 'tenants', { columns: 'regoin' }),
      t.references('a', 'keyless'),
      t.references(['a', 'b'], 'tenants'),
      t.references(['a', 'b'], 'orders', { columns: ['a', 'b'] }),
    ])
    expect(codes({ tenants, keyless, orders })).toEqual(['missing-column', 'no-target-key', 'column-count'])
  })

  test('a period that is not the last of several columns', () => {
    const rooms = table('rooms', { id: 'bigint', open: 'daterange' }, (t) => [
      t.primaryKey('id', { withoutOverlaps: 'open' }),
      t.references(['id', 'open'], 'rooms', { period: 'id' }),
      t.references(['open'], 'rooms', { columns: ['open'], period: 'open' }),
    ])
    expect(codes({ rooms })).toEqual(['references-period', 'references-period'])
  })

  test('a column whose value has two sources', () => {
    const orders = table('orders', { id: 'bigint', n: 'int' }, (t) => [
      t.identity('id'),
      t.defaults({ id: '1', n: '0' }),
      t.generated({ n: '1' }),
    ])
    expect(codes({ orders })).toEqual(['two-sources', 'two-sources'])
  })

  test('one type that is declared in two ways', () => {
    const open = enumType('state', ['open'])
    const again = enumType('state', ['open'])
    const other = enumType('state', ['open', 'closed'])
    const orders = table('orders', { a: open, b: again, c: other, d: domainType('state', 'text') })
    expect(codes({ orders })).toEqual(['two-types', 'two-types'])
  })

  test('names that PostgreSQL would cut off', () => {
    const long = 'ä'.repeat(32)
    const orders = table('orders', { [long]: 'text', ok: 'text' }, (t) => [t.check('x'.repeat(64), 'true')])
    expect(codes({ orders })).toEqual(['name-length', 'name-length'])
    expect(codes({ empty: table('', { id: 'text' }) })).toContain('name-length')
  })

  test('types that are none, with the way out', () => {
    const orders = untyped('orders', {
      id: 'bigserial',
      a: 'varchar(x)',
      b: 'text(3)',
      c: 'numeric(1,2,3)',
      d: 'geometry',
      e: undefined,
      ok: 'timestamp(3) without time zone[]',
    })
    const { errors } = faultsOf({ orders })
    expect(errors.map((fault) => fault.message)).toEqual([
      'orders: column "id" is declared as bigserial, which is not a type but a shorthand.',
      'orders: column "a" has the type "varchar(x)", but varchar takes at most 1 whole number in parentheses.',
      'orders: column "b" has the type "text(3)", but text takes no numbers in parentheses.',
      'orders: column "c" has the type "numeric(1,2,3)", but numeric takes at most 2 whole numbers in parentheses.',
      `orders: column "d" has the type "geometry", which is not one of PostgreSQL's own.`,
      'orders: column "e" has no type.',
    ])
    expect(errors[0]?.mend).toBe("Write 'bigint', and t.identity('id') among the rules.")
  })

  test('calls that a compiler would have refused', () => {
    const orders = untyped('orders', { id: 'bigint', at: 'date' }, (t) => [
      t['primaryKey']!('id'),
      t['required']!(),
      t['unique']!({ where: 'true' }),
      t['unique']!({ where: 'false' }, 'id'),
      t['unique']!('id', { where: 'true', deferrable: true }),
      t['references']!('id', 'orders', { onDelete: 'casade' }),
      t['identity']!('id', { generation: 'allways' }),
      t['visibleTo']!('app', 'selct'),
      t['visibleTo']!('web', { delete: ['id'] }),
      t['rejects']!('x', {}, '2350'),
    ])
    expect(faultsOf({ orders }).errors.map((fault) => fault.message)).toEqual([
      'orders: required names no column.',
      'orders: unique names no column.',
      'orders: unique takes its options once, after all keys.',
      'orders: a unique rule with where or an expression cannot be deferrable.',
      `orders: references' onDelete does not know "casade". Did you mean "cascade"?`,
      'orders: identity does not know "allways". Did you mean "always"?',
      'orders: visibleTo does not know "selct". Did you mean "select"?',
      'orders: delete cannot be granted by column.',
      'orders: rejects "x" expects SQLSTATE "2350", which is none.',
    ])
  })

  test('what is no table, no rule, no option', () => {
    const orders = untyped('orders', { id: 'bigint' }, (t) => [t['primaryKey'], t['primaryKey']!('id'), []])
    const declareUntyped = architecture as unknown as (name: string, options: object) => unknown
    const shop = (): unknown =>
      declareUntyped('shop', { tables: { orders, tenants: undefined }, idntity: {} })
    expect(() => declareUntyped('shop', { tenants })).toThrow('shop: architecture has no option "tenants".')
    expect(shop).toThrow(
      [
        'shop: architecture has no option "idntity". Did you mean "identity"?',
        'shop: "tenants" is not a table.',
        'orders: among the rules is something that is none (function).',
        'orders: among the rules is something that is none (object).',
      ].join('\n'),
    )
  })
})

describe('what it answers', () => {
  test('the plain architecture: nothing but values that other rooms read', () => {
    const shop = architecture('shop', {
      tables: { tenants },
      identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
    })
    expect(Object.keys(shop)).toEqual(['name', 'identity', 'tables'])
    expect(Object.keys(shop.tables[0] ?? {})).toEqual(['schema', 'name', 'id', 'columns', 'rules', 'at'])
    expect(shop.identity?.settings({ tenant: '7' })).toEqual({ 'app.tenant_id': '7' })
  })
})

test('volumes name tables as queries do, or by their ids', () => {
  const lager = table({ schema: 'Lager Nord', name: "it's an order" }, { id: 'bigint' }, (t) => [
    t.primaryKey('id'),
  ])
  const volumes = { "Lager Nord.it's an order": { rows: 5 } }
  expect(architecture('shop', { tables: { lager }, volumes }).volumes).toEqual({ [lager.id]: { rows: 5 } })
  expect(architecture('shop', { tables: { lager }, volumes: { [lager.id]: { rows: 5 } } }).volumes).toEqual({
    [lager.id]: { rows: 5 },
  })
})
