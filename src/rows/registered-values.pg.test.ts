/** Values with check digits of published schemes, and lists whose elements a function compares with a pattern that it is given. */
import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create function length_of(cc text) returns integer language sql immutable as $$
  select case cc when 'DE' then 22 when 'NL' then 18 when 'FR' then 27 when 'GB' then 22 end $$;
create function rest_of(p text) returns integer language plpgsql immutable strict as $$
declare r integer := 0; c text;
begin
  foreach c in array string_to_array(upper(p), null) loop
    if c between '0' and '9' then r := (r * 10 + c::int) % 97;
    elsif c between 'A' and 'Z' then r := (r * 100 + ascii(c) - 55) % 97;
    else return -1;
    end if;
  end loop;
  return r;
end $$;
create function is_account(p text) returns boolean language sql immutable as $$
  select p ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$' and length(p) = coalesce(length_of(left(p, 2)), length(p))
     and rest_of(substr(p, 5) || left(p, 4)) = 1 $$;
create function all_match(a text[], re text) returns boolean language sql immutable as $$
  select coalesce(bool_and(x is not null and x ~ re), true) from unnest(a) x $$;
create domain account as text check (is_account(value));
create domain account_here as account check (left(value, 2) in ('DE', 'NL', 'FR'));
create domain account_de as account_here check (value ~ '^DE[0-9]{20}$');
create domain scopes as text[] check (cardinality(value) > 0 and all_match(value, '^[a-z_]+:(read|write|admin)$'));
create table mandates (id int primary key, debtor account_here not null unique, creditor account_de not null unique, lei text not null,
  constraint lei_ok check (lei ~ '^[A-Z0-9]{18}[0-9]{2}$' and rest_of(lei) = 1));
create table clients (id int primary key, may scopes not null)`

const lab = useRowLab(schema)

it.each(['mandates', 'clients'])('%s have rows', async (id) => {
  const { problem, statements } = await lab().rows.worldWith(lab().table(id), ['a', 'b', 'c'])
  expect(problem).toBeNull()
  expect(await lab().refusal(statements)).toBeNull()
  expect(await lab().inserts(id)).toHaveLength(3)
})
