import { expect, it } from 'vitest'
import { checksOf } from '../catalog/check.ts'
import { expressionMutants } from '../catalog/expression/expressions.ts'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create function is_sorted(a anyarray) returns boolean language sql immutable as $$
  select cardinality(a) = 0 or a is not distinct from (select array_agg(x order by x) from unnest(a) x) $$;
create function is_distinct(a text[]) returns boolean language sql immutable as $$
  select count(*) = count(distinct x) from unnest(a) x $$;
create function sums_up(p text) returns boolean language plpgsql immutable as $$
declare rest int := 0; n text := '';
begin
  if p !~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{8}$' then return false; end if;
  foreach n in array regexp_split_to_array(substr(p, 5) || left(p, 4), '') loop
    rest := (rest * case when n ~ '[A-Z]' then 100 else 10 end + case when n ~ '[A-Z]' then ascii(n) - 55 else n::int end) % 97;
  end loop;
  return rest = 1;
end $$;
create type temperatures as range (subtype = numeric, multirange_type_name = temperature_spans);
create table parcels (id int primary key,
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  office char(8) not null check (office ~ '^[A-Z]{2}[0-9]{6}$'),
  constraint office_country check (left(office, 2) = country),
  bic varchar(11) not null check (bic ~ '^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
  account text not null check (account ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{8}$'),
  constraint account_sums check (sums_up(account)), constraint bank_country check (substr(account, 1, 2) = substr(bic, 5, 2)),
  tail text not null check (tail ~ '^[0-9]{4}-[A-Z]$'), kind char(1) not null check (kind in ('A', 'B')),
  constraint tail_kind check (right(tail, 1) = kind),
  starts date not null, span daterange not null,
  constraint span_starts check (lower(span) = starts and upper(span) = starts + 7),
  factor double precision not null constraint finite check (factor > 0 and factor < 'infinity'),
  steps numeric[] not null constraint few_steps check (cardinality(steps) < 10), constraint steps_sorted check (is_sorted(steps)),
  scopes text[] not null constraint scopes_known check (scopes <@ array['read', 'write', 'admin']),
  constraint scopes_distinct check (is_distinct(scopes)),
  rotation text[] not null constraint closed check (rotation[1] = rotation[2]),
  cold temperatures not null constraint cold check (lower(cold) >= -60 and upper(cold) <= 30),
  scan bytea constraint scan check (octet_length(scan) between 1 and 200000),
  subnet cidr not null constraint subnet_size check (family(subnet) = 4 and masklen(subnet) between 8 and 30),
  at point not null constraint on_earth check (at[0] between -180 and 180 and at[1] between -90 and 90),
  reach circle constraint reach check (radius(reach) < 5),
  place box constraint place check (width(place) <= 10 and height(place) <= 4));
`

const lab = useRowLab(schema)

const untoldOf = async (name: string): Promise<readonly (string | undefined)[]> => {
  const table = lab().table('parcels')
  expect((await lab().rows.worldWith(table, ['a', 'b'])).problem).toBeNull()
  const check = checksOf(lab().catalog, table.id).find((one) => one.name === name)!
  const mutants = expressionMutants(check.facts.expression).map((one) => one.sql)
  const { rows, untold, equivalent } = await lab().rows.distinguish(table, check.facts.expression, mutants, {
    ignoreChecks: [name],
  })
  expect(new Set(rows.map((row) => row.accepted))).toEqual(new Set([false, true]))
  return untold.filter((at) => !equivalent.includes(at)).map((at) => mutants[at])
}

it.each([
  ['office_country', 'the beginning of a text is another column'],
  ['bank_country', 'a part of a text is a part of another'],
  ['tail_kind', 'the end of a text is another column'],
  ['span_starts', 'the bounds of a range follow from another column'],
  ['finite', 'infinity and what is no number are refused'],
  ['few_steps', 'a list that has to be in order is long'],
  ['scopes_distinct', 'a list holds one value twice'],
  ['closed', 'a list descends'],
  ['cold', 'a range type of their own has bounds'],
  ['scan', 'bytes are many'],
  ['subnet_size', 'a network is as large as it may be, and as small'],
  ['on_earth', 'a point is beyond each side'],
  ['reach', 'a circle is as wide as it may not be'],
  ['place', 'a box is as wide as it may be, and as high'],
])('%s: %s', async (name) => {
  expect(await untoldOf(name)).toEqual([])
})
