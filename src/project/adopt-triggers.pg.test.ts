/** Triggers that look into other tables before they let a change through: adopted and proven. */
import { expect, test } from 'vitest'
import { findingsOf } from '../../test/support/adopted-sql.ts'

test('moves that a table lists, and stock that is taken while there is some', async () => {
  const { proven } = await findingsOf(`
create type order_state as enum ('draft', 'placed', 'paid', 'shipped', 'cancelled');
create table transitions (from_state order_state not null, to_state order_state not null, primary key (from_state, to_state));
create table customers (id bigint generated always as identity primary key, credit_limit numeric(12,2) not null default 0);
create table items (sku text primary key, stock int not null default 0 check (stock >= 0), gone_on date);
create table orders (id bigint generated always as identity primary key, customer_id bigint not null references customers,
  state order_state not null default 'draft', total numeric(12,2) not null default 0);
create table order_lines (order_id bigint not null references orders on delete cascade, line int not null,
  sku text not null references items, quantity int not null check (quantity between 1 and 999), primary key (order_id, line));
create function check_transition() returns trigger language plpgsql as $$
begin
  if new.state is distinct from old.state and not exists
      (select 1 from transitions t where t.from_state = old.state and t.to_state = new.state) then
    raise exception 'no way from % to %', old.state, new.state using errcode = 'P0409';
  end if;
  return new;
end $$;
create trigger check_transition before update of state on orders for each row execute function check_transition();
create function take_stock() returns trigger language plpgsql as $$
declare left_over int; gone date;
begin
  select stock, gone_on into left_over, gone from items where sku = new.sku for update;
  if gone <= current_date then raise exception '% is no longer sold', new.sku; end if;
  if left_over < new.quantity then raise exception 'only % left', left_over using errcode = 'P0002'; end if;
  update items set stock = stock - new.quantity where sku = new.sku;
  update orders set total = total + new.quantity where id = new.order_id;
  return new;
end $$;
create trigger take_stock before insert on order_lines for each row execute function take_stock();
create function within_limit() returns trigger language plpgsql as $$
begin
  if new.total > (select credit_limit from customers where id = new.customer_id) then
    raise exception 'over the limit';
  end if;
  return new;
end $$;
create trigger within_limit before update on orders for each row execute function within_limit();`)
  expect(proven.filter(({ code }) => code === 'trigger.set-aside')).toEqual([])
  expect(proven.filter(({ structure }) => structure === 'function:check_transition()')).toEqual([])
})

test('a trigger that forbids circles is seen to', async () => {
  const { proven } = await findingsOf(`
create table folders (id bigint generated always as identity primary key, parent_id bigint references folders on delete cascade,
  name text not null, check (parent_id is distinct from id));
create function no_circle() returns trigger language plpgsql as $$
begin
  if exists (with recursive up(id, parent_id) as (
      select f.id, f.parent_id from folders f where f.id = new.parent_id
      union select f.id, f.parent_id from folders f join up on f.id = up.parent_id) select 1 from up where id = new.id) then
    raise exception 'a folder is not below itself';
  end if;
  return new;
end $$;
create trigger no_circle before insert or update of parent_id on folders for each row when (new.parent_id is not null) execute function no_circle();`)
  // A new row is in no circle yet, one without a parent in none at all; each but the second asks of more than it has to.
  expect(
    proven
      .filter(({ code }) => code === 'mutant.survived')
      .map(({ summary }) => summary.replace(/^.*: /u, '')),
  ).toEqual([
    'f.id = up.parent_id becomes f.id <= up.parent_id',
    'nobody notices when it runs after the change, not before it',
    'nobody notices when it does not run on insert any more',
    'nobody notices when it runs without WHEN ((new.parent_id IS NOT NULL))',
    'nobody notices when it runs on every update, not only of parent_id',
  ])
})
