import { expect, it } from 'vitest'
import { checksOf } from '../catalog/check.ts'
import { expressionMutants } from '../catalog/expression/expressions.ts'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create function has_keys(doc jsonb, variadic keys text[]) returns boolean language sql immutable as $$
  select jsonb_typeof(doc) = 'object' and doc ?& keys $$;
create function has_key(doc jsonb, wanted text) returns boolean language plpgsql immutable as $$
begin return coalesce(doc ->> wanted, '') <> ''; end $$;
create domain country as char(2) check (value ~ '^[A-Z]{2}$');
create table traders (id int primary key, country country not null, address jsonb not null,
  constraint address check (has_keys(address, 'street', 'city', 'country')),
  constraint address_country check (address->>'country' = country),
  contact jsonb not null constraint contact check (has_key(contact, 'mail') and has_key(contact, 'phone')),
  place jsonb not null default '{}', floor int not null,
  constraint floor check ((place #>> '{house,floor}')::int = floor));
create function licence_ok(l jsonb) returns boolean language plpgsql immutable as $$
declare c text;
begin
  if not (l ? 'number' and l ? 'categories' and l ? 'valid_until') then return false; end if;
  if length(l->>'number') < 5 then return false; end if;
  perform (l->>'valid_until')::date;
  for c in select jsonb_array_elements_text(l->'categories') loop
    if c not in ('B', 'BE', 'C1', 'C', 'CE', 'D') then return false; end if;
  end loop;
  return jsonb_array_length(l->'categories') > 0;
exception when others then return false;
end $$;
create table drivers (id int primary key, licence jsonb not null constraint licence check (licence_ok(licence)));
create function is_place(p text) returns boolean language sql immutable as $$ select p ~ '^[A-Z]{2}[A-Z2-9]{3}$' $$;
create function rotation_ok(r text[]) returns boolean language plpgsql immutable as $$
declare p text; prev text;
begin
  foreach p in array r loop
    if not is_place(p) then return false; end if;
    if p = prev then return false; end if;
    prev := p;
  end loop;
  return true;
end $$;
create table services (id int primary key, rotation text[] not null,
  constraint two check (cardinality(rotation) >= 2 and array_position(rotation, null) is null),
  constraint closed check (rotation[1] = rotation[cardinality(rotation)]),
  constraint places check (rotation_ok(rotation)));
`

const lab = useRowLab(schema)

const seen = async (id: string, name: string): Promise<ReadonlySet<boolean>> => {
  const table = lab().table(id)
  expect((await lab().rows.worldWith(table, ['a', 'b'])).problem).toBeNull()
  const check = checksOf(lab().catalog, table.id).find((one) => one.name === name)!
  const { rows } = await lab().rows.distinguish(table, check.facts.expression, [], { ignoreChecks: [name] })
  return new Set(rows.map((row) => row.accepted))
}

it.each(['address', 'address_country', 'contact', 'floor'])(
  '%s, whose keys the call names or whose leaf another column is, has a row that it takes and one that it refuses',
  async (name) => expect(await seen('traders', name)).toEqual(new Set([false, true])),
)

it('a document whose leaves are measured, cast and gone through has both', async () => {
  expect(await seen('drivers', 'licence')).toEqual(new Set([false, true]))
})

it.each(['two', 'closed', 'places'])('%s of a list that ends as it begins has both', async (name) => {
  expect(await seen('services', name)).toEqual(new Set([false, true]))
})

it('the keys that a call names are told from one another', async () => {
  const table = lab().table('traders')
  const check = checksOf(lab().catalog, table.id).find((one) => one.name === 'address')!
  const mutants = expressionMutants(check.facts.expression).map((one) => one.sql)
  const { untold } = await lab().rows.distinguish(table, check.facts.expression, mutants, {
    ignoreChecks: ['address'],
  })
  expect(untold.map((at) => mutants[at])).toEqual([])
})
