import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLab } from '../../test/support/rule-lab.ts'
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
  const products = table(
    'products',
    { id: 'bigint', tenant_id: 'bigint', slug: 'varchar(100)', price: 'numeric(10,2)' },
    (t) => [t.identity('id'), t.primaryKey('id'), t.required('tenant_id', 'slug'), t.isolatedBy('tenant_id')],
  )
  const tenants = table('tenants', { id: 'bigint', name: 'text' }, (t) => [
    t.identity('id'),
    t.primaryKey('id'),
    t.isolatedBy('id'),
  ])
  const arch = architecture('shop', {
    tables: { products, tenants },
    identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
  })
  console.log(JSON.stringify(arch, null, 1).slice(0, 300))
  const plain = arch as unknown as import('../architecture/architecture.ts').Architecture
  const rule = plain.tables[0]!.rules.find((r) => r.kind === 'isolatedBy') as IsolatedByRule
  const lab = await openLab(
    server,
    `
create role app;
create table tenants (id bigint generated always as identity primary key, name text not null);
create table products (id bigint generated always as identity primary key, tenant_id bigint not null references tenants, slug varchar(100) not null, price numeric(10,2) not null check (price >= 0), unique (tenant_id, slug));
grant select, insert, update, delete on products, tenants to app;
alter table products enable row level security; alter table products force row level security;
create policy iso on products using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
alter table tenants enable row level security; alter table tenants force row level security;
create policy iso on tenants using (id = nullif(current_setting('app.tenant_id', true), '')::bigint);
`,
  )
  try {
    console.log([...lab.catalog.structures.keys()])
    console.log(isolatedBy.design(rule, plain))
    const t0 = performance.now()
    const written = await lab.write(isolatedBy, rule, plain)
    console.log('written in', performance.now() - t0)
    for (const e of written.experiments)
      console.log(
        e.id.slice(30),
        '|',
        e.title,
        '|',
        e.when.join('; ').slice(0, 150),
        '|',
        JSON.stringify(e.then),
      )
    console.log(written.unsolved)
    const t1 = performance.now()
    console.log(await lab.failing(written.experiments))
    console.log('ran in', performance.now() - t1)
  } finally {
    await lab.close()
  }
  expect(1).toBe(1)
})
