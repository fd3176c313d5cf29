-- Tenants, their users and the role that the application uses.
-- Every key starts with tenant_id: no key of one tenant can ever collide with, or point to, another tenant's row.

do $$ begin
  create role app;
exception when duplicate_object then null;
end $$;

-- Who is asking: NULL (nobody) when no tenant is set, also when SET LOCAL has left '' behind.
create function current_tenant() returns bigint
  language sql stable
  return nullif(current_setting('app.tenant_id', true), '')::bigint;

create table tenants (
  id         bigint generated always as identity primary key,
  slug       varchar(63) not null unique constraint tenants_slug_format check (slug ~ '^[a-z][a-z0-9-]*$'),
  name       varchar(255) not null,
  created_at timestamptz not null default now()
);

alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_isolation on tenants to app using (id = current_tenant());
grant select on tenants to app;

create table users (
  tenant_id  bigint not null references tenants on delete restrict,
  id         bigint generated always as identity,
  email      varchar(320) not null constraint users_email_format check (email ~ '^[^@\s]+@[^@\s]+\.[a-z]{2,}$'),
  name       varchar(255) not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);

create unique index users_tenant_email on users (tenant_id, lower(email));

alter table users enable row level security;
alter table users force row level security;
create policy tenant_isolation on users to app using (tenant_id = current_tenant());
grant select, insert, update, delete on users to app;

create table profiles (
  tenant_id bigint not null,
  user_id   bigint not null,
  bio       text,
  born_on   date constraint profiles_born_in_the_past check (born_on <= current_date),
  settings  jsonb not null default '{}' constraint profiles_settings_is_object check (jsonb_typeof(settings) = 'object'),
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references users on delete cascade
);

alter table profiles enable row level security;
alter table profiles force row level security;
create policy tenant_isolation on profiles to app using (tenant_id = current_tenant());
grant select, insert, update, delete on profiles to app;
