import { table } from 'assay'
import { tenantOwned } from '../fragments.ts'

export const userActivity = table(
  'user_activity',
  {
    ...tenantOwned,
    id: 'bigint',
    user_id: 'bigint',
    kind: 'text',
    metadata: 'jsonb',
    occurred_at: 'timestamptz',
    deleted_at: 'timestamptz',
  },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id', 'occurred_at'),
    t.partitionedBy('occurred_at', { by: 'month', ahead: 2, maintain: 'maintain_user_activity' }),
    t.required('user_id', 'kind', 'metadata'),
    t.defaults({ metadata: `'{}'`, occurred_at: 'now()' }),
    t.check('kind', `kind in ('login', 'view', 'search', 'purchase')`),
    t.check('deleted_after', 'deleted_at >= occurred_at'),
    t.references(['tenant_id', 'user_id'], 'users', { onDelete: 'cascade' }),
    t.indexed('metadata', { using: 'gin', operatorClass: 'jsonb_path_ops' }),
    t.indexed('user_id', 'occurred_at desc'),
    t.indexed('kind', 'occurred_at', { where: 'deleted_at is null' }),
    t.visibleTo('app', { select: true, insert: true, delete: true, update: ['deleted_at'] }),
  ],
)
