/** Partitions of every shape, and tables that inherit: printed as a person would write them, and proven from what is printed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../../../test/support/compile.ts'
import { named, printLab, unformatted, type PrintedLab } from '../../../test/support/printed-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { prove } from '../../prove/prove.ts'
import type { ProveResult } from '../../prove/result.ts'

const schema = `
  create schema "other Schema";
  create table customers (id int primary key);
  create table "pay ""ments" (id int not null, customer_id int not null, note text, paid_at timestamptz not null default now(),
    primary key (paid_at, id)) partition by range (paid_at);
  create table payments_01 (note text default 'old', paid_at timestamptz not null default now(), customer_id int not null,
    id int not null, constraint customer foreign key (customer_id) references customers, constraint "it's" check (id > 0));
  create index by_customer on payments_01 (customer_id);
  alter table "pay ""ments" attach partition payments_01 for values from ('2022-01-01') to ('2022-02-01');
  grant usage on schema "other Schema" to public;
  create table "other Schema".payments_02 partition of "pay ""ments" (note not null, constraint short check (length(note) < 10))
    for values from ('2022-02-01') to ('2022-03-01');
  create unique index on "other Schema".payments_02 (note);
  grant select on "other Schema".payments_02 to public;
  create table payments_03 partition of "pay ""ments" for values from ('2022-03-01') to ('2022-04-01');

  create table readings (tenant_id int not null, taken_on date not null, value numeric not null, primary key (tenant_id, taken_on))
    partition by range (tenant_id, taken_on);
  create table readings_a partition of readings for values from (minvalue, minvalue) to (10, '2024-01-01');
  create table readings_b partition of readings for values from (10, '2024-01-01') to (20, '2024-01-01');
  create table "other Schema"."c ""c""" partition of readings for values from (20, '2024-01-01') to (30, maxvalue);
  create table visits (id bigint not null, region text not null) partition by list (lower(region));
  create table visits_eu partition of visits for values in ('de', 'it''s');
  create table visits_rest partition of visits default;
  create table events (tenant_id int not null references customers, id uuid not null, primary key (tenant_id, id))
    partition by hash (tenant_id, id);
  create table events_0 partition of events for values with (modulus 2, remainder 0);
  create table events_1 partition of events for values with (modulus 4, remainder 1);
  create table events_3 partition of events for values with (modulus 4, remainder 3);
  create table meters (n bigint primary key) partition by range (n);
  create table meters_low partition of meters for values from (minvalue) to (100);
  create table meters_high partition of meters for values from (500) to (1000);
  create table sales (id int not null, sold_at timestamp not null) partition by range (sold_at);
  create table sales_old partition of sales for values from (minvalue) to ('2023-01-01');
  create table sales_2023 partition of sales for values from ('2023-01-01') to ('2024-01-01');

  create table orders (id int not null, country text, placed_on date not null, total numeric not null) partition by list (country);
  create table orders_north partition of orders for values in ('se', null);
  create table orders_south partition of orders for values in ('it') partition by range (placed_on);
  create table orders_south_old partition of orders_south for values from (minvalue) to ('2024-01-01');
  create table orders_south_new partition of orders_south (constraint dear check (total >= 5)) for values from ('2024-01-01') to (maxvalue);
  create index on orders_south (total);
  create table orders_rest partition of orders default partition by hash (id);
  create table orders_rest_0 partition of orders_rest for values with (modulus 2, remainder 0);
  create table orders_rest_1 partition of orders_rest for values with (modulus 2, remainder 1);

  create table people (id int primary key, name text not null default 'x', constraint short check (length(name) < 50),
    constraint only_here check (id > 0) no inherit);
  create table workers (salary numeric(8,2) not null check (salary > 0)) inherits (people);
  alter table workers add primary key (id);
  create table bosses (title text default 'boss', constraint named check (title <> '')) inherits (workers);
  create table taggable (tag text not null default 'none', name text);
  create table "tagged ""people" (extra int[]) inherits (people, taggable);
  create table twins (like people) inherits (people);
  do $$ begin if not exists (select from pg_roles where rolname = 'keeper') then create role keeper; end if; end $$;
  grant select, update (name) on people, workers, bosses to keeper;
  comment on table people is 'people'; comment on table workers is 'people';
  create index on people (name); create index on workers (name);
  create table accounts (id int not null, name text default 'x'); create table closed () inherits (accounts);
  grant select on accounts, closed to keeper;
  alter table accounts enable row level security; alter table closed enable row level security;
  create policy mine on accounts to keeper using (name = current_setting('app.name', true));
  create policy mine on closed to keeper using (name = current_setting('app.name', true));
`

let server: Server
let lab: PrintedLab
let result: ProveResult
beforeAll(async () => {
  server = await startServer({})
  lab = await printLab(server, schema)
  const template = await server.createDatabase('partitions')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  result = await prove({
    architecture: lab.architecture,
    server,
    template,
    steps: ['red', 'green', 'mutate'],
    only: [],
    startSeconds: 0,
  })
})
afterAll(() => server.stop())

const textOf = (): string => lab.printed.files.map(({ text }) => text).join('\n')

describe('partitions', () => {
  test('are claimed, every one', async () => {
    expect(lab.groundless).toEqual([])
    expect(new Set(lab.unclaimed)).toEqual(named(lab))
    expect(lab.unclaimed).toEqual([])
    expect(await unformatted(lab.printed)).toEqual([])
  })

  test('are declared by what is their own, and in the shape that they have', () => {
    const text = textOf()
    for (const part of [
      `partition('payments_01', payMents, (t) => [
  t.defaults({ note: \`'old'\` }),
  t.check(\`it's\`, 'id > 0'),
  t.references('customer_id', 'customers'),
  t.indexed('customer_id'),
])`,
      `partition('other Schema.payments_02', payMents, (t) => [
  t.required('note'),`,
      `t.partitions('range (tenant_id, taken_on)', {`,
      `t.partitions('list (lower(region))', { eu: \`in ('de', 'it''s')\`, rest: 'default' })`,
      `t.partitions('hash (tenant_id, id)', {`,
      `t.partitions('range (sold_at)')`,
      `partition('orders_south_new', ordersSouth, (t) => [`,
    ])
      expect(text).toContain(part)
    expect(text).not.toContain('payments_03')
  })

  test('are typed by their whole', async () => {
    const files = Object.fromEntries(lab.printed.files.map(({ path, text }) => [path, text]))
    expect((await compile(files)).errors).toEqual([])
  })

  test('are proven: everything is green, and was red', () => {
    const faults = result.rules.flatMap((rule) => [
      ...rule.experiments.flatMap((one) =>
        one.holds ? [] : [`${rule.id}: ${one.experiment.title}: ${one.difference}`],
      ),
      ...rule.unsolved.map((one) => `${rule.id}: ${one.summary}`),
      ...(rule.red?.proven ? [] : [`${rule.id} is not red: ${rule.red?.why}`]),
    ])
    expect(faults).toEqual([])
    expect(result.rules.length).toBeGreaterThan(100)
  })

  test('what a table that inherits can lose alone is stated of it', () => {
    const text = textOf()
    const workers = text.slice(text.indexOf(`table(\n  'workers'`), text.indexOf(`table(\n  'bosses'`))
    expect(workers).toContain(`t.visibleTo('keeper', { select: true, update: ['name'] })`)
    expect(workers).toContain(`t.indexed('name')`)
    expect(workers).toContain(`t.says('people')`)
    expect(text.slice(text.indexOf(`'closed'`))).toContain('t.policies({')
    const killed = result.structures.flatMap((s) => s.mutants).filter((m) => m.verdict === 'killed')
    for (const id of [
      'workers/grant:keeper',
      'closed/policy:mine',
      'closed/rowSecurity',
      'closed/default:name',
    ])
      expect(
        killed.filter((m) => m.structure === id),
        id,
      ).not.toEqual([])
  })

  test('have no broken form that nobody notices', () => {
    const mutants = result.structures.flatMap((s) => s.mutants)
    expect(
      mutants.filter((m) => ['survived', 'unsolved'].includes(m.verdict)).map((m) => `${m.id}: ${m.why}`),
    ).toEqual([])
    expect(
      mutants.filter((m) => m.structure.includes('/partition:') && m.verdict === 'killed').length,
    ).toBeGreaterThan(30)
  })
})
