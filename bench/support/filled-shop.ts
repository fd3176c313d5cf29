/** A schema whose tables have what slows rows down: keys, foreign keys, CHECKs, a partitioned table, policies, a trigger. */
export const filledShop = `
create type order_state as enum ('draft', 'paid', 'shipped', 'returned');
create domain email_address as text check (value ~ '^[^@ ]+@[^@ ]+$');
create table tenants (id bigint generated always as identity primary key, name text not null unique);
create table users (
  id bigint generated always as identity primary key,
  tenant_id bigint not null references tenants,
  email email_address not null,
  full_name text not null,
  created_at timestamptz not null default now(),
  unique (tenant_id, email), unique (tenant_id, id)
);
create table products (
  id bigint generated always as identity primary key,
  tenant_id bigint not null references tenants,
  sku varchar(20) not null, title text not null,
  price numeric(10,2) not null check (price > 0),
  unique (tenant_id, sku), unique (tenant_id, id)
);
create table orders (
  id bigint generated always as identity primary key,
  tenant_id bigint not null references tenants,
  user_id bigint not null,
  product_id bigint not null,
  state order_state not null,
  quantity int not null check (quantity between 1 and 100),
  total numeric(12,2) not null check (total >= 0),
  note text,
  ordered_at timestamptz not null,
  shipped_at timestamptz,
  foreign key (tenant_id, user_id) references users (tenant_id, id),
  foreign key (tenant_id, product_id) references products (tenant_id, id),
  check (shipped_at is null or shipped_at >= ordered_at)
);
create index on orders (user_id, ordered_at);
alter table orders enable row level security;
alter table orders force row level security;
create policy own on orders using (tenant_id = current_setting('app.tenant')::bigint);`
