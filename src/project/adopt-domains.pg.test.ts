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
