import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { asksNothingOfItsCaller, type OutsideNames } from './purity.ts'

const outside: OutsideNames = {
  functions: ['replace', 'current_tenant'],
  operators: ['<->'],
  types: ['order_status', 'products'],
}

const isPure = (language: 'sql' | 'plpgsql', body: string, returns = 'trigger', args = ''): boolean =>
  asksNothingOfItsCaller({
    language,
    body,
    statement: `CREATE OR REPLACE FUNCTION public.f(${args})\n RETURNS ${returns}\n LANGUAGE ${language}\nAS $function$${body}$function$\n`,
    outside,
  })

beforeAll(loadParser)

describe('a function asks nothing of its caller', () => {
  it.each([
    'begin new.updated_at := now(); return new; end',
    'begin new.updated_at = clock_timestamp(); return new; end',
    `begin if new.slug is null then new.slug := lower(regexp_replace(new.name, '[^a-z]+', '-', 'g')); end if; return new; end`,
    `declare n int := 5; t timestamptz; begin t := now() + interval '1 day'; while n > 0 loop n := n - 1; end loop; return new; end`,
    `begin if tg_op = 'DELETE' then return old; end if; raise exception 'no % here', new.id using errcode = '23514'; end`,
    `begin case new.kind when 'a' then new.b := 1; else new.b := 2; end case; return new; end`,
    'begin null; return new; end',
    'begin new.at := current_timestamp; new.d := current_date; return new; end',
    `begin new.x[1] := 5; return new; end`,
    `declare c text; begin foreach c in array regexp_split_to_array(new.a, '') loop new.n := new.n + ascii(c); end loop; return new; end`,
    `declare l jsonb; begin for l in select * from jsonb_array_elements(new.lines) loop new.n := (l->>'n')::int; end loop; return new; end`,
    `begin perform new.a::jsonb; return new; exception when invalid_text_representation or others then return null; end`,
    `declare n int; begin perform decode(new.a, 'hex'); get diagnostics n = row_count; assert n = 1; return new; end`,
  ])('%s', (body) => {
    expect(isPure('plpgsql', body)).toBe(true)
  })

  it.each([
    `select nullif(current_setting('app.tenant_id', true), '')::bigint`,
    'select a * b',
    `select pg_catalog.lower(a)`,
    'select (select 1)',
    `select coalesce(sum((one->>'n')::numeric), 0) from jsonb_array_elements(b::jsonb) one`,
    'select count(*) = count(distinct x) from unnest(string_to_array(b, $$,$$)) x where x = any (select generate_series(1, a)::text order by 1)',
    'select exists (select from (select generate_series(1, a) as n) numbers where n > 3)',
    `select case when a > 0 then 'x' else coalesce(b, 'y') end`,
  ])('select: %s', (body) => {
    expect(isPure('sql', body, 'text', 'a integer, b text')).toBe(true)
  })

  it('answers row by row', () => {
    const body = `begin return next a; return query select x::text from unnest(string_to_array(b, ',')) x; end`
    expect(isPure('plpgsql', body, 'setof text', 'a text, b text')).toBe(true)
    const dynamic = `begin return query execute 'select 1'; end`
    expect(isPure('plpgsql', dynamic, 'setof int')).toBe(false)
  })

  it('a SQL-standard body', () => {
    const statement =
      'CREATE OR REPLACE FUNCTION public.f(a integer)\n RETURNS integer\n LANGUAGE sql\nRETURN (a + 1)'
    expect(asksNothingOfItsCaller({ language: 'sql', body: null, statement, outside })).toBe(true)
    const other = statement.replace('(a + 1)', '(a + current_tenant())')
    expect(asksNothingOfItsCaller({ language: 'sql', body: null, statement: other, outside })).toBe(false)
  })
})

describe('a function may ask something of its caller', () => {
  it.each([
    [
      'reads a table beside values',
      'declare n int; begin select count(*) into n from unnest(new.a) x join products on true; return new; end',
    ],
    [
      'loops over a table',
      'declare r record; begin for r in select * from products loop null; end loop; return new; end',
    ],
    [
      'asks by an operator of the user’s',
      `begin if new.a <-> any (select 1) then return null; end if; return new; end`,
    ],
    ['reads a table', 'begin if exists (select 1 from products) then return null; end if; return new; end'],
    [
      'reads a table into a variable',
      'declare n int; begin select count(*) into n from products; return new; end',
    ],
    ['writes', 'begin insert into log values (1); return new; end'],
    ['performs a read', 'begin perform 1 from products; return new; end'],
    [
      'reads where it fails',
      'begin return new; exception when others then perform 1 from products; return null; end',
    ],
    ['performs', 'begin perform set_config($a$role$a$, $a$x$a$, true); return new; end'],
    ['executes text', `begin execute 'select 1'; return new; end`],
    ['asks who', 'begin new.by := current_user; return new; end'],
    ['asks who else', 'begin new.by := session_user; return new; end'],
    [
      'asks for a privilege',
      `begin if has_table_privilege('t', 'select') then return new; end if; return null; end`,
    ],
    ['calls the user’s function', 'begin new.t := current_tenant(); return new; end'],
    ['calls a function of another schema', 'begin new.t := app.lower(new.x); return new; end'],
    ['calls an overloaded built-in', `begin new.t := replace(new.t, 'a', 'b'); return new; end`],
    ['uses an operator of the user’s', 'begin new.t := new.a <-> new.b; return new; end'],
    ['casts to a type of the user’s', `begin new.t := 'x'::order_status; return new; end`],
    ['declares one', 'declare x order_status; begin return new; end'],
    ['declares a row', 'declare x products%rowtype; begin return new; end'],
    ['asks for the search_path', `begin new.x := current_setting('search_path'); return new; end`],
    ['asks for any setting', `begin new.x := current_setting(new.y); return new; end`],
    ['draws a number', `begin new.id := nextval('s'); return new; end`],
    ['does not parse', 'begin new.x := (; end'],
  ])('%s', (_what, body) => {
    expect(isPure('plpgsql', body)).toBe(false)
  })

  it.each([
    'select count(*) from products',
    'select current_user::text',
    'insert into x values (1)',
    'select a <-> b',
  ])('select: %s', (body) => {
    expect(isPure('sql', body, 'text', 'a integer, b integer')).toBe(false)
  })

  it('is written in a language that cannot be read here', () => {
    expect(asksNothingOfItsCaller({ language: 'c', body: null, statement: '', outside })).toBe(false)
  })
})
