/** The changes that bench/online.ts runs under a live load: what stands before, and the SQL that says what is to stand. */

export interface OnlineCase {
  readonly name: string
  /** Runs on the shop with its rows, before anybody writes. */
  readonly before?: string
  /** From there to what is wanted, in the plainest way. */
  readonly after: string
  /** A query that answers true on the database with its rows, once the change is made. */
  readonly holds?: string
  /** Why PostgreSQL has no way that writers do not wait for: design says so in a finding. */
  readonly blocks?: string
  /** PostgreSQL knows it from this major version on. */
  readonly since?: number
}

/** Writers touch each of these tables all the time: they write what holds before and after every change. */
export const shopSql = (rows: number): string => {
  const parts = 4
  const width = Math.ceil(rows / parts)
  const partition = (n: number): string =>
    `create table parts_${n} partition of parts for values from (${n * width}) to (${n === parts - 1 ? 'maxvalue' : (n + 1) * width});`
  return `
create type mood as enum ('good', 'bad', 'ugly');
create domain pieces as integer;
create type place as (street text, city text);
create sequence numbers;
create table customers (id bigint primary key, name text not null, ref integer, wrote integer not null default 0);
create table big (
  id bigint primary key, customer_id bigint not null, parent_id bigint, code varchar(20) not null,
  status text default 'new', amount numeric(10, 2) not null, qty integer not null, pieces pieces,
  feeling mood not null default 'good', note text, tags text[] not null, data jsonb not null,
  legacy text, placed timestamptz not null default '2024-01-01', span int4range not null, spot point not null,
  doubled integer generated always as (qty * 2) stored, wrote integer not null default 0
);
create table lines (id bigint primary key, big_id bigint not null, n integer, wrote integer not null default 0);
create table parts (id bigint not null, customer_id bigint not null, n integer, kind text not null, wrote integer not null default 0) partition by range (id);
${Array.from({ length: parts }, (_, n) => partition(n)).join('\n')}
create table deep (id bigint not null, region text not null, n integer, wrote integer not null default 0) partition by list (region);
create table deep_north partition of deep for values in ('north') partition by range (id);
create table deep_north_low partition of deep_north for values from (0) to (${Math.ceil(rows / 4)});
create table deep_north_high partition of deep_north for values from (${Math.ceil(rows / 4)}) to (maxvalue);
create table deep_south partition of deep for values in ('south');`
}

/** Ids from 0; customers a tenth, lines and the partitioned tables a quarter and all of the number. */
export const rowsSql = (rows: number): readonly string[] => {
  const customers = Math.ceil(rows / 10)
  return [
    `insert into customers select i, 'Name ' || i, i from generate_series(0, ${customers - 1}) i`,
    `insert into big (id, customer_id, parent_id, code, amount, qty, pieces, note, tags, data, span, spot)
     select i, i % ${customers}, nullif(i / 2, i), 'C-' || i, 1 + i % 1000, 1 + i % 10, i % 7, 'note ' || i, array['a' || i % 100, 'b'],
       jsonb_build_object('k', i % 1000), int4range(i * 2, i * 2 + 1), point(i % 1000, i / 1000)
     from generate_series(0, ${rows - 1}) i`,
    `insert into lines select i, i * 4, i % ${customers} from generate_series(0, ${Math.ceil(rows / 4) - 1}) i`,
    `insert into parts select i, i % ${customers}, i % 10, 'kind ' || i % 5 from generate_series(0, ${rows - 1}) i`,
    `insert into deep select i, case when i % 2 = 0 then 'north' else 'south' end, i % 10 from generate_series(0, ${Math.ceil(rows / 2) - 1}) i`,
    `select setval('numbers', ${rows})`,
    'vacuum analyze',
  ]
}

const computed = 'each row gets another value of its own: PostgreSQL writes the table anew'

/** The next number is none that a row has. */
const numbersOn = `select nextval(pg_get_serial_sequence('lines', 'id')) > (select max(id) from lines)`

