import { architecture } from 'assay'
import { audit } from './audit.ts'
import { categories } from './tables/categories.ts'
import { inventory } from './tables/inventory.ts'
import { orderItems } from './tables/order-items.ts'
import { orders } from './tables/orders.ts'
import { prices, pricesHistory } from './tables/prices.ts'
import { products } from './tables/products.ts'
import { profiles } from './tables/profiles.ts'
import { tenants } from './tables/tenants.ts'
import { userActivity } from './tables/user-activity.ts'
import { users } from './tables/users.ts'

export const commerce = architecture('commerce', {
  tables: {
    tenants,
    users,
    profiles,
    categories,
    products,
    prices,
    pricesHistory,
    inventory,
    orders,
    orderItems,
    userActivity,
    ...audit.tables,
  },
  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})
