import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create table bills (id serial primary key, customer int not null, number text, state text not null default 'draft' check (state in ('draft', 'sent', 'paid')),
  cents bigint not null default 0, tax bigint not null default 0, total bigint generated always as (cents + tax) stored,
  currency text not null default 'EUR', note text, unique (customer, number));
create function starts_empty() returns trigger language plpgsql as $$ begin
  if new.state <> 'draft' or new.number is not null or new.cents <> 0 or new.tax <> 0 or new.note is not null then
    raise exception 'a bill starts as an empty draft';
  end if;
  return new;
end $$;
create trigger starts_empty before insert on bills for each row execute function starts_empty();
`

const lab = useRowLab(schema)

it('a row that a trigger takes only bare is given every column again that the trigger lets it have', async () => {
  const table = lab().table('bills')
  expect((await lab().rows.worldWith(table, ['a', 'b', 'c'])).problem).toBeNull()
  const rows = await Promise.all((['a', 'b', 'c'] as const).map((f) => lab().rows.base(table, f)))
  for (const row of rows)
    expect(Object.keys(row!)).toEqual(expect.arrayContaining(['id', 'customer', 'currency']))
  expect(new Set(rows.map((row) => row!['id']))).toHaveLength(3)
})
