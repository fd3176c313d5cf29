import { describe, expect, test } from 'vitest'
import { AssayErrors } from '../ground/errors.ts'
import { architecture } from './declare.ts'
import { schemaPerTenant, type TenantSchemasOptions } from './kinds/tenant-schema.ts'
import { table, type Table } from './table.ts'

const identity = { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant': who.tenant }) }

const options: TenantSchemasOptions = { prefix: 'tenant_', role: 'tenant', create: 'create_tenant' }

const orders = (given: TenantSchemasOptions, name = 'template.orders'): Table =>
  table(name as 'template.orders', { id: 'bigint' }, (t) => [t.isolatedBy(schemaPerTenant(given))])

/** What is wrong, each with its mend. */
const faultsOf = (declared: Table): readonly (readonly [string, string])[] => {
  try {
    architecture('shop', { tables: { orders: declared }, identity })
    return []
  } catch (error) {
    if (!(error instanceof AssayErrors)) throw error
    return error.errors.map(({ message, mend }) => [message, mend] as const)
  }
}

describe('a schema per tenant', () => {
  test('is one rule of its table', () => {
    const rules = orders({ ...options, create: 'ops.make', migrate: 'ops.change', drop: 'remove' }).rules
    expect(rules.find(({ kind }) => kind === 'tenantSchema')).toMatchObject({
      id: 'template.orders/isolatedBy:schema',
      template: 'template',
      prefix: 'tenant_',
      role: 'tenant',
      create: { schema: 'ops', name: 'make' },
      migrate: { schema: 'ops', name: 'change' },
      drop: { schema: 'public', name: 'remove' },
    })
    expect(faultsOf(orders(options))).toEqual([])
  })

  test('knows a template whose name is quoted', () => {
    const named = table({ schema: 'the "t.pl"', name: 'o' }, { id: 'bigint' }, (t) => [
      t.isolatedBy(schemaPerTenant(options)),
    ])
    expect(named.rules.find(({ kind }) => kind === 'tenantSchema')).toMatchObject({ template: 'the "t.pl"' })
  })

  test.each<readonly [string, Table, string, string]>([
    ['a template in schema public', orders(options, 'orders'), 'cannot be the template', 'template.orders'],
    ['no function', orders({ ...options, create: '' }), 'has no create', "create: '…'"],
    [
      'an unknown option',
      orders({ ...options, remove: 'x' } as TenantSchemasOptions),
      'no option "remove"',
      'drop',
    ],
    ['a long prefix', orders({ ...options, prefix: 'x'.repeat(41) }), 'has 41 bytes', 'at most 40 bytes'],
  ])('%s is refused', (_, declared, what, mend) => {
    const faults = faultsOf(declared)
    expect(faults).toHaveLength(1)
    expect(faults[0]![0]).toContain(what)
    expect(faults[0]![1]).toContain(mend)
  })

  test('takes no option of row-level security', () => {
    const declared = table('template.orders', { id: 'bigint' }, (t) => [
      t.isolatedBy(schemaPerTenant(options), { apart: 'x' }),
    ])
    expect(faultsOf(declared)).toEqual([
      [
        'template.orders: isolatedBy with schemaPerTenant has no option "apart".',
        'Take "apart" away: all that a schema per tenant needs stands in schemaPerTenant({ … }).',
      ],
    ])
  })

  test('asks for an identity', () => {
    expect(() => architecture('shop', { tables: { orders: orders(options) } })).toThrow(
      /does not say how the application tells who is asking/u,
    )
  })
})

describe('large tenants apart', () => {
  const declare = (given: object): Table =>
    table('orders', { tenant_id: 'bigint' }, (t) => [t.isolatedBy('tenant_id', given)])

  test('is a second rule beside row-level security', () => {
    const declared = declare({ apart: 'set_apart', together: 'ops.together' })
    expect(declared.rules.map(({ id }) => id).filter((id) => id.includes('isolatedBy'))).toEqual([
      'orders/isolatedBy:tenant_id',
      'orders/isolatedBy:tenant_id,apart',
    ])
    expect(declared.rules.at(-1)).toMatchObject({
      kind: 'tenantApart',
      apart: { schema: 'public', name: 'set_apart' },
      together: { schema: 'ops', name: 'together' },
    })
    expect(faultsOf(declared)).toEqual([])
  })

  test('together without apart is refused', () => {
    expect(faultsOf(declare({ together: 'x' }))).toEqual([
      [
        'orders: isolatedBy says how tenants come together, and not how one is set apart.',
        "Give apart: '…', the function that moves a tenant's rows into a partition of their own.",
      ],
    ])
  })
})
