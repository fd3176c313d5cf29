/** A shop in which large tenants stand apart: its declaration, and its migration with the functions as Assay designs them. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import { architecture } from '../../src/architecture/declare.ts'
import type { TenantApartRule } from '../../src/architecture/kinds/tenant-apart.ts'
import { table } from '../../src/architecture/table.ts'
import { tenantApart } from '../../src/rules/tenant-apart.ts'
import { policyFor } from './isolation-schema.ts'

const isolation = { apart: 'set_tenant_apart', together: 'set_tenant_together' } as const

const tenants = table('tenants', { id: 'bigint', name: 'text' }, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.required('name'),
  t.visibleTo('app', ['select']),
])

const orders = table(
  'orders',
  { tenant_id: 'bigint', id: 'bigint', total: 'numeric(10,2)', note: 'text' },
  (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.required('total'),
    t.check('total_not_negative', 'total >= 0'),
    t.references('tenant_id', 'tenants'),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
    t.isolatedBy('tenant_id', isolation),
  ],
)

const items = table(
  'items',
  { tenant_id: 'bigint', id: 'bigint', order_id: 'bigint', quantity: 'int', doubled: 'int' },
  (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.required('order_id', 'quantity'),
    t.generated({ doubled: 'quantity * 2' }),
    t.references(['tenant_id', 'order_id'], 'orders', { onDelete: 'cascade' }),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
    t.isolatedBy('tenant_id', isolation),
  ],
)

export const hybrid: Architecture = architecture('shop', {
  tables: { tenants, orders, items },
  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})

export const hybridTablesSql = `
do $$ begin create role app; exception when duplicate_object then null; end $$;
create table tenants (id bigint generated always as identity primary key, name text not null);
create table orders (
  tenant_id bigint not null references tenants,
  id bigint not null,
  total numeric(10,2) not null constraint total_not_negative check (total >= 0),
  note text,
  primary key (tenant_id, id)
) partition by list (tenant_id);
create table items (
  tenant_id bigint not null,
  id bigint not null,
  order_id bigint not null,
  quantity int not null,
  doubled int generated always as (quantity * 2) stored,
  primary key (tenant_id, id),
  foreign key (tenant_id, order_id) references orders on delete cascade
) partition by list (tenant_id);
grant select on tenants to app;
grant select, insert, update, delete on orders, items to app;
${policyFor('orders')}
${policyFor('items')}
`

export const apartRules = (declared: Architecture): readonly TenantApartRule[] =>
  declared.tables.flatMap((t) => t.rules).filter((r): r is TenantApartRule => r.kind === 'tenantApart')

/** The default partitions and the functions as Assay designs them. */
export const apartSql = apartRules(hybrid)
  .flatMap((rule) => tenantApart.design(rule, hybrid))
  .join('\n')

export const soundHybrid = `${hybridTablesSql}\n${apartSql}`
