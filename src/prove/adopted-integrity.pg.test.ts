/** Integrity as adopted databases have it: what is printed of them is proven whole, and what cannot be shown has its reason. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printLab } from '../../test/support/printed-lab.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'
import type { ProveResult } from './result.ts'

const schema = `
  create domain "Fl""ag" as boolean not null; create domain strict as "Fl""ag";
  create domain present as text check (value is not null and length(value) > 0);
  create domain code as text check (value ~ '^[A-Z]{2}$');
  create table flags (id int primary key, "is ""on""" "Fl""ag" not null default true, loose "Fl""ag", nested strict not null, said present);

  create table refused (id int primary key, base numeric not null default 0.00 constraint "base ""positive""" check (base > 0),
    name text default '' check (name <> ''), kind code default 'x', lo int default 5, hi int default 3, check (lo < hi));
  create table never_null (id int primary key, scopes text check (scopes is not null), book int, edition int, f boolean, z text,
    check (num_nonnulls(book, edition) = 2), check (f is true or f is false), check (coalesce(z, '') <> '' and z < 'x'));
  create table one_row (id int primary key default 0 check (id = 0), version bigint not null);
  create table singleton (is_it boolean primary key default true check (is_it));

  create table workflows (id int primary key, name text not null, published int);
  create table versions (id int primary key, workflow int not null references workflows);
  alter table workflows add foreign key (published) references versions;

  create table documents (id int primary key, title text, words tsvector);
  create trigger fill before insert or update on documents for each row
    execute function tsvector_update_trigger('words', 'pg_catalog.english', 'title');

  create table people (id int primary key, born date not null check (born between '1930-01-01' and now() - interval '18 years'),
    kind char(2) check (kind is null or upper(kind) in ('SC', 'VC')), style text check (style is null or style in ('W', 'M')));
  create type state as enum ('draft', 'open', 'closed'); create domain amount as numeric(12,2) check (value >= 0);
  create table orders (id int primary key, state state not null, closed date, paid amount not null,
    check ((state = 'closed') = (closed is not null)), check (case when state = 'draft' then paid = 0 else paid > 0 end));

  create table films (id int primary key, length smallint,
    hours numeric(4,2) generated always as (round(length / 60.0, 2)) virtual,
    slug text generated always as ('film ' || id::text) stored unique);
  create table keyed (a int not null, b int not null, "k k" text generated always as (a::text || ':' || b::text) stored primary key);
  create table pointing (id int primary key, k text not null references keyed on delete cascade);

  create function valid_number(digits text) returns boolean language plpgsql immutable as $$
    declare total int := 0;
    begin
      if digits !~ '^[A-Z]{2}[0-9]+$' then return false; end if;
      if length(digits) > 8 then return false; end if;
      for i in 3 .. length(digits) loop total := total + substr(digits, i, 1)::int; end loop;
      return total % 7 = 0;
    end $$;
  create function is_home(place jsonb) returns boolean language sql immutable as $$ select place ? 'city' and place ? 'zip' $$;
  create table cards (id int primary key, number text check (number is null or valid_number(number)), home jsonb check (home is null or is_home(home)));

  create table tree (id int primary key, parent int references tree on delete cascade, check (parent <> id));
  create function guard() returns trigger language plpgsql as $$ begin
    if new.parent is not null and not exists (select from tree where id = new.parent) then raise exception 'no parent'; end if;
    return new; end $$;
  create trigger guard before insert or update on tree for each row execute function guard();

  create table ruled (id int primary key, note text unique);
  create table log (id int);
  create rule log_it as on insert to ruled do also insert into log values (new.id);
  create table pairs (id int primary key, k1 int, k2 int, unique (k1, k2), check (num_nulls(k1, k2) in (0, 2)));`

let server: Server
let result: ProveResult
beforeAll(async () => {
  server = await startServer({})
  const { architecture } = await printLab(server, schema)
  const template = await server.createDatabase('integrity')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  const steps = ['green', 'red', 'mutate'] as const
  result = await prove({ architecture, server, template, steps: [...steps], only: [], startSeconds: 0 })
}, 120_000)
afterAll(() => server.stop())

const titlesOf = (rule: string): readonly string[] =>
  result.rules.find(({ id }) => id === rule)?.experiments.map(({ experiment }) => experiment.title) ?? []

const reasonsOf = (structure: string): readonly string[] =>
  result.structures
    .flatMap((one) => (one.id === structure ? one.mutants : []))
    .filter(({ verdict }) => verdict === 'equivalent')
    .map(({ why }) => why)

/** Triggers and rewrite rules are told by what they were seen to do, which is not asked for here. */
const isOther = (text: string): boolean => /\/(?:trigger|rewriteRule|rule):|function:guard/u.test(text)

test('every rule holds and is red without what it asks for', () => {
  const rules = result.findings.filter(({ code }) => code.startsWith('rule.'))
  expect(rules.map(({ code, summary }) => `${code}: ${summary}`)).toEqual([])
})

test('nothing survives but what no row tells apart', () => {
  const open = result.structures
    .flatMap(({ mutants }) => mutants)
    .filter(({ verdict, id }) => ['survived', 'unsolved'].includes(verdict) && !isOther(id))
  expect(open.map(({ id, summary }) => `${id}: ${summary}`)).toEqual([])
})

test('a default that its own column refuses is shown by the refusal and beside it', () => {
  expect(titlesOf('refused/default:base')).toEqual([
    `a row without base is refused: 0.00 breaks CHECK base "positive"`,
    `a row without base would get 0.00, were it not for CHECK base "positive"`,
  ])
})

test('what no row tells apart has its reason', () => {
  expect(reasonsOf('people/check:people_born_check')).toContain(
    'a date and a time that the clock gives are equal only in one microsecond of a day',
  )
  expect(reasonsOf('function:valid_number(text)')).toContain(
    'it differs for null alone, and the CHECKs that call it take a row without the value either way',
  )
  expect(reasonsOf('never_null/column:scopes')).toEqual([
    'CHECK never_null_scopes_check refuses null already',
  ])
})
