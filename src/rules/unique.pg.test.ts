import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOver, openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { enumType } from '../architecture/enum-type.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

const state = enumType('state', ['draft', 'live'])

const tables = {
  tenants: table('tenants', { id: 'bigint', name: 'text' }, (t) => [t.primaryKey('id'), t.required('name')]),
  pages: table(
    'pages',
    { tenant_id: 'bigint', id: 'bigint', slug: 'varchar(50)', title: 'text', hidden: 'boolean', state },
    (t) => [
      t.identity('id'),
      t.primaryKey('id'),
      t.required('tenant_id', 'slug', 'hidden', 'state'),
      t.references('tenant_id', 'tenants'),
      t.unique('tenant_id', 'slug'),
      // Implied by the primary key; only a foreign key needs it.
      t.unique('tenant_id', 'id'),
      t.unique('tenant_id', 'title', { nullsNotDistinct: true }),
      t.unique('title', { where: `state = 'live' and not hidden` }),
    ],
  ),
  accounts: table(
    'accounts',
    {
      id: 'uuid',
      email: 'varchar(200)',
      handle: 'text',
      seen_at: 'timestamptz',
      place: 'integer',
      code: 'char(4)',
    },
    (t) => [
      t.primaryKey('id'),
      t.required('email', 'place'),
      t.defaults({ id: 'gen_random_uuid()' }),
      t.unique(t.sql`lower(${'email'})`),
      t.unique('handle', { deferrable: 'immediate' }),
      t.unique('place', { deferrable: 'deferred' }),
      t.unique('code', t.sql`date_trunc('day', ${'seen_at'}, 'UTC')`),
    ],
  ),
  substances: table('substances', { code: 'text' }, (t) => [
    t.primaryKey('code'),
    t.check('code_ok', `code ~ '^[A-Z](\\d{2}[A-Z]{2}\\d{2})?$' and length(code) = 7`),
  ]),
  interactions: table('interactions', { a: 'text', b: 'text' }, (t) => [
    t.primaryKey('a', 'b'),
    t.references('a', 'substances', { onDelete: 'cascade' }),
    t.references('b', 'substances', { onDelete: 'cascade' }),
    t.check('in_order', 'a < b'),
  ]),
  encounters: table('encounters', { id: 'bigint', patient: 'text' }, (t) => [
    t.primaryKey('id'),
    t.required('patient'),
    t.unique('id', 'patient'),
  ]),
  diagnoses: table('diagnoses', { encounter: 'bigint', patient: 'text', line: 'smallint' }, (t) => [
    t.primaryKey('encounter', 'line'),
    t.required('patient'),
    t.references(['encounter', 'patient'], 'encounters', { columns: ['id', 'patient'], onDelete: 'cascade' }),
  ]),
  lines: table('lines', { order_no: 'integer', line: 'smallint', day: 'date' }, (t) => [
    t.primaryKey('order_no', 'line', 'day'),
  ]),
}

const schema = `
create type state as enum ('draft', 'live');
create table tenants (id bigint primary key, name text not null);
create table pages (
  tenant_id bigint not null references tenants,
  id bigint generated always as identity primary key,
  slug varchar(50) not null,
  title text,
  hidden boolean not null,
  state state not null,
  unique (tenant_id, slug),
  unique (tenant_id, id),
  unique nulls not distinct (tenant_id, title)
);
create unique index pages_live_title on pages (title) where state = 'live' and not hidden;
create table accounts (
  id uuid primary key default gen_random_uuid(),
  email varchar(200) not null,
  handle text unique deferrable,
  seen_at timestamptz,
  place integer not null unique deferrable initially deferred,
  code char(4)
);
create unique index accounts_email on accounts (lower(email));
create unique index accounts_code on accounts (code, date_trunc('day', seen_at, 'UTC'));
create table substances (code text primary key
  constraint code_ok check (code ~ '^[A-Z](\\d{2}[A-Z]{2}\\d{2})?$' and length(code) = 7));
create table interactions (
  a text references substances on delete cascade,
  b text references substances on delete cascade,
  primary key (a, b),
  constraint in_order check (a < b)
);
create table encounters (id bigint primary key, patient text not null, unique (id, patient));
create table diagnoses (
  encounter bigint,
  patient text not null,
  line smallint,
  primary key (encounter, line),
  foreign key (encounter, patient) references encounters (id, patient) on delete cascade
);
create table lines (order_no integer, line smallint, day date not null, primary key (order_no, line, day))
  partition by range (day);
create table lines_2024 partition of lines for values from ('2024-01-01') to ('2025-01-01');
create table lines_rest partition of lines default;
`

