import { table } from 'assay'
import { tenantOwned } from '../fragments.ts'

export const profiles = table(
  'profiles',
  { ...tenantOwned, user_id: 'bigint', bio: 'text', born_on: 'date', settings: 'jsonb' },
  (t) => [
    t.primaryKey('tenant_id', 'user_id'),
    t.references(['tenant_id', 'user_id'], 'users', { onDelete: 'cascade' }),
    t.required('user_id', 'settings'),
    t.defaults({ settings: `'{}'` }),
    t.check('born_in_the_past', `born_on <= current_date`),
    t.check('settings_is_object', `jsonb_typeof(settings) = 'object'`),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)
