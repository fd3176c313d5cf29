import { table } from 'assay'
import { tenantOwned, timestamps } from '../fragments.ts'

export const products = table(
  'products',
  {
    ...tenantOwned,
    id: 'bigint',
    category_id: 'bigint',
    slug: 'varchar(100)',
    name: 'varchar(255)',
    price: 'numeric(10,2)',
    metadata: 'jsonb',
    ...timestamps,
    deleted_at: 'timestamptz',
  },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('slug', 'name', 'price', 'metadata'),
    t.defaults({ metadata: `'{}'` }),
    t.unique('tenant_id', 'slug', { where: 'deleted_at is null' }),
    t.softDeleted('deleted_at', { grace: '30 days' }),
    t.audited(),
    t.check('slug_format', `slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'`),
    t.check('price_not_negative', 'price >= 0'),
    t.says({ price: 'In the currency of the tenant, without tax' }),
    t.references('tenant_id', 'tenants', { onDelete: 'restrict' }),
    t.references(['tenant_id', 'category_id'], 'categories', { onDelete: 'restrict' }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
