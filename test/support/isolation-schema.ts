/** A sound multi-tenant schema in pieces, so that a test can put exactly one hole into it. */

export const tenantIs = (column = 'tenant_id'): string =>
  `${column} = nullif(current_setting('app.tenant_id', true), '')::bigint`

export const secured = (table: string): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;`

export const policyFor = (table: string, column = 'tenant_id'): string =>
  `${secured(table)}
create policy iso on ${table} using (${tenantIs(column)});`

export const tenantsSql = `
create table tenants (id bigint generated always as identity primary key, name text not null);
grant select on tenants to app;`

export const productsSql = (more = ''): string => `
create table products (
  id bigint generated always as identity primary key,
  tenant_id bigint not null references tenants,
  slug varchar(100) not null,
  price numeric(10,2) not null constraint price_not_negative check (price >= 0),
  unique (tenant_id, id)${more}
);
grant select, insert, update, delete on products to app;`

/** Tenants and products, isolated by one policy for every command. */
export const soundSql = `${tenantsSql}${productsSql(', unique (tenant_id, slug)')}${policyFor('products')}`

/** Items of a tenant that point at products by this key. */
export const itemsOf = (key: string): string => `${soundSql}
create table items (
  id bigint generated always as identity primary key,
  tenant_id bigint not null references tenants,
  product_id bigint not null,
  constraint items_product ${key}
);
grant select, insert, update, delete on items to app;${policyFor('items')}`

/** Products by year, and what more. */
export const eventsSql = (more: string): string => `
create table products (id bigint not null, tenant_id bigint not null, slug text, price int not null, at date not null,
  primary key (tenant_id, id, at)) partition by range (at);
create table products_2024 partition of products for values from ('2024-01-01') to ('2025-01-01');
create table products_2025 partition of products for values from ('2025-01-01') to ('2026-01-01');
grant select, insert, update, delete on products to app;${policyFor('products')}
${more}`
