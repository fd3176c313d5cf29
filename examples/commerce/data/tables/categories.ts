import { table } from 'assay'
import { tenantOwned } from '../fragments.ts'

export const categories = table(
  'categories',
  { ...tenantOwned, id: 'bigint', parent_id: 'bigint', name: 'varchar(100)' },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('name'),
    t.unique('tenant_id', 'parent_id', 'name', { nullsNotDistinct: true }),
    t.check('not_its_own_parent', 'parent_id <> id'),
    t.references('tenant_id', 'tenants', { onDelete: 'restrict' }),
    t.references(['tenant_id', 'parent_id'], 'categories', { onDelete: 'restrict' }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
