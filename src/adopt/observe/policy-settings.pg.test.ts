/** What a role may see depends on a setting: a write without it is refused in a fresh session, and otherwise in one that had it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { observeSchema } from '../../../test/support/observe-lab.ts'
import { runAs } from '../../../test/support/rule-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import type { ObservedTrigger } from './observed-trigger.ts'

const schema = `
  create table products (id int primary key, tenant_id bigint not null, price numeric not null check (price > 0));
  alter table products enable row level security;
  create policy mine on products using (tenant_id = current_setting('app.tenant')::bigint);
  create table lines (id int primary key, product_id int not null references products, amount numeric);
  create function set_amount() returns trigger language plpgsql as $$ begin
    select p.price into new.amount from products p where p.id = new.product_id; return new; end $$;
  create trigger set_amount before insert on lines for each row execute function set_amount();
  grant select, insert on products, lines to seller;`

let server: Server
let observed: readonly ObservedTrigger[]
beforeAll(async () => {
  server = await startServer({})
  await runAs(server, 'postgres', 'administrator', 'create role seller')
  observed = (await observeSchema(server, schema)).observed
})
afterAll(() => server.stop())

test('writes of a role say the settings that the policies ask for, and none is refused for want of one', () => {
  const calls = observed.flatMap((one) => one.calls)
  expect(calls.length).toBeGreaterThan(0)
  expect(calls.filter(({ sentence }) => sentence.includes('unrecognized configuration'))).toEqual([])
  for (const { observed: option } of calls)
    if (option.as !== undefined) expect(Object.keys(option.settings ?? {})).toEqual(['app.tenant'])
})
