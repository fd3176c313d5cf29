/** A shop with a schema per tenant: its declaration, and its migration with the functions as Assay designs them. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import { architecture } from '../../src/architecture/declare.ts'
import { schemaPerTenant, type TenantSchemaRule } from '../../src/architecture/kinds/tenant-schema.ts'
import { table } from '../../src/architecture/table.ts'
import { tenantSchema } from '../../src/rules/tenant-schema.ts'

const ownSchema = schemaPerTenant({
  prefix: 'tenant_',
  role: 'tenant',
  create: 'create_tenant',
  migrate: 'migrate_tenants',
  drop: 'drop_tenant',
})

const customers = table('template.customers', { id: 'bigint', email: 'varchar(80)' }, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.required('email'),
  t.unique('email'),
  t.visibleTo('tenant', ['select', 'insert', 'update', 'delete']),
  t.isolatedBy(ownSchema),
])

const orders = table(
  'template.orders',
  { id: 'bigint', customer_id: 'bigint', total: 'numeric(10,2)', state: 'text' },
  (t) => [
    t.identity('id'),
    t.primaryKey('id'),
    t.required('customer_id', 'total', 'state'),
    t.defaults({ state: `'open'` }),
    t.references('customer_id', 'template.customers'),
    t.check('total_not_negative', 'total >= 0'),
    t.indexed('customer_id'),
    t.visibleTo('tenant', { select: true, insert: true, update: ['total', 'state'] }),
    t.isolatedBy(ownSchema),
  ],
)

export const perTenant: Architecture = architecture('shop', {
  tables: { customers, orders },
  identity: {
    role: 'app',
    settings: (who: { tenant: string }) => ({ search_path: `"tenant_${who.tenant.replaceAll('"', '""')}"` }),
  },
})

export const tenantRules = (declared: Architecture): readonly TenantSchemaRule[] =>
  declared.tables.flatMap((t) => t.rules).filter((r): r is TenantSchemaRule => r.kind === 'tenantSchema')

export const templateSql = `
do $$ begin create role app; exception when duplicate_object then null; end $$;
do $$ begin create role tenant; exception when duplicate_object then null; end $$;
create schema template;
grant usage on schema template to tenant;
create table template.customers (
  id bigint generated always as identity primary key,
  email varchar(80) not null unique
);
create table template.orders (
  id bigint generated always as identity primary key,
  customer_id bigint not null references template.customers,
  total numeric(10,2) not null constraint total_not_negative check (total >= 0),
  state text not null default 'open'
);
create index on template.orders (customer_id);
grant select, insert, update, delete on template.customers to tenant;
grant select, insert, update (total, state) on template.orders to tenant;
`

/** The functions as \`assay design\` prints them. */
export const functionsSql = tenantRules(perTenant)
  .flatMap((rule) => tenantSchema.design(rule, perTenant))
  .join('\n')

export const soundTenants = `${templateSql}\n${functionsSql}`
