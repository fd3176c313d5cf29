-- What is for sale: a tree of categories, products, and how many of each are in stock.

create table categories (
  tenant_id bigint not null references tenants on delete restrict,
  id        bigint generated always as identity,
  parent_id bigint constraint categories_not_its_own_parent check (parent_id <> id),
  name      varchar(100) not null,
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, parent_id, name),
  foreign key (tenant_id, parent_id) references categories on delete restrict
);

alter table categories enable row level security;
alter table categories force row level security;
create policy tenant_isolation on categories to app using (tenant_id = current_tenant());
grant select, insert, update, delete on categories to app;

create table products (
  tenant_id   bigint not null references tenants on delete restrict,
  id          bigint generated always as identity,
  category_id bigint,
  slug        varchar(100) not null constraint products_slug_format check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name        varchar(255) not null,
  price       numeric(10,2) not null constraint products_price_not_negative check (price >= 0),
  metadata    jsonb not null default '{}',
  created_at  timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, slug),
  foreign key (tenant_id, category_id) references categories on delete restrict
);

comment on column products.price is 'In the currency of the tenant, without tax';

alter table products enable row level security;
alter table products force row level security;
create policy tenant_isolation on products to app using (tenant_id = current_tenant());
grant select, insert, update, delete on products to app;

create table inventory (
  tenant_id  bigint not null,
  product_id bigint not null,
  quantity   integer not null default 0 constraint inventory_never_negative check (quantity >= 0),
  primary key (tenant_id, product_id),
  foreign key (tenant_id, product_id) references products on delete cascade
);

alter table inventory enable row level security;
alter table inventory force row level security;
create policy tenant_isolation on inventory to app using (tenant_id = current_tenant());
grant select, insert, update, delete on inventory to app;