const columns: readonly OnlineCase[] = [
  { name: 'add a column', after: 'alter table big add column extra text' },
  {
    name: 'add a column with a constant default, NOT NULL',
    after: `alter table big add column extra integer not null default 7`,
  },
  {
    name: 'add a column whose default differs from row to row',
    after: `alter table big add column extra uuid; alter table big alter column extra set default gen_random_uuid()`,
  },
  { name: 'drop a column', after: 'alter table big drop column legacy' },
  { name: 'set a default', after: `alter table big alter column qty set default 1` },
  { name: 'drop a default', after: 'alter table big alter column status drop default' },
  { name: 'set NOT NULL', after: 'alter table big alter column note set not null' },
  { name: 'drop NOT NULL', after: 'alter table big alter column code drop not null' },
  {
    name: 'varchar(20) becomes varchar(40), under a CHECK and an index',
    before: `alter table big add constraint code_known check (code <> ''); create index on big (code)`,
    after: 'alter table big alter column code type varchar(40)',
  },
  {
    name: 'varchar(20) becomes text, under a unique key',
    before: 'alter table big add unique (code)',
    after: 'alter table big alter column code type text',
  },
  {
    name: 'numeric(10, 2) becomes numeric(12, 2)',
    after: 'alter table big alter column amount type numeric(12, 2)',
  },
  {
    name: 'integer becomes bigint',
    after: 'alter table big alter column qty type bigint',
    before: 'alter table big drop column doubled',
    blocks: 'stored in another way: PostgreSQL writes the table anew',
  },
  {
    name: 'text becomes varchar(50)',
    after: 'alter table big alter column note type varchar(50)',
    blocks: 'every value is looked at, and the table is written anew',
  },
  {
    name: 'add a stored generated column',
    after: 'alter table big add column total numeric generated always as (amount * 2) stored',
    blocks: computed,
  },
  {
    name: 'add a virtual generated column',
    after: 'alter table big add column total numeric generated always as (amount * 2) virtual',
    since: 18,
  },
  {
    name: 'a generated column becomes a plain one',
    after: 'alter table big alter column doubled drop expression',
  },
  {
    name: 'a generated column computes another thing',
    after:
      'alter table big drop column doubled; alter table big add column doubled integer generated always as (qty * 3) stored',
    blocks: computed,
  },
  {
    name: 'a key numbers itself',
    after: 'alter table lines alter column id add generated by default as identity',
    holds: numbersOn,
  },
  {
    name: 'a self-numbering key takes larger steps',
    before: `alter table lines alter column id add generated by default as identity; select setval(pg_get_serial_sequence('lines', 'id'), max(id)) from lines`,
    after: 'alter table lines alter column id set increment by 10 set cache 5',
    holds: numbersOn,
  },
]

const constraints: readonly OnlineCase[] = [
  { name: 'add a CHECK', after: 'alter table big add constraint qty_positive check (qty > 0)' },
  {
    name: 'a CHECK says another thing',
    before: 'alter table big add constraint qty_positive check (qty >= 0)',
    after:
      'alter table big drop constraint qty_positive; alter table big add constraint qty_positive check (qty > 0)',
  },
  {
    name: 'drop a CHECK',
    before: 'alter table big add constraint qty_positive check (qty > 0)',
    after: 'alter table big drop constraint qty_positive',
  },
  { name: 'add a unique key', after: 'alter table big add unique (code)' },
  {
    name: 'add a primary key on a column that allows null',
    before:
      'alter table big drop constraint big_pkey; create unique index on big (id); alter table big alter column id drop not null',
    after: 'alter table big add primary key (id)',
  },
  {
    name: 'a primary key of other columns',
    after: 'alter table big drop constraint big_pkey; alter table big add primary key (id, code)',
  },
  {
    name: 'a unique key that a foreign key points to gets a column beside it',
    before: `alter table customers add constraint customers_ref unique (ref); alter table customers alter column ref set not null;
      alter table lines add constraint lines_n foreign key (n) references customers (ref)`,
    after: `alter table lines drop constraint lines_n; alter table customers drop constraint customers_ref;
      alter table customers add constraint customers_ref unique (ref) include (name); alter table lines add constraint lines_n foreign key (n) references customers (ref)`,
  },
  {
    name: 'add a foreign key to another table',
    after: 'alter table big add foreign key (customer_id) references customers',
  },
  {
    name: 'add a foreign key to the table itself',
    after: 'alter table big add foreign key (parent_id) references big',
  },
  {
    name: 'add a foreign key from another table',
    after: 'alter table lines add foreign key (big_id) references big',
  },
  {
    name: 'a foreign key with another action',
    before: 'alter table big add constraint of_customer foreign key (customer_id) references customers',
    after: `alter table big drop constraint of_customer;
      alter table big add constraint of_customer foreign key (customer_id) references customers on delete cascade`,
  },
  {
    name: 'drop a foreign key',
    before: 'alter table big add constraint of_customer foreign key (customer_id) references customers',
    after: 'alter table big drop constraint of_customer',
  },
  {
    name: 'add an exclusion constraint (on a quarter of the rows)',
    after: 'alter table lines add exclude using gist (int8range(id, id + 1) with &&)',
    blocks:
      'PostgreSQL builds the index of an exclusion constraint under a lock, and has no CONCURRENTLY for it',
  },
]

