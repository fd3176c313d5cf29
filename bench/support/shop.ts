/** A small schema with sixteen experiments and the mutants of its structures, written by hand as the sketches had them. */
import type { Experiment, World } from '../../src/rules/experiment.ts'

export const shopSchema = `
  create role app nologin;
  create table tenants (id bigint primary key);
  create table products (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    slug varchar(100) not null constraint slug_format check (slug ~ '^[a-z]+$'),
    name varchar(255) not null,
    price numeric(10, 2) not null constraint price_not_negative check (price >= 0),
    created_at timestamptz not null default now(),
    constraint products_slug unique (tenant_id, slug)
  );
  alter table products enable row level security;
  alter table products force row level security;
  create policy own on products using (tenant_id = current_setting('app.tenant', true)::bigint);
  grant select, insert on products to app;`

const world: World = { id: 'products', statements: ['insert into tenants values (1), (2)'] }

const insert = (values: Readonly<Record<string, string>> = {}): string => {
  const row = { tenant_id: '1', slug: `'a'`, name: `'n'`, price: '1', ...values }
  return `insert into products (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`
}

const whens: readonly (readonly string[])[] = [
  [insert()],
  [insert({ price: '0' })],
  [insert({ price: '-0.01' })],
  [insert({ slug: `'A B'` })],
  [insert({ slug: 'null' })],
  [insert({ tenant_id: 'null' })],
  [insert({ name: 'null' })],
  [insert({ price: 'null' })],
  [insert({ tenant_id: '99' })],
  [insert(), insert()],
  [insert(), insert({ tenant_id: '2' })],
  [insert({ slug: `repeat('a', 101)` })],
  [insert({ slug: `repeat('a', 100)` })],
  [insert(), 'delete from tenants where id = 1'],
  [insert(), 'select created_at is not null from products'],
  [insert({ name: `repeat('n', 255)` })],
]

export const shopExperiments: readonly Experiment[] = whens.map((when, n) => ({
  id: `products/bench#${n + 1}`,
  rule: 'products/bench',
  title: `case ${n + 1}`,
  world,
  given: [],
  when,
  then: { kind: 'accepted' },
}))

export const shopMutants: readonly (readonly string[])[] = [
  ['alter table products drop constraint products_slug'],
  ['alter table products drop constraint price_not_negative'],
  ['alter table products drop constraint slug_format'],
  ['alter table products drop constraint products_tenant_id_fkey'],
  ['alter table products alter slug drop not null'],
  ['alter table products alter price drop not null'],
  ['alter table products alter created_at drop default'],
  ['drop policy own on products'],
  ['alter table products no force row level security'],
  ['alter policy own on products using (true)'],
  ['alter table products alter slug type varchar(101)'],
  ['alter table products drop constraint products_slug, add constraint products_slug unique (tenant_id)'],
  [
    'alter table products drop constraint price_not_negative, add constraint price_not_negative check (price > 0)',
  ],
  [
    'alter table products drop constraint products_tenant_id_fkey, add constraint products_tenant_id_fkey foreign key (tenant_id) references tenants',
  ],
]
