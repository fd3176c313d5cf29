import { table } from 'assay'
import { tenantOwned } from '../fragments.ts'

export const orderItems = table(
  'order_items',
  {
    ...tenantOwned,
    order_id: 'bigint',
    line: 'smallint',
    product_id: 'bigint',
    quantity: 'integer',
    unit_price: 'numeric(10,2)',
    subtotal: 'numeric(14,2)',
  },
  (t) => [
    t.primaryKey('tenant_id', 'order_id', 'line'),
    t.references(['tenant_id', 'order_id'], 'orders', { onDelete: 'cascade' }),
    t.references(['tenant_id', 'product_id'], 'products', { onDelete: 'restrict' }),
    t.required('order_id', 'line', 'product_id', 'quantity', 'unit_price'),
    t.check('quantity_positive', 'quantity > 0'),
    t.check('unit_price_not_negative', 'unit_price >= 0'),
    t.generated({ subtotal: 'quantity * unit_price' }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
