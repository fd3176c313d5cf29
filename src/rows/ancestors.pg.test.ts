import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create function is_code(p text, fewest int default 6) returns boolean language plpgsql immutable as $$
begin
  return length(p) >= fewest and length(p) in (2, 4, 6, 8, 10) and p ~ '^[0-9]+$' and substr(p, 1, 2)::int between 1 and 97;
exception when invalid_text_representation then return false;
end $$;
create table codes (code varchar(10) primary key, "the ""parent""" varchar(10) references codes deferrable initially deferred,
  constraint shape check (is_code(code, 2)),
  constraint prefix check ("the ""parent""" is null or (code like "the ""parent""" || '%' and length(code) = length("the ""parent""") + 2)),
  constraint chapters check ((length(code) = 2) = ("the ""parent""" is null)));
create table tariffs (code varchar(10) not null references codes check (is_code(code, 8)), rate int not null);
create table goods (id int primary key, code varchar(10) not null references codes check (is_code(code)));
create table accounts (number text primary key check (number ~ '^[0-9]{1,6}$'), above text references accounts, name text not null,
  constraint under check (above = left(number, length(number) - 1)), constraint top check ((length(number) = 1) = (above is null)));
create table postings (id int primary key, account text not null references accounts check (length(account) = 4));
create table regions (tenant int, id int, parent int, level int not null check (level between 1 and 5),
  primary key (tenant, id), unique (tenant, id, level), above int generated always as (level - 1) stored,
  foreign key (tenant, parent, above) references regions (tenant, id, level), constraint root check ((level = 1) = (parent is null)));
create table shops (id int primary key, tenant int not null, region int not null, level int not null default 4 check (level = 4),
  foreign key (tenant, region, level) references regions (tenant, id, level));
`

const lab = useRowLab(schema)

it.each([['tariffs'], ['goods'], ['postings'], ['shops']])(
  '%s: what it points to stands in a tree, so far down as it asks, each family with its own',
  async (id) => {
    const table = lab().table(id)
    expect((await lab().rows.worldWith(table, ['a', 'b', 'c'])).problem).toBeNull()
    const rows = await Promise.all((['a', 'b', 'c'] as const).map((f) => lab().rows.base(table, f)))
    const pointed = id === 'postings' ? 'account' : id === 'shops' ? 'region' : 'code'
    expect(new Set(rows.map((row) => row?.[pointed]))).toHaveLength(3)
  },
)
