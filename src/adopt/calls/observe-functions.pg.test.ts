/** Functions and procedures of an adopted database: what their calls answer and do is seen, declared, printed and proven. */
import { format } from 'prettier'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Architecture } from '../../architecture/architecture.ts'
import { fn, type FunctionName } from '../../architecture/objects/fn.ts'
import { sequence } from '../../architecture/objects/sequence.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { prove } from '../../prove/prove.ts'
import { printArchitecture } from '../print/print-architecture.ts'
import { observeFunctions } from './observe-functions.ts'
import type { ObservedFunction } from './observed-function.ts'

let server: Server
let database: string
let catalog: Catalog
let seen: readonly ObservedFunction[]

const schema = `
  create table copies (id bigint primary key, title text not null);
  create table loans (
    id bigint primary key, copy_id bigint not null references copies, lent_at timestamptz not null default now(),
    returned_at timestamptz, check (returned_at >= lent_at));
  create sequence numbers;
  create table tickets (id integer primary key default nextval('numbers'));
  create domain unused as bigint;
  create function in_stock(p_copy_id bigint) returns boolean language plpgsql as $$
    declare n integer; begin
      select count(*) into n from loans where copy_id = p_copy_id and returned_at is null;
      if n > 0 then return false; end if;
      return true;
    end $$;
  create procedure give_back(p_copy bigint) language plpgsql as $$
    begin
      update loans set returned_at = now() where copy_id = p_copy and returned_at is null;
      if not found then raise exception 'not lent' using errcode = 'LN001'; end if;
    end $$;
  create function titles(p_id bigint, out title text, out word integer) returns setof record language sql as
    $_$ select c.title, length(c.title) from copies c where c.id = $1 $_$;
  create function strong(password text) returns void language plpgsql as $$
    begin if length(password) < 8 then raise exception 'weak' using errcode = 'WEAKP'; end if; end $$;
  create function joined(text, text) returns text language sql immutable as
    $_$ select case when $2 is null then $1 when $1 is null then $2 else $1 || ', ' || $2 end $_$;
  create function "odd ""name"" it's"("a b" integer) returns integer language plpgsql as
    $$ begin return coalesce("a b", 1) * 2; end $$;
  create function checked(v character(6)) returns boolean language sql immutable as $$
    select v ~ '^[0-9]{6}$' and (2 * substr(v, 1, 1)::int + 3 * substr(v, 2, 1)::int + 4 * substr(v, 3, 1)::int
      + 5 * substr(v, 4, 1)::int + 6 * substr(v, 5, 1)::int) % 7 = substr(v, 6, 1)::int $$;
  create function fresh() returns uuid language sql volatile as $$ select gen_random_uuid() $$;
  create function broken(n integer) returns integer language plpgsql as $$ begin return no_such(n); end $$;
  create table members (id bigint primary key, org integer not null, person integer not null,
    is_owner boolean not null default false);
  create function hand_over(p_org integer, p_person integer) returns text language plpgsql as $$
    begin
      if exists (select from members where person = nullif(current_setting('app.person', true), '')::integer
          and org = p_org and is_owner) then
        update members set is_owner = true where org = p_org and person = p_person;
        if found then return 'done'; end if;
      end if;
      return 'nothing';
    end $$;
  create function hindered(n integer) returns integer language plpgsql as $$
    begin if n is null then raise exception 'none' using errcode = 'NONE0'; end if; return no_such(n); end $$;
  create function owners(p_org integer) returns bigint language sql stable as
    $$ select count(*) from members where is_owner and org = p_org $$;
  create function "last ""member""" () returns bigint language sql stable
    begin atomic select id from members where not is_owner order by person desc, id limit 1; end;
  create function left_over(n integer) returns integer language sql immutable return n % 3;
  create function asker() returns text language sql stable as $$ select current_setting('app.user', true) $$;
`

