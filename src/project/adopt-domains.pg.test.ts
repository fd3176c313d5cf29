/** Domains whose CHECKs call functions that raise an error in place of saying no: adopted and proven. */
import { expect, test } from 'vitest'
import { findingsOf } from '../../test/support/adopted-sql.ts'

test('functions that only raise, that raise for some values, and that say no for others', async () => {
  const { proven } = await findingsOf(`
create function assert_reference(value text) returns boolean language plpgsql immutable as $$
begin
  if value !~ '^RF[0-9]{2}' then
    raise exception 'no creditor reference: %', value using errcode = '22023';
  end if;
  return true;
end $$;
create function share_of(value numeric) returns boolean language plpgsql immutable as $$
begin
  if value is null then return true; end if;
  if value < 0 then raise exception 'a share below nothing' using errcode = 'check_violation'; end if;
  return value <= 100;
end $$;
create function code_of(value text) returns int language sql immutable as $$ select value::int $$;
create domain creditor_reference as text check (assert_reference(value));
create domain share as numeric(6, 3) constraint share_is check (share_of(value)) not null;
create domain short_reference as creditor_reference constraint short check (length(value) <= 20);
create domain branch_code as text constraint branch_code_is check (code_of(value) between 100 and 999);
create table payees (
  id bigint generated always as identity primary key,
  reference creditor_reference not null,
  other short_reference,
  part share default 100,
  branch branch_code not null
);`)
  expect(proven.map(({ summary }) => summary)).toEqual([])
})

test('a domain that refuses all that the domain over it refuses', async () => {
  const { proven } = await findingsOf(`
create domain slug as text constraint slug_length check (char_length(value) between 1 and 255)
  constraint slug_form check (value ~ '^[a-z0-9-]*$');
create domain short_slug as slug constraint short check (char_length(value) <= 63);
create domain percent as numeric(5, 2) constraint percent_is check (value >= 0 and value <= 100);
create domain minor_share as percent constraint minor_is check (value < 50);
create function whole_of(value text) returns boolean language plpgsql immutable as $$
begin
  if value::numeric > 900 then raise exception 'too much: %', value; end if;
  return true;
end $$;
create domain amount as text check (whole_of(value));
create domain small_amount as amount constraint small check (value ~ '^[0-9]{1,2}$');
create table rooms (
  amount small_amount,
  id bigint generated always as identity primary key,
  slug short_slug not null,
  part minor_share
);`)
  expect(proven.map(({ summary }) => summary)).toEqual([])
})