const indexes: readonly OnlineCase[] = [
  { name: 'add a B-tree index', after: 'create index on big (customer_id)' },
  {
    name: 'add a unique index with a predicate',
    after: `create unique index on big (code) where status = 'new'`,
  },
  { name: 'add an index on an expression', after: 'create index on big (lower(note))' },
  { name: 'add an index with INCLUDE', after: 'create index on big (customer_id desc) include (amount)' },
  { name: 'add a hash index', after: 'create index on big using hash (code)' },
  { name: 'add a GIN index on an array', after: 'create index on big using gin (tags)' },
  { name: 'add a GIN index on jsonb', after: 'create index on big using gin (data jsonb_path_ops)' },
  { name: 'add a GiST index', after: 'create index on big using gist (spot)' },
  { name: 'add an SP-GiST index', after: 'create index on big using spgist (spot)' },
  { name: 'add a BRIN index', after: 'create index on big using brin (placed)' },
  {
    name: 'an index of other columns',
    before: 'create index of_customer on big (customer_id)',
    after: 'drop index of_customer; create index of_customer on big (customer_id, placed)',
  },
  {
    name: 'drop an index',
    before: 'create index of_customer on big (customer_id)',
    after: 'drop index of_customer',
  },
]

const partitioned: readonly OnlineCase[] = [
  {
    name: 'partitioned: add a column',
    after: 'alter table parts add column extra integer not null default 7',
  },
  { name: 'partitioned: set NOT NULL', after: 'alter table parts alter column n set not null' },
  { name: 'partitioned: add a CHECK', after: 'alter table parts add check (n >= 0)' },
  { name: 'partitioned: add an index', after: 'create index on parts (customer_id)' },
  {
    name: 'partitioned: drop an index',
    before: 'create index of_customer on parts (customer_id)',
    after: 'drop index of_customer',
  },
  { name: 'partitioned: add a primary key', after: 'alter table parts add primary key (id)' },
  { name: 'partitioned in two levels: add an index', after: 'create index on deep (n)' },
  {
    name: 'partitioned in two levels: add a primary key',
    after: 'alter table deep add primary key (id, region)',
  },
  {
    name: 'partitioned: add a foreign key',
    after: 'alter table parts add foreign key (customer_id) references customers',
  },
  {
    name: 'partitioned in two levels: add a foreign key',
    before: 'alter table customers add unique (ref)',
    after: 'alter table deep add foreign key (n) references customers (ref)',
  },
  {
    name: 'partitioned: add a foreign key to it',
    before: 'alter table parts add primary key (id)',
    after: 'alter table lines add foreign key (big_id) references parts (id)',
  },
  {
    name: 'partitioned: the first DEFAULT partition',
    after: 'create table parts_rest partition of parts default',
  },
]

