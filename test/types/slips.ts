/** Slips that the compiler refuses: compiled by tsc, never run. What it says is held by test/types.test.ts. */
import { architecture, domainType, enumType, fragment, table, type Rows } from 'assay'

const tenants = table('tenants', { id: 'bigint', name: 'text' }, (t) => [t.primaryKey('id')])

export const types = table('types', {
  // @ts-expect-error no such type
  a: 'varchr(100)',
  // @ts-expect-error not a number
  b: 'varchar(x)',
  // @ts-expect-error serial is a shorthand
  c: 'serial',
  // @ts-expect-error no such element type
  d: 'txt[]',
  e: enumType('state', ['open']),
  f: 'interval day to second',
  g: 'time(3) with time zone[]',
})

// @ts-expect-error no such type
export const domain = domainType('d', 'txt')

export const shared = fragment({ tenant_id: 'bigint' }, (t) => [
  // @ts-expect-error no such column
  t.required('tenat_id'),
])

export const orders = table(
  'orders',
  { id: 'bigint', slug: 'varchar(100)', tenant_id: 'bigint', email: 'text' },
  (t) => [
    // @ts-expect-error no such column
    t.identity('idd'),
    // @ts-expect-error no such column
    t.primaryKey('idd'),
    // @ts-expect-error no such column
    t.required('id', 'slgu'),
    // @ts-expect-error no such column
    t.defaults({ emial: '1' }),
    // @ts-expect-error no such column
    t.generated({ emial: '1' }),
    // @ts-expect-error no such column
    t.unique('slgu'),
    // @ts-expect-error no such column
    t.unique('lower(emial)'),
    // @ts-expect-error no such column
    t.unique(t.sql`lower(${'emial'})`),
    // @ts-expect-error no such option
    t.unique('slug', { wehre: 'true' }),
    // @ts-expect-error no such column
    t.references('tenat_id', 'tenants'),
    // @ts-expect-error no such column
    t.references(['tenant_id', 'slgu'], 'tenants'),
    // @ts-expect-error no such action
    t.references('tenant_id', 'tenants', { onDelete: 'casade' }),
    // @ts-expect-error no such column
    t.excludes({ slgu: '=' }),
    // @ts-expect-error no such column
    t.isolatedBy('tenat_id'),
    // @ts-expect-error no such column
    t.touches('slgu'),
    // @ts-expect-error no such column
    t.softDeleted('slgu', { grace: '1 day' }),
    // @ts-expect-error no grace
    t.softDeleted('slug', {}),
    // @ts-expect-error no such option
    t.appendOnly({ unless: 'app' }),
    // @ts-expect-error no such privilege
    t.visibleTo('app', 'selct'),
    // @ts-expect-error no such column
    t.visibleTo('app', { select: ['slgu'] }),
    // @ts-expect-error never granted by column
    t.visibleTo('app', { delete: ['slug'] }),
    // @ts-expect-error no such column
    t.indexed('slgu desc'),
    // @ts-expect-error no such direction
    t.indexed('slug downwards'),
    // @ts-expect-error no such column
    t.indexed('slug', { include: ['emial'] }),
    // @ts-expect-error no such column
    t.says({ slgu: 'x' }),
    // @ts-expect-error no such column
    t.accepts('x', { slgu: '1' }),
    // @ts-expect-error a SQLSTATE is asked for
    t.rejects('x', { slug: '1' }),
  ],
)

const items = table('items', { id: 'bigint', order_id: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.references('order_id', 'ordrs'),
])
const parts = table('parts', { id: 'bigint', tenant_id: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.references('tenant_id', 'tenants', { columns: 'idd' }),
])
// Only compiled: at run time it is refused with the same faults.
export const shop = () =>
  architecture('shop', {
    tables: {
      tenants,
      // @ts-expect-error no such table
      items,
      // @ts-expect-error no such column there
      parts,
    },
  })

const good = () => architecture('good', { tables: { tenants } })
// @ts-expect-error no such table
export type Missing = Rows<ReturnType<typeof good>, 'tenats'>
