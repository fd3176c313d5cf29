/** Values at both sides of a size: long lists, large documents, deep ones, and what a domain over a domain leaves. */
import { expect, it } from 'vitest'
import { checksOf } from '../catalog/check.ts'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create function tags_normal(tags text[]) returns boolean language plpgsql immutable as $$
declare t text; begin
  if tags is null then return true; end if;
  foreach t in array tags loop
    if t is null or t = '' or t <> lower(btrim(t)) then return false; end if;
  end loop;
  return cardinality(tags) = (select count(distinct x) from unnest(tags) as x);
end $$;
create function ascending(a int[]) returns boolean language sql immutable as $$
  select coalesce(a = (select array_agg(distinct x order by x) from unnest(a) x), cardinality(a) = 0) $$;
create function items_at_most(arr text[], n integer) returns boolean language sql immutable strict as $$
  select coalesce(bool_and(char_length(e) <= n), true) from unnest(arr) as e $$;
create function only_keys(doc jsonb, keys text[]) returns boolean language sql immutable as $$
  select coalesce(bool_and(k = any (keys)), true) from jsonb_object_keys(doc) as k $$;
create function depth_of(doc jsonb) returns integer language plpgsql immutable as $$
declare deepest integer := 0; child jsonb; begin
  if jsonb_typeof(doc) = 'object' then
    for child in select value from jsonb_each(doc) loop deepest := greatest(deepest, depth_of(child)); end loop;
    return deepest + 1;
  elsif jsonb_typeof(doc) = 'array' then
    for child in select value from jsonb_array_elements(doc) loop deepest := greatest(deepest, depth_of(child)); end loop;
    return deepest + 1;
  end if;
  return 0; end $$;
create table lists (id int primary key, tags text[], allowed varchar(255)[] not null default '{}', alerts int[] not null default '{}', links text[] not null default '{}', days date[],
  constraint tags_are_normal check (tags_normal(tags)), constraint few_tags check (cardinality(tags) <= 50),
  constraint few_allowed check (cardinality(allowed) <= 1000),
  constraint few_alerts check (cardinality(alerts) <= 100), constraint alerts_ascend check (ascending(alerts)),
  constraint few_links check (cardinality(links) <= 20), constraint short_links check (items_at_most(links, 512)),
  constraint few_days check (array_length(days, 1) between 2 and 366));
create table documents (id int primary key, protection jsonb not null default '{}', nested jsonb not null default '{}', plain json,
  constraint small check (octet_length(protection::text) <= 1024), constraint known check (only_keys(protection, '{push,merge}')),
  constraint shallow check (depth_of(nested) <= 3), constraint plain_small check (length(plain::text) <= 40000));
`

const lab = useRowLab(schema)

it.each([
  ['lists', 'few_tags'],
  ['lists', 'tags_are_normal'],
  ['lists', 'few_allowed'],
  ['lists', 'few_alerts'],
  ['lists', 'few_links'],
  ['lists', 'short_links'],
  ['lists', 'few_days'],
  ['documents', 'small'],
  ['documents', 'known'],
  ['documents', 'shallow'],
  ['documents', 'plain_small'],
])('%s, %s: there is a value that it alone refuses', async (id, name) => {
  const table = lab().table(id)
  const { problem, statements } = await lab().rows.worldWith(table, ['a', 'b', 'c'])
  expect(problem).toBeNull()
  const { expression } = checksOf(lab().catalog, id).find((one) => one.name === name)!.facts
  const { rows } = await lab().rows.distinguish(table, expression, [], { ignoreChecks: [name] })
  const refused = rows.filter((row) => !row.accepted)
  expect(rows.some((row) => row.accepted)).toBe(true)
  expect(refused.length).toBeGreaterThan(0)
  const { row } = refused[0]!
  // What stands in a report is read by people.
  expect(Object.values(row).join(', ').length).toBeLessThan(2_000)
  expect(await lab().refusal([...statements, lab().rows.insert(table, { ...row, id: '7' })])).toContain(
    `violates check constraint "${name}"`,
  )
})
