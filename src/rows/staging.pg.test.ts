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

  it('is a counter that the trigger itself moves', async () => {
    expect((await worldOf('redemptions')).join('\n')).toMatch(
      /update "public"\."coupons" set "(?:max_)?uses"/u,
    )
  })
})
