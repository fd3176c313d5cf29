import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { domainType } from './domain-type.ts'
import { enumType } from './enum-type.ts'
import { fragment } from './fragment.ts'
import { sqlType } from './sql-type.ts'
import { table, type Table } from './table.ts'

const ids = (declared: Table): readonly string[] => declared.rules.map((rule) => rule.id)
const ruleOf = (declared: Table, id: string): object | undefined =>
  declared.rules.find((rule) => rule.id === id)

describe('the rules of a table', () => {
  const status = enumType('order_status', ['open', 'paid'])
  const email = domainType('email', 'text', { checks: { email_format: `value ~ '@'` } })
  const positive = domainType('positive', 'numeric(10,2)', { checks: 'value > 0', required: true })
  const products = table(
    'products',
    {
      id: 'bigint',
      tenant_id: 'bigint',
      slug: 'varchar(100)',
      price: positive,
      contact: email,
      status,
      place: sqlType('ltree'),
      total: 'numeric(12,2)',
    },
    (t) => [
      t.identity('id'),
      t.primaryKey('id'),
      t.required('tenant_id', 'slug'),
      t.defaults({ status: `'open'` }),
      t.generated({ total: t.sql`${'price'} * 2` }),
      t.unique('tenant_id', 'slug'),
      t.unique('lower(slug)', { where: 'total > 0' }),
      t.check('slug_format', `slug ~ '^[a-z]+$'`),
      t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
      t.references(['tenant_id', 'slug'], 'sales.orders', { columns: ['a', 'b'], deferrable: 'deferred' }),
      t.excludes({ slug: '=', total: '&&' }, { using: 'btree_gist' }),
      t.isolatedBy('tenant_id'),
      t.visibleTo('app', { select: ['id', 'slug'], insert: true }),
      t.indexed('slug', 'total desc', { include: ['id'] }),
      t.indexed('place', { using: 'gist', operatorClass: 'gist_ltree_ops', where: 'total > 1' }),
      t.says('What is sold'),
      t.says({ slug: 'Part of the address' }),
      t.accepts('a short slug is taken', { slug: `'a'` }),
      t.rejects('a closed tenant sells nothing', { tenant_id: '7' }, 'P0001', { by: 'trigger:closed' }),
      t.holds('ten at most', 'select tenant_id from products group by 1 having count(*) > 10'),
    ],
  )

  test('columns bring type, optional, enum and domain rules first; the others follow as written', () => {
    expect(ids(products)).toEqual([
      'products/type:id',
      'products/type:tenant_id',
      'products/type:slug',
      'products/type:price',
      'products/domain:price',
      'products/type:contact',
      'products/optional:contact',
      'products/domain:contact',
      'products/type:status',
      'products/optional:status',
      'products/enum:status',
      'products/type:place',
      'products/optional:place',
      'products/type:total',
      'products/identity:id',
      'products/primaryKey:id',
      'products/required:tenant_id',
      'products/required:slug',
      'products/default:status',
      'products/generated:total',
      'products/unique:tenant_id,slug',
      'products/unique:lower(slug),"where total > 0"',
      'products/check:slug_format',
      'products/references:tenant_id->tenants',
      'products/references:tenant_id,slug->sales.orders',
      'products/excludes:slug,total',
      'products/isolatedBy:tenant_id',
      'products/visibleTo:app',
      'products/indexed:slug,total desc,"include id"',
      'products/indexed:place gist_ltree_ops,using gist,"where total > 1"',
      'products/says',
      'products/says:slug',
      'products/accepts:"a short slug is taken"',
      'products/rejects:"a closed tenant sells nothing"',
      'products/holds:"ten at most"',
    ])
    expect(products.faults).toEqual([])
  })

  test('each kind carries its own data', () => {
    expect(ruleOf(products, 'products/domain:price')).toMatchObject({
      type: 'positive',
      base: 'numeric(10,2)',
      checks: [{ name: null, expression: 'value > 0' }],
      required: true,
    })
    expect(ruleOf(products, 'products/enum:status')).toMatchObject({ labels: ['open', 'paid'] })
    expect(ruleOf(products, 'products/generated:total')).toMatchObject({
      columns: ['total', 'price'],
      expression: '"price" * 2',
    })
    expect(ruleOf(products, 'products/unique:lower(slug),"where total > 0"')).toMatchObject({
      columns: ['slug'],
      keys: [{ column: null, expression: 'lower(slug)' }],
      where: 'total > 0',
      nullsNotDistinct: false,
      deferrable: 'no',
    })
    expect(ruleOf(products, 'products/references:tenant_id,slug->sales.orders')).toMatchObject({
      columns: ['tenant_id', 'slug'],
      target: 'sales.orders',
      targetColumns: ['a', 'b'],
      onDelete: 'no action',
      deferrable: 'deferred',
    })
    expect(ruleOf(products, 'products/indexed:slug,total desc,"include id"')).toMatchObject({
      columns: ['slug', 'total', 'id'],
      keys: [
        { column: 'slug', expression: '"slug"', descending: false, nulls: null, operatorClass: null },
        { column: 'total', expression: '"total"', descending: true, nulls: null, operatorClass: null },
      ],
      include: ['id'],
    })
    expect(ruleOf(products, 'products/visibleTo:app')).toMatchObject({
      columns: ['id', 'slug'],
      privileges: { select: ['id', 'slug'], insert: true },
    })
    expect(ruleOf(products, 'products/rejects:"a closed tenant sells nothing"')).toMatchObject({
      columns: ['tenant_id'],
      row: { tenant_id: '7' },
      sqlstate: 'P0001',
      by: ['trigger:closed'],
    })
  })
})

