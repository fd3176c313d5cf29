/** Where something else of the same database speaks first: a trigger that leaves rows as they are, a CHECK of what follows a key, a computed column. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { architecture, domainType, enumType, sqlType, table } from '../index.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'

const schema = `
  create role clerk;
  create table users (id int primary key, name text not null, deleted_at timestamptz);
  create function soft() returns trigger language plpgsql as $$ begin
    update users set deleted_at = now() where id = old.id and deleted_at is null; return null; end $$;
  create trigger soft before delete on users for each row execute function soft();
  alter table users enable row level security;
  create policy mine on users to clerk using (id > 0);
  grant select, insert, update, delete on users to clerk;
  create table sessions (id int primary key, user_id int not null references users on delete cascade);
  create table moves (id int primary key, done_by int references users on delete set null);
  create function final() returns trigger language plpgsql as $$ begin raise exception 'append only'; end $$;
  create trigger final before update or delete on moves execute function final();
  create table countries (code char(2) primary key check (code ~ '^[A-Z]{2}$'));
  create table ports (locode text primary key check (locode ~ '^[A-Z]{5}$'), country char(2) not null references countries on update cascade,
    constraint ports_in_country check (left(locode, 2) = country));
  create table terminals (id int primary key, locode text not null references ports on update cascade);
  create function initials(p text) returns text language plpgsql immutable as $$
  declare r text := ''; w text;
  begin foreach w in array regexp_split_to_array(p, '\\s+') loop r := r || left(w, 1); end loop; return r; end $$;
  create table people (id int primary key, full_name text not null, initials text generated always as (initials(full_name)) stored);
  create type dg as enum ('1', '2', '3');
  create table goods (id int primary key, class dg not null, others dg[] not null default '{}',
    constraint goods_no_self check (not (class = any (others))));
  create table weeks (id int primary key, span daterange not null,
    constraint weeks_seven_days check (lower(span) = date '2000-01-03' + 7 * id and upper(span) = lower(span) + 7),
    constraint weeks_apart exclude using gist (span with &&));
  create table places (id int primary key, house int not null, parent_id int, path text not null, label text not null,
    constraint places_same unique (house, id),
    constraint places_parent foreign key (house, parent_id) references places (house, id) on delete cascade,
    constraint places_path check (path ~ '^[A-Z0-9]+(\\.[A-Z0-9]+)*$'),
    constraint places_root check ((parent_id is null) = (position('.' in path) = 0)));
  create function place_path() returns trigger language plpgsql as $$ begin
    if new.parent_id is null then new.path := new.label;
    else select path || '.' || new.label into new.path from places where id = new.parent_id; end if;
    return new; end $$;
  create trigger path before insert or update on places for each row execute function place_path();
  create table headings (code text primary key check (code ~ '^[0-9]{2,8}$'), parent text references headings,
    constraint headings_under check (parent = left(code, length(code) - 2)),
    constraint headings_chapter check ((length(code) = 2) = (parent is null)));
  create table stages (id int primary key, begins date, ends date, span daterange generated always as (daterange(begins, ends, '[]')) stored,
    constraint stages_order check (begins <= ends));
  create table links (id int primary key, one int not null, other int not null, kind int not null check (kind in (0, 1)),
    constraint links_apart check (one <> other));
  create unique index links_undirected on links (least(one, other), greatest(one, other)) where kind = 0;
  create type amount as (cents bigint, currency char(3));
  create function amount_ok(p amount) returns boolean language sql immutable as $$ select (p).cents is not null and (p).currency ~ '^[A-Z]{3}$' $$;
  create domain price as amount check (amount_ok(value));
  create table sales (id int primary key, total price not null);
  create table notes (id int primary key, by text);
  create function signs() returns trigger language plpgsql as $$ begin
    new.by := coalesce(current_setting('app.actor', true), 'nobody'); return new; end $$;
  create trigger signs before insert on notes for each row execute function signs();
  create table settings (id serial primary key, theme text not null);
  create unique index settings_single on settings ((true));
  create table tariffs (code text primary key references headings, constraint tariffs_whole check (length(code) = 8));`

const price = domainType('price', sqlType('amount'), { checks: ['amount_ok(value)'] })
const dg = enumType('dg', ['1', '2', '3'])

const declared = architecture('conflicts', {
  tables: {
    users: table('users', { id: 'integer', name: 'text', deleted_at: 'timestamptz' }, (t) => [
      t.primaryKey('id'),
      t.required('name'),
      t.policies({ mine: { to: 'clerk', using: 'id > 0' } }),
      t.visibleTo('clerk', ['select', 'insert', 'update', 'delete']),
      t.observed(
        'a delete of a row with deleted_at null writes a row',
        { given: { deleted_at: 'null' }, delete: true, leaves: {} },
        { by: 'trigger:soft' },
      ),
    ]),
    sessions: table('sessions', { id: 'integer', user_id: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.required('user_id'),
      t.references('user_id', 'users', { onDelete: 'cascade' }),
    ]),
    moves: table('moves', { id: 'integer', done_by: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.references('done_by', 'users', { onDelete: 'set null' }),
    ]),
    countries: table('countries', { code: 'char(2)' }, (t) => [
      t.primaryKey('code'),
      t.check('code_check', `code ~ '^[A-Z]{2}$'`),
    ]),
    ports: table('ports', { locode: 'text', country: 'char(2)' }, (t) => [
      t.primaryKey('locode'),
      t.required('country'),
      t.check('locode_check', `locode ~ '^[A-Z]{5}$'`),
      t.check('in_country', 'left(locode, 2) = country'),
      t.references('country', 'countries', { onUpdate: 'cascade' }),
    ]),
    terminals: table('terminals', { id: 'integer', locode: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('locode'),
      t.references('locode', 'ports', { onUpdate: 'cascade' }),
    ]),
    people: table('people', { id: 'integer', full_name: 'text', initials: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('full_name'),
      t.generated({ initials: 'initials(full_name)' }),
    ]),
    goods: table('goods', { id: 'integer', class: dg, others: sqlType('dg[]') }, (t) => [
      t.primaryKey('id'),
      t.required('class', 'others'),
      t.defaults({ others: `'{}'` }),
      t.check('no_self', 'not class = any (others)'),
    ]),
    weeks: table('weeks', { id: 'integer', span: 'daterange' }, (t) => [
      t.primaryKey('id'),
      t.required('span'),
      t.check('seven_days', `lower(span) = date '2000-01-03' + 7 * id and upper(span) = lower(span) + 7`),
      t.excludes({ span: '&&' }),
    ]),
    places: table(
      'places',
      { id: 'integer', house: 'integer', parent_id: 'integer', path: 'text', label: 'text' },
      (t) => [
        t.primaryKey('id'),
        t.required('house', 'path', 'label'),
        t.unique('house', 'id'),
        t.references(['house', 'parent_id'], 'places', { columns: ['house', 'id'], onDelete: 'cascade' }),
        t.check('path', String.raw`path ~ '^[A-Z0-9]+(\.[A-Z0-9]+)*$'`),
        t.check('root', `(parent_id is null) = (position('.' in path) = 0)`),
      ],
    ),
    headings: table('headings', { code: 'text', parent: 'text' }, (t) => [
      t.primaryKey('code'),
      t.references('parent', 'headings'),
      t.check('code_check', `code ~ '^[0-9]{2,8}$'`),
      t.check('under', 'parent = left(code, length(code) - 2)'),
      t.check('chapter', '(length(code) = 2) = (parent is null)'),
    ]),
    stages: table('stages', { id: 'integer', begins: 'date', ends: 'date', span: 'daterange' }, (t) => [
      t.primaryKey('id'),
      t.generated({ span: `daterange(begins, ends, '[]')` }),
      t.check('order', 'begins <= ends'),
    ]),
    links: table('links', { id: 'integer', one: 'integer', other: 'integer', kind: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.required('one', 'other', 'kind'),
      t.check('kind_check', 'kind in (0, 1)'),
      t.check('apart', 'one <> other'),
      t.unique(t.sql`least(one, other)`, t.sql`greatest(one, other)`, { where: 'kind = 0' }),
    ]),
    notes: table('notes', { id: 'integer', by: 'text' }, (t) => [
      t.primaryKey('id'),
      t.observed(
        'an insert writes a row that is signed',
        { insert: {}, leaves: { by: `''` } },
        { by: 'trigger:signs' },
      ),
    ]),
    settings: table('settings', { id: 'integer', theme: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('theme'),
      t.defaults({ id: `nextval('settings_id_seq')` }),
      t.unique(t.sql`true`),
    ]),
    sales: table('sales', { id: 'integer', total: price }, (t) => [t.primaryKey('id'), t.required('total')]),
    tariffs: table('tariffs', { code: 'text' }, (t) => [
      t.primaryKey('code'),
      t.references('code', 'headings'),
      t.check('whole', 'length(code) = 8'),
    ]),
  },
})

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

test('each rule is shown all the same, and none is red for what another says', async () => {
  const template = await server.createDatabase('conflicts')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  const result = await prove({
    architecture: declared,
    server,
    template,
    steps: ['green', 'red', 'mutate'],
    only: [],
    startSeconds: 0,
  })
  // What the triggers do is stated in part alone, and the functions are nobody's. Two mutants of what makes a chapter take
  // rows below a heading of no digits: what the reference refuses anyway.
  const told = result.findings.filter(
    ({ code, structure }) =>
      !/^structure\.|^rule\.note$/u.test(code) &&
      !/trigger:|function:|headings_chapter/u.test(structure ?? ''),
  )
  expect(told.map(({ code, rule, structure }) => `${code}: ${rule ?? structure ?? ''}`)).toEqual([
    'references.action-refused: ports/references:country->countries',
    // Both parts stand over both columns: no row was found in which only one of them differs.
    'rule.unsolved: links/unique:"least(one, other)","greatest(one, other)","where kind = 0"',
    'rule.unsolved: links/unique:"least(one, other)","greatest(one, other)","where kind = 0"',
    // A table with room for one row: nobody sees two numbers drawn.
    'mutant.survived: settings/default:id',
  ])
  expect(result.summary.green).toBe(result.summary.rules)
  expect(result.summary.red).toBe(result.summary.rules)
}, 120_000)
