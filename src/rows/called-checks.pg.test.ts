import { describe, expect, it } from 'vitest'
import { checksOf } from '../catalog/check.ts'
import { expressionMutants } from '../catalog/expression/expressions.ts'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create function lines_sum(j jsonb) returns numeric language sql immutable as $$
  select coalesce(sum((l->>'qty')::numeric * (l->>'price')::numeric), 0) from jsonb_array_elements(j) l $$;
create function ean13(t text) returns boolean language sql immutable as $$
  select t ~ '^\\d{13}$' and (10 - (select sum(substr(t, i, 1)::int * case when i % 2 = 1 then 1 else 3 end)
    from generate_series(1, 12) i) % 10) % 10 = substr(t, 13, 1)::int $$;
create table countries (code char(2) primary key, active boolean not null);
create function is_active(c text) returns boolean language plpgsql stable as $$
begin return exists (select 1 from public.countries k where k.code = c and k.active); end $$;
create table articles (id int primary key, lines jsonb not null, total numeric not null,
  constraint sum_of_lines check (total = lines_sum(lines)),
  ean text not null constraint german check (ean13(ean) and left(ean, 3) in ('400', '401')),
  country char(2) not null references countries constraint active check (is_active(country)),
  a int not null, b text not null, c text not null, d text not null, e text not null, f boolean not null, g date not null);
create function is_period(p int) returns boolean language plpgsql immutable as $$
begin
  if p is null then return true; end if;
  if p / 100 not between 1990 and 2100 then return false; end if;
  return p % 100 between 1 and 13;
end $$;
create function matric_ok(m int) returns boolean language plpgsql immutable strict as $$
declare s int := 0; x int := m / 10; w int := 2;
begin
  if m < 1000000 or m > 9999999 then return false; end if;
  while x > 0 loop s := s + (x % 10) * w; w := w + 1; x := x / 10; end loop;
  return (s % 11) % 10 = m % 10;
end $$;
create function weights_ok(w jsonb) returns boolean language sql immutable as $$
  select coalesce((select sum(value::numeric) from jsonb_each_text(w)), 0) = 1 $$;
create domain money_t as numeric(15,2);
create table students (id int primary key, period int not null constraint period check (is_period(period)),
  matric int not null unique constraint matric check (matric_ok(matric)),
  weights jsonb constraint weights check (weights_ok(weights)),
  shifted int not null constraint shifted check ((shifted + 70000) * 3 between 900000 and 900020),
  budget money_t constraint budget check (budget >= 0), spent money_t not null default 0,
  constraint z_spent check (spent <= budget * 1.1));
create function gtin_ok(p text) returns boolean language plpgsql immutable as $$
declare s int := 0; n int := length(p);
begin
  if n not in (8, 12, 13, 14) or p ~ '\\D' then return false; end if;
  for i in 1..n - 1 loop s := s + substr(p, n - i, 1)::int * case when i % 2 = 1 then 3 else 1 end; end loop;
  return (10 - s % 10) % 10 = right(p, 1)::int;
end $$;
create function cron_ok(p text) returns boolean language sql immutable as $$
  select array_length(regexp_split_to_array(p, '\\s+'), 1) = 5
    and (select bool_and(f ~ '^(\\*|\\d{1,2})(/\\d{1,2})?$') from regexp_split_to_table(p, '\\s+') f) $$;
create type pressure as (upper smallint, lower smallint, arm char(1));
create function pressure_ok(b pressure) returns boolean language sql immutable as $$
  select (b).upper between 40 and 300 and (b).lower between 20 and 200 and (b).upper > (b).lower and (b).arm in ('L', 'R') $$;
create table taken_apart (id int primary key, gtin text constraint gtin check (gtin_ok(gtin)),
  cron text not null constraint cron check (cron_ok(cron)), bp pressure constraint bp check (pressure_ok(bp) is true));
create table accounts (no varchar(12) primary key constraint no_shape check (no similar to '[0-9]{4}(-[0-9]{2}){0,3}'),
  parent varchar(12) references accounts, constraint under check (parent is null or no like parent || '-%'));