describe('names', () => {
  test('a dot separates the schema; parts serve names with dots', () => {
    const orders = table('sales.orders', { id: 'bigint' }, (t) => [t.primaryKey('id')])
    expect([orders.schema, orders.name, orders.id]).toEqual(['sales', 'orders', 'sales.orders'])
    const dotted = table({ schema: 'a.b', name: 'c "d"' }, { 'e f': 'text' }, (t) => [t.required('e f')])
    expect(dotted.id).toBe('"a.b"."c ""d"""')
    expect(ids(dotted)).toEqual(['"a.b"."c ""d"""/type:"e f"', '"a.b"."c ""d"""/required:"e f"'])
  })

  test('a column that looks like an expression or a direction is the column', () => {
    const odd = table('odd', { 'price (EUR)': 'numeric', 'at desc': 'date' }, (t) => [
      t.unique('price (EUR)'),
      t.indexed('at desc'),
    ])
    expect(ruleOf(odd, 'odd/unique:"price (EUR)"')).toMatchObject({
      keys: [{ column: 'price (EUR)', expression: '"price (EUR)"' }],
    })
    expect(ruleOf(odd, 'odd/indexed:"at desc"')).toMatchObject({
      keys: [{ column: 'at desc', descending: false }],
    })
  })
})

describe('fragments', () => {
  const timestamps = fragment({ created_at: 'timestamptz', updated_at: 'timestamptz' }, (t) => [
    t.required('created_at'),
    t.defaults({ created_at: 'now()' }),
  ])
  const owned = fragment({ ...timestamps, owner: 'uuid' }, (t) => [t.required('owner')])

  test('bring columns and rules by one spread, once, also from within another fragment', () => {
    const notes = table('notes', { id: 'bigint', ...owned, body: 'text' }, (t) => [t.primaryKey('id')])
    expect(notes.columns.map((column) => `${column.name} ${column.type}`)).toEqual([
      'id bigint',
      'created_at timestamptz',
      'updated_at timestamptz',
      'owner uuid',
      'body text',
    ])
    expect(ids(notes).filter((id) => !id.includes('/type:'))).toEqual([
      'notes/optional:updated_at',
      'notes/optional:body',
      'notes/required:created_at',
      'notes/default:created_at',
      'notes/required:owner',
      'notes/primaryKey:id',
    ])
  })
})

describe('where a rule was declared', () => {
  test('is the line of the call in the user’s own file', () => {
    const lineHere = Number(/:(\d+):\d+\)?$/u.exec(new Error('here').stack?.split('\n')[1] ?? '')?.[1])
    const users = table('users', { id: 'bigint', name: 'text' }, (t) => [
      t.primaryKey('id'),
      ...['name' as const].map((name) => t.required(name)),
    ])
    const file = fileURLToPath(import.meta.url)
    expect(users.at).toEqual({ file, line: lineHere + 1 })
    expect(users.rules.map((rule) => [rule.id, rule.at?.line])).toEqual([
      ['users/type:id', lineHere + 1],
      ['users/type:name', lineHere + 1],
      ['users/primaryKey:id', lineHere + 2],
      ['users/required:name', lineHere + 3],
    ])
    expect(new Set(users.rules.map((rule) => rule.at?.file))).toEqual(new Set([file]))
  })
})
