import { sql } from 'assay'
import { commerce } from './commerce.ts'

/** The newest first; of two at one moment the later number, so that every page has the same order. */
export const recentOrders = commerce.query(
  'recent orders of a user',
  ['orders'],
  (db, p: { user: string }) =>
    db
      .selectFrom('orders')
      .select(['id', 'status', 'ordered_at'])
      .where('user_id', '=', p.user)
      .orderBy('ordered_at', 'desc')
      .orderBy('id', 'desc')
      .limit(20),
  { budget: { buffers: 30 }, at: { orders: 1_000_000_000 } },
)

export const productBySlug = commerce.query(
  'a product by its slug',
  ['products'],
  (db, p: { slug: string }) =>
    db
      .selectFrom('products')
      .select(['id', 'name', 'price', 'metadata'])
      .where('slug', '=', p.slug)
      .where('deleted_at', 'is', null),
  { budget: { buffers: 10 } },
)

/** What was counted stands, whatever stood there: one statement for all products, so that nobody overtakes it. */
export const countStock = commerce.write(
  'stock is counted',
  ['inventory'],
  sql(
    `insert into inventory (tenant_id, product_id, quantity)
     select :tenant, counted.product, counted.quantity
       from unnest(:products::bigint[], :quantities::integer[]) as counted (product, quantity)
      order by counted.product
     on conflict (tenant_id, product_id) do update set quantity = excluded.quantity`,
    { tenant: 'bigint', products: 'bigint[]', quantities: 'integer[]' },
  ),
  { rows: 300, concurrency: 20, budget: { rowsReadPerRow: 10, rowsWrittenPerRow: 1 } },
)
