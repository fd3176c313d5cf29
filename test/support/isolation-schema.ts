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
