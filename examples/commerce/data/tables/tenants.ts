import { table } from 'assay'
import { timestamps } from '../fragments.ts'

export const tenants = table(
  'tenants',
  { id: 'bigint', slug: 'varchar(63)', name: 'varchar(255)', ...timestamps },
  (t) => [
    t.identity('id'),
    t.primaryKey('id'),
    t.required('slug', 'name'),
    t.unique('slug'),
    t.check('slug_format', `slug ~ '^[a-z][a-z0-9-]*$'`),
    t.isolatedBy('id'),
    t.visibleTo('app', 'select'),
  ],
)
