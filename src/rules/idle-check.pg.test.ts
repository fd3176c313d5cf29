/** What no row can break: CHECKs that reject nothing, and types that a computed value never comes to the end of. Each is told why. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import { architecture } from '../architecture/declare.ts'
import { domainType } from '../architecture/domain-type.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

const schema = `
  create domain "Odd pos" as integer constraint above check (value > 0) constraint either check (value is null or value is not null)
    constraint far check (value > -5);
  create table "it's" (id integer primary key, a integer, b integer not null, s varchar(10), k smallint, w "Odd pos" not null,
    constraint "nu""ll" check (a = null), constraint listed check (a in (1, 2, null) or b > 3), constraint always check (true),
    constraint again check (b is not null), constraint narrow check (b > 3), constraint wide check (b > 1),
    constraint short check (length(s) <= 10), constraint small check (k < 40000), constraint positive check (w > 0),
    constraint bites check (k <> 7));
  create function positive(n integer) returns boolean language sql immutable as $$ select coalesce(n > 0, false) $$;
  create function counted(t text) returns boolean language plpgsql immutable as $$
    begin for i in 1..length(t) loop if substr(t, i, 1) !~ '\\d' then return false; end if; end loop; return true; end $$;
  create table "no nulls" (id integer primary key, n integer unique, "c c" text, m text not null,
    constraint "n'ok" check (positive(n)), constraint c_ok check (counted("c c")), constraint m_ok check (counted(m)));
  create table "few nulls" (extra text) inherits ("no nulls");
  create table boxes (id integer primary key, w smallint not null, h smallint not null,
    label varchar(20) generated always as (w::text || 'x' || h::text) stored,
    part numeric(10,2) generated always as (id / 100.0) stored,
    tight varchar(5) generated always as ('n' || w::text) stored);
  create table lines (id integer primary key, qty numeric(8,2) not null, price numeric(8,2) not null,
    amount numeric(12,2) generated always as (round(qty * price, 2)) stored);`

const pos = domainType('"Odd pos"', 'integer', {
  checks: { above: 'value > 0', either: 'value is null or value is not null', far: 'value > -5' },
})

const declared = architecture('idle', {
  tables: {
    its: table(
      "it's",
      { id: 'integer', a: 'integer', b: 'integer', s: 'varchar(10)', k: 'smallint', w: pos },
      (t) => [
        t.primaryKey('id'),
        t.required('b', 'w'),
        t.check('nu"ll', 'a = null'),
        t.check('listed', 'a in (1, 2, null) or b > 3'),
        t.check('always', 'true'),
        t.check('again', 'b is not null'),
        t.check('narrow', 'b > 3'),
        t.check('wide', 'b > 1'),
        t.check('short', 'length(s) <= 10'),
        t.check('small', 'k < 40000'),
        t.check('positive', 'w > 0'),
        t.check('bites', 'k <> 7'),
      ],
    ),
    noNulls: table('no nulls', { id: 'integer', n: 'integer', 'c c': 'text', m: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('m'),
      t.unique('n'),
      t.check("n'ok", 'positive(n)'),
      t.check('c_ok', 'counted("c c")'),
      t.check('m_ok', 'counted(m)'),
    ]),
    fewNulls: table(
      'few nulls',
      { id: 'integer', n: 'integer', 'c c': 'text', m: 'text', extra: 'text' },
      (t) => [t.required('id', 'm')],
    ),
    lines: table(
      'lines',
      { id: 'integer', qty: 'numeric(8,2)', price: 'numeric(8,2)', amount: 'numeric(12,2)' },
      (t) => [
        t.primaryKey('id'),
        t.required('qty', 'price'),
        t.generated({ amount: 'round(qty * price, 2)' }),
      ],
    ),
    boxes: table(
      'boxes',
      {
        id: 'integer',
        w: 'smallint',
        h: 'smallint',
        label: 'varchar(20)',
        part: 'numeric(10,2)',
        tight: 'varchar(5)',
      },
      (t) => [
        t.primaryKey('id'),
        t.required('w', 'h'),
        t.generated({ label: `w::text || 'x' || h::text`, part: 'id / 100.0', tight: `'n' || w::text` }),
      ],
    ),
  },
})

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

const notesOf = (rule: string): readonly (string | undefined)[] =>
  (lab.rule(rule).notes ?? []).map(({ code, summary }) => `${code}: ${summary}`)

test('nothing is left unsolved, and every rule was red', async () => {
  expect(lab.faults()).toEqual([])
  expect([...(await lab.red())].flatMap(([id, { proven }]) => (proven ? [] : [id]))).toEqual([])
})

test('each is told with what makes it idle, and how to drop it', () => {
  expect(notesOf(`it's/check:"nu""ll"`)).toEqual([
    'check.never-rejects: CHECK nu"ll can never reject a row: a = NULL',
  ])
  expect(notesOf(`it's/check:again`)).toEqual([
    'check.implied: CHECK again rejects nothing that NOT NULL lets through: b IS NOT NULL',
  ])
  expect(notesOf(`it's/check:small`)).toEqual([
    'check.implied: CHECK small rejects nothing that the type smallint of k lets through: k < 40000',
  ])
  expect(notesOf(`it's/check:positive`)).toEqual([
    `check.implied: CHECK positive rejects nothing that the domain public."Odd pos" of w lets through: w > 0`,
  ])
  expect(notesOf(`it's/domain:w`)).toEqual([
    'check.never-rejects: CHECK either can never reject a row: value IS NULL OR value IS NOT NULL',
    'check.implied: CHECK far rejects nothing that CHECK above lets through: value > -5',
  ])
  expect(lab.rule(`it's/check:"nu""ll"`).notes?.[0]?.mend).toBe(
    `alter table "public"."it's" drop constraint "nu""ll";`,
  )
})

test('a column that may be null, and whose CHECK has a function that refuses null, is told', async () => {
  expect(notesOf('"no nulls"/optional:n')).toEqual([
    "column.never-null: n may be null, and CHECK n'ok refuses null: no row goes without it",
  ])
  // Null is none of the numbers that a loop counts to: it raises an error.
  expect(lab.rule('"no nulls"/optional:"c c"').notes?.[0]?.mend).toBe(
    'alter table "public"."no nulls" alter column "c c" set not null;',
  )
  // So it is in a table that inherits the CHECK.
  expect(notesOf('"few nulls"/optional:n')).toEqual([
    "column.never-null: n may be null, and CHECK n'ok refuses null: no row goes without it",
  ])
  expect(lab.titles('"no nulls"/required:m')).toContain(
    'a row without m is refused, also where m_ok does not look',
  )
  expect((await lab.left(({ table, kind }) => table === '"no nulls"' && kind !== 'check')).left).toEqual([])
})

test('what rejects a row is shown by that row alone', () => {
  expect(notesOf(`it's/check:bites`)).toEqual([])
  expect(lab.titles(`it's/check:bites`).join('\n')).not.toContain('as it is written')
})

test('a computed value that stays within its type is told how far it comes', () => {
  expect(lab.rule('boxes/type:label').notes).toMatchObject([
    {
      code: 'type.never-reached',
      summary: 'no row makes label go beyond character varying(20)',
      mend: 'alter table "public"."boxes" alter column "label" type character varying(13);',
    },
  ])
  expect(lab.rule('boxes/type:part').notes?.[0]?.why).toContain('is never further from zero than 21474836')
  expect(notesOf('boxes/type:tight')).toEqual([])
})

test('a computed value comes just beyond its type, where only all of its columns together bring it there', async () => {
  const { left } = await lab.left(({ id }) => id === 'lines/column:amount')
  expect(left.filter((one) => one.includes('numeric('))).toEqual([])
})

test('no broken form of them goes unnoticed', async () => {
  const { left } = await lab.left(
    ({ kind, id }) => kind === 'domain' || (kind === 'check' && !id.endsWith(':narrow')),
  )
  expect(left.filter((one) => !one.startsWith('redundant'))).toEqual([])
  const { left: types, equivalent } = await lab.left(({ id }) =>
    ['boxes/column:label', 'boxes/column:part'].includes(id),
  )
  expect(types).toEqual([])
  expect([...equivalent.keys()].some((id) => id.includes('varying(21)'))).toBe(true)
})
