import { fragment } from 'assay'

/** A table of one tenant's rows: isolated, and open to the application. */
export const tenantOwned = fragment({ tenant_id: 'bigint' }, (t) => [
  t.required('tenant_id'),
  t.isolatedBy('tenant_id'),
])

/** When the row came to be. */
export const timestamps = fragment({ created_at: 'timestamptz' }, (t) => [
  t.required('created_at'),
  t.defaults({ created_at: 'now()' }),
])