const types: readonly OnlineCase[] = [
  { name: 'add a label to an enum', after: `alter type mood add value 'fine' after 'good'` },
  {
    name: 'take a label from an enum',
    after: `alter table big alter column feeling drop default; alter type mood rename to mood_before; create type mood as enum ('good', 'bad');
      alter table big alter column feeling type mood using feeling::text::mood; alter table big alter column feeling set default 'good'; drop type mood_before`,
    blocks: 'a label never goes: the type is made anew, and the table is written anew',
  },
  {
    name: 'add a CHECK to a domain',
    after: 'alter domain pieces add constraint few check (value < 1000)',
    blocks: 'PostgreSQL reads every table that uses the domain under a lock against writes',
  },
  { name: 'a domain gets a default', after: 'alter domain pieces set default 3' },
  {
    name: 'add an attribute to a composite type',
    after: 'alter type place add attribute zip text',
  },
  {
    name: 'a sequence takes larger steps',
    before: `alter table big alter column qty set default nextval('numbers')`,
    after: 'alter sequence numbers increment by 10 cache 5',
    holds: `select nextval('numbers') > (select count(*) from big) / 2`,
  },
]

const others: readonly OnlineCase[] = [
  { name: 'a view', after: 'create view open_big as select id, code from big where qty > 0' },
  {
    name: 'a view with a column more in the middle',
    before:
      'create view open_big as select id, code from big; create view of_open as select id from open_big',
    after:
      'drop view of_open; drop view open_big; create view open_big as select id, qty, code from big; create view of_open as select id from open_big',
  },
  {
    name: 'a materialized view with its index',
    after:
      'create materialized view totals as select customer_id, sum(amount) as total from big group by 1; create unique index on totals (customer_id)',
  },
  {
    name: 'a function and a trigger',
    after: `create function touch() returns trigger language plpgsql as 'begin return new; end';
      create trigger touched before update on big for each row execute function touch()`,
  },
  {
    name: 'a trigger fires for other events, its function does another thing',
    before: `create function touch() returns trigger language plpgsql as 'begin return new; end';
      create trigger touched before update on big for each row execute function touch()`,
    after: `create or replace function touch() returns trigger language plpgsql as 'begin new.note := ''x''; return new; end';
      drop trigger touched on big; create trigger touched before insert or update on big for each row execute function touch()`,
  },
  {
    name: 'row-level security with a policy',
    after: 'alter table big enable row level security; create policy own on big using (customer_id >= 0)',
  },
  {
    name: 'a policy says another thing',
    before: 'alter table big enable row level security; create policy own on big using (customer_id >= 0)',
    after: 'drop policy own on big; create policy own on big using (customer_id >= -1)',
  },
  { name: 'extended statistics', after: 'create statistics pairs on customer_id, qty from big' },
  {
    name: 'a comment',
    after: `comment on column big.code is 'as printed'; comment on table big is 'orders'`,
  },
  { name: 'rights', after: 'grant select (id, code) on big to public; grant select on customers to public' },
  {
    name: 'storage settings',
    after:
      'alter table big set (fillfactor = 80); alter table big alter column note set storage external; alter table big alter column note set statistics 500',
  },
  {
    name: 'storage settings that change',
    before: 'alter table big set (fillfactor = 80, autovacuum_enabled = false)',
    after: 'alter table big set (fillfactor = 70)',
  },
  {
    name: 'a new table that points to it',
    after: 'create table notes (id bigint primary key, big_id bigint references big)',
  },
  {
    name: 'drop a table that points to it',
    before: 'create table notes (id bigint primary key, big_id bigint references big)',
    after: 'drop table notes',
  },
  {
    name: 'three of them at once: a column, a CHECK and an index',
    after: `alter table big add column extra integer; alter table big add constraint extra_positive check (extra > 0); create index on big (extra)`,
  },
]

export const onlineCases: readonly OnlineCase[] = [
  ...columns,
  ...constraints,
  ...indexes,
  ...partitioned,
  ...types,
  ...others,
]
