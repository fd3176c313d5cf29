import { describe, expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create table "the teams" (id int primary key, "the state" text not null default 'draft', most int not null, version int not null default 1);
create table members (id int primary key, team_id int not null references "the teams", email text not null, role text not null);
create table badges (id int primary key, member_id int not null references members);
create table switches (name text primary key, value text not null);
create table votes (id int primary key, voter text not null);
create table approvals (id int primary key, team_id int not null references "the teams", by_email text not null);
create table docs (id int primary key, tenant text not null);
create table coupons (code text primary key, uses int not null, max_uses int not null);
create table redemptions (id int primary key, code text not null references coupons);
create table goods (sku text primary key, stock int not null check (stock >= 0), gone_on date, sold_from timestamptz, price numeric(10,2) not null);
create table sales (id int primary key, sku text not null references goods, quantity int not null, price numeric(10,2));
create table buyers (id int primary key, budget numeric not null default 0);
create table carts (id int primary key, buyer_id int not null references buyers, total numeric not null default 0);
create table cart_lines (id int primary key, cart_id int not null references carts, price numeric not null check (price > 500));
create table customers (id int primary key, is_blocked boolean not null, credit numeric not null check (credit >= 0), contract daterange);
create table invoices (id int primary key, customer_id int not null references customers, total numeric not null check (total > 100), on_day date not null check (on_day > '2030-01-01'));

create function open_team() returns trigger language plpgsql as $$ declare s text; begin
  select "the state" into s from "the teams" where id = new.team_id;
  if s <> 'It''s open' then raise exception 'not open'; end if;
  if (select count(*) from members where team_id = new.team_id) >= (select most from "the teams" where id = new.team_id)
    then raise exception 'full'; end if;
  return new; end $$;
create trigger open_team before insert on members for each row execute function open_team();
create function next_version() returns trigger language plpgsql as $$ begin
  if new.version <> old.version + 1 then raise exception 'stale'; end if; return new; end $$;
create trigger next_version before update on "the teams" for each row execute function next_version();
create function switched_on() returns trigger language plpgsql as $$ declare v text; begin
  select value into strict v from switches where name = 'voting';
  if v <> 'on' then raise exception 'off'; end if; return new; end $$;
create trigger switched_on before insert on votes for each row execute function switched_on();
create function by_owner() returns trigger language plpgsql as $$ begin
  if not exists (select 1 from members m where m.team_id = new.team_id and m.email = new.by_email and m.role = 'owner')
    then raise exception 'not an owner'; end if; return new; end $$;
create trigger by_owner before insert on approvals for each row execute function by_owner();
create function own_tenant() returns trigger language plpgsql as $$ begin
  if new.tenant is distinct from current_setting('app.tenant', true) then raise exception 'another tenant'; end if; return new; end $$;
create trigger own_tenant before insert on docs for each row execute function own_tenant();
create function use_up() returns trigger language plpgsql as $$ begin
  update coupons set uses = uses + 1 where code = new.code and uses < max_uses;
  if not found then raise exception 'used up'; end if; return new; end $$;
create trigger use_up before insert on redemptions for each row execute function use_up();
create function take_stock() returns trigger language plpgsql as $$ declare left_over int; gone date; g goods%rowtype; begin
  select stock, gone_on into left_over, gone from goods where sku = new.sku for update;
  if gone is not null then raise exception '% is no longer sold', new.sku; end if;
  if left_over < new.quantity then raise exception 'only % left', left_over using errcode = 'P0002'; end if;
  select * into g from goods where sku = new.sku;
  if coalesce(g.sold_from, 'infinity') > now() then raise exception 'not sold yet'; end if;
  update goods set stock = stock - new.quantity where sku = new.sku;
  return new; end $$;
create trigger take_stock before insert on sales for each row execute function take_stock();
create function is_good() returns trigger language plpgsql as $$ declare c customers; begin
  select * into strict c from customers where id = new.customer_id;
  assert not c.is_blocked, 'blocked';
  if not coalesce(c.contract @> new.on_day, false) then raise exception 'no contract'; end if;
  if (select coalesce(sum(total), 0) from invoices where customer_id = c.id) + new.total > c.credit then
    raise exception 'over the limit of %', c.credit; end if;
  return new; end $$;
create trigger is_good before insert on invoices for each row execute function is_good();
create function sum_up() returns trigger language plpgsql as $$ begin
  update carts set total = total + new.price where id = new.cart_id; return null; end $$;
create trigger sum_up after insert on cart_lines for each row execute function sum_up();
create function within_budget() returns trigger language plpgsql as $$ begin
  if new.total > (select budget from buyers where id = new.buyer_id) then raise exception 'over the budget'; end if;
  return new; end $$;
create trigger within_budget before update on carts for each row execute function within_budget();
`

const lab = useRowLab(schema)

/** A row of the table is taken, and no trigger had to be set aside. */
const worldOf = async (name: string): Promise<readonly string[]> => {
  const world = await lab().rows.worldWith(lab().table(name), ['a'])
  expect(world.problem).toBeNull()
  expect(world.asides).toBeUndefined()
  expect(await lab().refusal(world.statements)).toBeNull()
  return world.statements
}

describe('what triggers look up before they take a row', () => {
  it('is a parent in another state, where its own triggers forbid the change too', async () => {
    const statements = await worldOf('members')
    expect(statements.join('\n')).toContain(`"the state" = 'It''s open'`)
  })

  it('stands in the worlds of the tables below', async () => {
    expect((await worldOf('badges')).join('\n')).toContain(`"the state" = 'It''s open'`)
  })

  it('is a row of a table that it does not point to, in two columns at once', async () => {
    expect((await worldOf('votes')).join('\n')).toMatch(/insert into "public"\."switches".*'voting', 'on'/u)
    expect((await worldOf('approvals')).join('\n')).toMatch(/insert into "public"\."members".*'owner'/u)
  })

  it('is a setting of the session', async () => {
    expect((await worldOf('docs')).join('\n')).toContain(`set_config('app.tenant'`)
  })

  it('is read into variables, one after the other or a row at once', async () => {
    expect((await worldOf('sales')).join('\n')).toMatch(/"gone_on" = null/u)
    expect((await worldOf('invoices')).join('\n')).toMatch(/"contract" = /u)
  })

  it('is what a trigger of another table looks up, which its own trigger writes to', async () => {
    expect((await worldOf('cart_lines')).join('\n')).toMatch(/update "public"\."buyers" set "budget" = /u)
  })

  it('is a counter that the trigger itself moves', async () => {
    expect((await worldOf('redemptions')).join('\n')).toMatch(
      /update "public"\."coupons" set "(?:max_)?uses"/u,
    )
  })
})