beforeAll(async () => {
  server = await startServer({})
  database = await server.createDatabase('functions')
  const owner = await server.connect(database, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  const db = await server.connect(database, 'prover')
  try {
    catalog = await readCatalog(db)
    seen = await observeFunctions([{ db, clean: async () => undefined }], catalog)
  } finally {
    await db.end()
  }
})
afterAll(() => server?.stop())

const of = (name: string): ObservedFunction => seen.find(({ structure }) => structure.includes(name))!

const nameOf = (structure: string): FunctionName => {
  const { schema: of, name, args } = catalog.structures.get(structure)!.facts as FunctionFacts
  return { schema: of, name, args }
}

test('a function is seen among rows that its conditions tell apart', () => {
  const answers = of('in_stock').entries.map(({ option }) => option.answers ?? option.refused)
  expect(new Set(answers)).toEqual(new Set(['true', 'false', '42501']))
  expect(of('in_stock').entries.some(({ option }) => [option.given?.['loans']].flat().length === 1)).toBe(
    true,
  )
  expect(of('strong').mutants.left).toEqual([])
  expect(of('joined').mutants.left).toEqual([])
})

test('a procedure is seen by what it leaves behind, or how it is refused', () => {
  const { entries } = of('give_back')
  expect(entries.some(({ option }) => option.refused === 'LN001')).toBe(true)
  expect(entries.some(({ option }) => option.refused === undefined)).toBe(true)
})

test('an answer that is never the same twice is only counted', () => {
  expect(of('fresh').entries.map(({ option }) => option.answers)).toEqual([1])
})

test('a setting that a function asks for is always set: a session that never had it answers otherwise', () => {
  expect(of('asker').entries.every(({ option }) => 'app.user' in (option.settings ?? {}))).toBe(true)
})

test('calls are gone on from as far as the body is come to: the last branch is seen, too', () => {
  const { mutants, entries } = of('hand_over')
  expect(mutants.made).toBeGreaterThan(30)
  expect(mutants.killed / mutants.made).toBeGreaterThan(0.8)
  expect(entries.some(({ option }) => option.answers === 'done')).toBe(true)
})

test('functions in SQL are broken as queries are, however their body is written', () => {
  expect(of('owners').mutants.made).toBeGreaterThan(8)
  expect(of('owners').mutants.left).toEqual([])
  expect(of('last ""member""').mutants.made).toBeGreaterThan(6)
  expect(of('left_over').mutants.left.filter(({ id }) => id.includes('~query-'))).toEqual([])
})

test('a check digit is seen by numbers whose places differ, each of which is wrong in one place once', () => {
  expect(of('checked').mutants.made).toBeGreaterThan(30)
  // Of what stands at the end of a text, two places are one.
  const atEnd = 'function:checked(character)~query-constant-moved:2@9'
  expect(of('checked').mutants.left.map(({ id }) => id)).toEqual([atEnd])
})

test('what keeps a function from being seen whole is said once, with what is missing', () => {
  const [finding, ...more] = of('hindered').findings
  expect(more).toEqual([])
  expect(finding).toMatchObject({ code: 'adopt.unobserved', structure: 'function:hindered(integer)' })
  expect(finding!.why).toContain('function no_such(integer) does not exist')
  expect(finding!.fix).toContain('--before FILE')
})

test('a function that names what is not there is a finding', () => {
  const [finding] = of('broken').findings
  expect(finding).toMatchObject({ code: 'adopt.function-broken', structure: 'function:broken(integer)' })
  expect(finding!.summary).toContain('function no_such(integer) does not exist')
})

test('what is declared is printed as Prettier prints it, with the sequence of a default and a domain of no column', async () => {
  const { files, findings } = printArchitecture(catalog, { name: 'shop', ending: '.ts', functions: seen })
  const settings = { singleQuote: true, semi: false, printWidth: 110, trailingComma: 'all' } as const
  for (const { path, text } of files)
    expect(await format(text, { ...settings, filepath: path }), path).toBe(text)
  const functions = files.find(({ path }) => path === 'data/functions.ts')!.text
  expect(functions).toContain(`fn('in_stock(bigint)', {`)
  expect(functions).toContain(`{ schema: 'public', name: \`odd "name" it's\`, args: ['integer'] }`)
  const objects = files.find(({ path }) => path === 'data/objects.ts')!.text
  expect(objects).toContain(`sequence('numbers')`)
  expect(objects).toContain(`domainType('unused', 'bigint')`)
  expect(findings.filter(({ code }) => code === 'adopt.unclaimed')).toEqual([])
})

test('every observed call is red without its function and green with it, and they notice what was seen to be noticed', async () => {
  const objects = [
    sequence('numbers'),
    ...seen.map((one) =>
      fn(nameOf(one.structure), {
        observed: Object.fromEntries(one.entries.map(({ sentence, option }) => [sentence, option])),
      }),
    ),
  ].map((one) =>
    one.declare((fault) => {
      throw fault
    }),
  )
  const architecture: Architecture = { name: 'shop', tables: [], objects, identity: null }
  const result = await prove({
    server,
    template: database,
    architecture,
    steps: ['red', 'green', 'mutate'],
    startSeconds: 0,
    only: [],
  })
  const own = result.rules.filter(({ kind }) => kind === 'observedCall')
  expect(own).toHaveLength(seen.flatMap((one) => one.entries).length)
  expect(
    own.filter(({ green, red }) => !green || red?.proven !== true).map(({ id, red }) => `${id}: ${red?.why}`),
  ).toEqual([])
  expect(own.every(({ observed }) => observed)).toBe(true)
  const mutants = result.structures.flatMap((one) => one.mutants)
  const survived = mutants
    .filter(({ verdict, structure }) => verdict === 'survived' && structure.startsWith('function:'))
    .map(({ id }) => id)
  const left = new Set(seen.flatMap((one) => one.mutants.left.map(({ id }) => id)))
  expect(survived.filter((id) => !left.has(id))).toEqual([])
  const counts = mutants.filter(({ structure }) => structure === 'sequence:numbers')
  expect(counts.map(({ verdict }) => verdict)).toEqual(counts.map(() => 'killed'))
})
