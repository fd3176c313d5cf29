import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLab } from '../../test/support/rule-lab.ts'
import { productsSql, secured, soundSql, tenantIs, tenantsSql, policyFor } from '../../test/support/isolation-schema.ts'
import { architecture } from '../architecture/declare.ts'
import type { IsolatedByRule } from '../architecture/kinds/isolated-by.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { isolatedBy } from './isolated-by.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(async () => {
  await server?.stop()
})
it('probe', async () => {
  const mk = (name: string, cols: any) => table(name, cols, (t: any) => [t.isolatedBy('tenant_id')])
  const arch = architecture('shop', { tables: { products: mk('products', { id: 'bigint', tenant_id: 'bigint', slug: 'varchar(100)', price: 'numeric(10,2)' }), items: mk('items', { id: 'bigint', tenant_id: 'bigint', product_id: 'bigint' }) } as any, identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) } })
  const rule = (n: number) => arch.tables[n]!.rules.find((r) => r.kind === 'isolatedBy') as IsolatedByRule
  const lab = await openLab(server, `create role app; ${tenantsSql}${productsSql()}${secured('products')}
      create policy p_select on products for select to app using (${tenantIs()});
      create policy p_insert on products for insert to app with check (${tenantIs()});
create table items (
  id bigint generated always as identity primary key,
  tenant_id bigint not null references tenants,
  product_id bigint not null,
  constraint items_product foreign key (product_id) references products (id)
);
grant select, insert, update, delete on items to app;${policyFor('items')}
`)
  try {
    const written = await lab.write(isolatedBy, rule(0), arch)
    for (const e of written.experiments) if (/owner/.test(e.id)) console.log(e.id.slice(20), '|', e.title)
    const w2 = await lab.write(isolatedBy, rule(1), arch)
    console.log(w2.unsolved)
    for (const e of w2.experiments) if (/foreign/.test(e.id)) console.log(e.id.slice(20), '|', e.title)
    for (const e of w2.experiments.slice(0,2)) console.log(e)
  } finally {
    await lab.close()
  }
  expect(1).toBe(1)
})