`

const lab = useRowLab(schema)

describe('a CHECK that calls functions', () => {
  it.each(['sum_of_lines', 'german', 'active'])(
    '%s has a row that it takes and one that it refuses',
    async (name) => {
      const table = lab().table('articles')
      expect((await lab().rows.worldWith(table, ['a', 'b', 'c'])).problem).toBeNull()
      const check = checksOf(lab().catalog, table.id).find((one) => one.name === name)!
      const { rows } = await lab().rows.distinguish(table, check.facts.expression, [], {
        ignoreChecks: [name],
      })
      expect(new Set(rows.map((row) => row.accepted))).toEqual(new Set([false, true]))
    },
  )

  it.each(['period', 'matric', 'weights', 'shifted', 'budget', 'z_spent'])(
    '%s, which counts with its column, has both, each refused by it alone',
    async (name) => {
      const table = lab().table('students')
      expect((await lab().rows.worldWith(table, ['a', 'b', 'c'])).problem).toBeNull()
      const check = checksOf(lab().catalog, table.id).find((one) => one.name === name)!
      const mutants = expressionMutants(check.facts.expression).map((one) => one.sql)
      const { rows } = await lab().rows.distinguish(table, check.facts.expression, mutants, {
        ignoreChecks: [name],
      })
      expect(new Set(rows.map((row) => row.accepted))).toEqual(new Set([false, true]))
      const { statements } = await lab().rows.world(table)
      for (const one of rows.filter((row) => !row.accepted))
        expect(await lab().refusal([...statements, lab().rows.insert(table, one.row)])).toContain(
          `violates check constraint "${name}"`,
        )
    },
  )
})

it.each(['gtin', 'cron', 'bp'])('%s, whose function takes its value apart, has both', async (name) => {
  const table = lab().table('taken_apart')
  expect((await lab().rows.worldWith(table, ['a', 'b', 'c'])).problem).toBeNull()
  const check = checksOf(lab().catalog, table.id).find((one) => one.name === name)!
  const { rows } = await lab().rows.distinguish(table, check.facts.expression, [], { ignoreChecks: [name] })
  expect(new Set(rows.map((row) => row.accepted))).toEqual(new Set([false, true]))
})

it('an attribute of a composite value has its own constants, and those beside which it is compared', async () => {
  const table = lab().table('taken_apart')
  const values = (await lab().rows.candidates(table, 'bp', ['pressure_ok(bp)'])).map((sql) =>
    [...sql.matchAll(/cast\(([^\s(]+) as (?:smallint|character\(1\))\)/gu)]
      .map((found) => found[1])
      .join(' '),
  )
  expect(values).toEqual(expect.arrayContaining(["300 21 'L'", "41 200 'L'", "41 41 'L'", "41 21 'R'"]))
})

describe('a CHECK with a pattern of another column', () => {
  it('has a row beneath another', async () => {
    const table = lab().table('accounts')
    const solved = await lab().rows.solve(table, { pins: { parent: `'1234'` }, family: 'b' })
    expect(solved).toEqual({ row: { no: expect.stringMatching(/^'1234-\d\d'$/u), parent: `'1234'` } })
  })

  it('is told from its mutants', async () => {
    const table = lab().table('accounts')
    const check = checksOf(lab().catalog, table.id).find((one) => one.name === 'under')!
    const mutants = expressionMutants(check.facts.expression).map((one) => one.sql)
    const { untold, equivalent } = await lab().rows.distinguish(table, check.facts.expression, mutants, {
      ignoreChecks: ['under'],
    })
    // Of its shape no letter is; and what is unknown is taken like what is true.
    expect(untold.map((at) => mutants[at])).toEqual([
      `no::text ~~ (parent::text || '-%'::text)`,
      `parent IS NULL OR no::text ~~* (parent::text || '-%'::text)`,
    ])
    expect(equivalent.map((at) => mutants[at])).toEqual([`no::text ~~ (parent::text || '-%'::text)`])
  })

  it('letters make no difference to a shape without letters', async () => {
    const table = lab().table('accounts')
    const check = checksOf(lab().catalog, table.id).find((one) => one.name === 'no_shape')!
    const mutants = expressionMutants(check.facts.expression).map((one) => one.sql)
    const { untold, equivalent } = await lab().rows.distinguish(table, check.facts.expression, mutants, {
      ignoreChecks: ['no_shape'],
    })
    expect(untold.map((at) => mutants[at])).toEqual(equivalent.map((at) => mutants[at]))
  })
})
