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
    t.indexed('tenant_id', 'user_id', 'ordered_at desc', 'id desc'),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