const declared = architecture('keys', { tables }) as unknown as Architecture

let server: Server
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  lab = await openRuleLab(server, declared, schema)
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('unique and primaryKey', () => {
  test('a parent is put there where none that stands is in order', () => {
    expect(lab.titles('interactions/primaryKey:a,b')).toEqual(
      expect.arrayContaining([
        'a row of the same b with another a is accepted',
        'a row of the same a with another b is accepted',
      ]),
    )
    // The encounter is given; its patient is the one that it has, and no second encounter is made for another.
    expect(lab.titles('diagnoses/primaryKey:encounter,line')).toContain(
      'a row of the same encounter with another line is accepted',
    )
    expect(lab.faults().filter((fault) => /interactions|diagnoses/u.test(fault))).toEqual([])
  })

  test('hold', () => {
    expect(lab.faults()).toEqual([])
  })

  test('are red without their keys', async () => {
    const red = await lab.red()
    const keys = lab.rules.filter((r) => ['unique', 'primaryKey'].includes(r.rule.kind))
    expect(keys.length).toBe(17)
    expect(keys.flatMap((r) => (red.get(r.rule.id)!.proven ? [] : [r.rule.id]))).toEqual([])
  })

  test('notice every mutant of their keys', async () => {
    const { killed, left } = await lab.left((s) => s.kind === 'unique' || s.kind === 'primaryKey')
    expect(left).toMatchInlineSnapshot(`[]`)
    expect(killed).toBeGreaterThan(100)
  })

  test('say in their titles what a reviewer can judge', () => {
    const id = lab.rules.find((r) => r.rule.kind === 'unique' && r.rule.id.includes('live'))!.rule.id
    expect(lab.titles(id)).toMatchInlineSnapshot(`
      [
        "a second row with the same title is refused",
        "an upsert on title finds the row that stands",
        "it is refused at once, even where the transaction would mend it",
        "two rows with title of their own stand side by side",
        "two rows without title are accepted",
        "two rows of the same key with hidden false, state 'draft' are accepted",
        "two rows of the same key with hidden true, state 'live' are accepted",
        "two rows of the same key with hidden false, state 'live' are refused",
        "a row of the same key with hidden false, state 'draft' is accepted beside one that is watched",
      ]
    `)
  })
})

test('a key that may wait promises nothing where another, which cannot, answers for the same rows', async () => {
  const only = architecture('waiting', {
    tables: {
      people: table('people', { id: 'integer' }, (t) => [t.primaryKey('id'), t.check('one', 'id = 1')]),
      waiting: table('waiting', { course: 'integer', person: 'integer', pos: 'integer' }, (t) => [
        t.primaryKey('course', 'person'),
        t.references('person', 'people'),
        t.unique('course', 'pos', { deferrable: 'immediate' }),
      ]),
    },
  }) as unknown as Architecture
  const faults = await faultsOver(
    server,
    only,
    `create table people (id integer primary key constraint people_one check (id = 1));
     create table waiting (course integer, person integer references people, pos integer, primary key (course, person),
       unique (course, pos) deferrable)`,
  )
  expect(faults.filter((fault) => !fault.includes('unsolved:'))).toEqual([])
})

test('a key of the rows below one row: what tells them apart follows from that row, too', async () => {
  const numbers = `no ~ '^[0-9]{4}(-[0-9]{2})*$'`
  const below = `parent is null or no like parent || '-%'`
  const only = architecture('chart', {
    tables: {
      chart: table('chart', { no: 'text', parent: 'text', name: 'text' }, (t) => [
        t.primaryKey('no'),
        t.required('name'),
        t.references('parent', 'chart'),
        t.check('numbers', numbers),
        t.check('below', below),
        t.unique('parent', 'name'),
      ]),
    },
  }) as unknown as Architecture
  const faults = await faultsOver(
    server,
    only,
    `create table chart (no text primary key constraint chart_numbers check (${numbers}), name text not null,
       parent text references chart, constraint chart_below check (${below}), unique (parent, name))`,
  )
  expect(faults).toEqual([])
})
