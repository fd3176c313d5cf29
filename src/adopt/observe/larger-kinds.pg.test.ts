/** Triggers of kinds that larger databases have: state machines, booked balances, clocks, rows that are filled in. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { observedTriggers } from '../../../test/support/observe-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import type { ObservedTrigger } from './observed-trigger.ts'

const schema = `
  create table tenants (id bigint primary key, name text not null);
  create function tenant_id() returns bigint language sql stable as
    $$ select nullif(current_setting('app.tenant_id', true), '')::bigint $$;
  create function fill_tenant() returns trigger language plpgsql as
    $$ begin if new.tenant_id is null then new.tenant_id := tenant_id(); end if; return new; end $$;
  create function touch() returns trigger language plpgsql as
    $$ begin new.updated_at := clock_timestamp(); return new; end $$;
  create table items (id bigint primary key, tenant_id bigint not null references tenants, name text not null,
    updated_at timestamptz not null default now());
  create trigger fills before insert on items for each row execute function fill_tenant();
  create trigger touches before update on items for each row execute function touch();
  create type invoice_state as enum ('draft', 'sent', 'paid', 'void');
  create table invoices (id bigint primary key, state invoice_state not null default 'draft', paid_on date,
    check ((state = 'paid') = (paid_on is not null)));
  create function move() returns trigger language plpgsql as $$ begin
    if tg_op = 'INSERT' then
      if new.state <> 'draft' then raise exception 'starts as draft' using errcode = '23514'; end if;
      return new;
    end if;
    if (old.state, new.state) in (('draft', 'sent'), ('sent', 'paid'), ('sent', 'void')) then return new; end if;
    raise exception 'not from % to %', old.state, new.state using errcode = '23514'; end $$;
  create trigger moves before insert or update on invoices for each row execute function move();
  create table periods (id bigint primary key, closed boolean not null default false);
  create table journals (id bigint primary key, period_id bigint not null references periods);
  create function open_period() returns trigger language plpgsql as $$ begin
    if exists (select from periods p where p.id = new.period_id and p.closed) then
      raise exception 'closed' using errcode = '55006'; end if;
    return new; end $$;
  create trigger opened before insert on journals for each row execute function open_period();
  create type side as enum ('debit', 'credit');
  create table entries (tenant_id bigint not null references tenants, journal_id bigint not null, line int not null,
    side side not null, amount numeric not null check (amount > 0), primary key (tenant_id, journal_id, line));
  create function balance() returns trigger language plpgsql as $$ declare off numeric; begin
    select coalesce(sum(case side when 'debit' then amount else -amount end), 0) into off from entries
      where tenant_id = new.tenant_id and journal_id = new.journal_id;
    if off <> 0 then raise exception 'off by %', off; end if; return null; end $$;
  create constraint trigger balanced after insert on entries deferrable initially deferred
    for each row execute function balance();`

let server: Server
let seen: ReadonlyMap<string, ObservedTrigger>

beforeAll(async () => {
  server = await startServer({})
  seen = await observedTriggers(server, schema)
})
afterAll(() => server?.stop())

const calls = (id: string): readonly unknown[] => seen.get(id)!.calls.map(({ observed }) => observed)

test('a time of the clock is later than the transaction', () => {
  expect(calls('items/trigger:touches')).toContainEqual(
    expect.objectContaining({ leaves: expect.objectContaining({ updated_at: '> now()' }) }),
  )
})

test('what a setting fills in is seen where the row leaves it out', () => {
  expect(calls('items/trigger:fills')).toContainEqual(
    expect.objectContaining({ insert: { tenant_id: 'null' }, settings: { 'app.tenant_id': `'1001'` } }),
  )
})

test('each state is changed to each other one, with what a CHECK asks of it', () => {
  const all = JSON.stringify(calls('invoices/trigger:moves'))
  expect(all).toContain(`"state":"'paid'","paid_on":"'2024-01-01'"`)
  // No label comes before the first: nothing tells <> from > there.
  expect(seen.get('invoices/trigger:moves')!.mutants.left.map(({ summary }) => summary)).toEqual([
    expect.stringContaining(`new.state <> 'draft' becomes new.state > 'draft'`),
  ])
})

test('a parent in another state refuses its rows', () => {
  expect(calls('journals/trigger:opened')).toContainEqual(expect.objectContaining({ refused: '55006' }))
})

test('a trigger that takes no single row is shown by what it refuses, and by what its counterpart balances', () => {
  const observed = seen.get('entries/trigger:balanced')!
  expect(calls('entries/trigger:balanced')).toContainEqual(expect.objectContaining({ refused: 'P0001' }))
  expect(observed.findings.map(({ code }) => code)).not.toContain('adopt.trigger-in-the-way')
})
