import { table } from 'assay'
import { tenantOwned } from '../fragments.ts'

export const inventory = table(
  'inventory',
  { ...tenantOwned, product_id: 'bigint', quantity: 'integer' },
  (t) => [
    t.primaryKey('tenant_id', 'product_id'),
    t.references(['tenant_id', 'product_id'], 'products', { onDelete: 'cascade' }),
    t.required('product_id', 'quantity'),
    t.defaults({ quantity: '0' }),
    t.check('never_negative', 'quantity >= 0'),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
