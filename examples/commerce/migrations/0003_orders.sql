-- Orders and their items. A user with orders cannot be deleted; an order takes its items with it.

create type order_status as enum ('pending', 'paid', 'shipped', 'delivered', 'cancelled');

create table orders (
  tenant_id  bigint not null,
  id         bigint generated always as identity,
  user_id    bigint not null,
  status     order_status not null default 'pending',
  ordered_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete restrict
);

-- Serves the newest orders of a user.
create index orders_recent on orders (tenant_id, user_id, ordered_at desc, id desc);

alter table orders enable row level security;
alter table orders force row level security;
create policy tenant_isolation on orders to app using (tenant_id = current_tenant());
grant select, insert, update, delete on orders to app;

create table order_items (
  tenant_id  bigint not null,
  order_id   bigint not null,
  line       smallint not null,
  product_id bigint not null,
  quantity   integer not null constraint order_items_quantity_positive check (quantity > 0),
  unit_price numeric(10,2) not null constraint order_items_unit_price_not_negative check (unit_price >= 0),
  subtotal   numeric(14,2) generated always as (quantity * unit_price) stored,
  primary key (tenant_id, order_id, line),
  foreign key (tenant_id, order_id) references orders on delete cascade,
  foreign key (tenant_id, product_id) references products on delete restrict
);

alter table order_items enable row level security;
alter table order_items force row level security;
create policy tenant_isolation on order_items to app using (tenant_id = current_tenant());
grant select, insert, update, delete on order_items to app;
