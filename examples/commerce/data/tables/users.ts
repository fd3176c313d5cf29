import { table } from 'assay'
import { tenantOwned, timestamps } from '../fragments.ts'

export const users = table(
  'users',
  {
    ...tenantOwned,
    id: 'bigint',
    email: 'varchar(320)',
    name: 'varchar(255)',
    ...timestamps,
  },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('email', 'name'),
    t.check('email_format', String.raw`email ~ '^[^@\s]+@[^@\s]+\.[a-z]{2,}$'`),
    t.unique('tenant_id', 'lower(email)'),
    t.references('tenant_id', 'tenants', { onDelete: 'restrict' }),
    t.audited({ personal: ['email', 'name'], person: ['tenant_id', 'id'] }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
