import { enumType, table } from 'assay'
import { tenantOwned } from '../fragments.ts'

export const orderStatus = enumType('order_status', ['pending', 'paid', 'shipped', 'delivered', 'cancelled'])

export const orders = table(
  'orders',
  {
    ...tenantOwned,
    id: 'bigint',
    user_id: 'bigint',
    status: orderStatus,
    ordered_at: 'timestamptz',
  },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('user_id', 'status', 'ordered_at'),
    t.defaults({ status: `'pending'`, ordered_at: 'now()' }),
    t.references(['tenant_id', 'user_id'], 'users', { onDelete: 'restrict' }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
