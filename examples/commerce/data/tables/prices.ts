import { historyOf, table } from 'assay'
import { tenantOwned } from '../fragments.ts'

/** What a product costs in other currencies than its tenant's own. */
export const prices = table(
  'prices',
  {
    ...tenantOwned,
    product_id: 'bigint',
    currency: 'char(3)',
    amount: 'numeric(10,2)',
  },
  (t) => [
    t.primaryKey('tenant_id', 'product_id', 'currency'),
    t.required('amount'),
    t.check('currency_code', `currency ~ '^[A-Z]{3}$'`),
    t.check('amount_not_negative', 'amount >= 0'),
    t.references(['tenant_id', 'product_id'], 'products', { onDelete: 'cascade' }),
    t.versioned({ history: 'prices_history' }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
  ],
)

export const pricesHistory = historyOf(prices)
