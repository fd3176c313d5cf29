import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

const tables = {
  bookings: table(
    'bookings',
    { id: 'integer', room: 'int4range', during: 'tstzrange', cancelled: 'boolean', note: 'text' },
    (t) => [
      t.primaryKey('id'),
      t.required('during', 'cancelled'),
      t.excludes({ room: '=', during: '&&' }, { where: 'not cancelled' }),
    ],
  ),
  shifts: table('shifts', { id: 'integer', starts: 'integer', ends: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.required('starts', 'ends'),
    t.check('ends_later', 'ends > starts'),
    t.excludes([[t.sql`int4range(${'starts'}, ${'ends'})`, '&&']], { deferrable: 'deferred' }),
  ]),
  slots: table('slots', { id: 'integer', place: 'daterange' }, (t) => [
    t.primaryKey('id'),
    t.required('place'),
    t.excludes({ place: '&&' }, { deferrable: 'immediate' }),
  ]),
  names: table('names', { id: 'integer', name: 'text' }, (t) => [
    t.primaryKey('id'),
    t.required('name'),
    t.excludes({ name: '=' }, { using: 'hash' }),
  ]),
  // The key speaks first about every row that the exclusion refuses.
  rates: table('tax rates', { company: 'integer', code: 'text', valid: 'daterange' }, (t) => [
    t.primaryKey('company', 'code'),
    t.required('valid'),
    t.excludes({ company: '=', code: '=', valid: '&&' }),
  ]),
  uses: table('uses', { id: 'integer', company: 'integer', code: 'text' }, (t) => [
    t.primaryKey('id'),
    t.required('company', 'code'),
    t.references(['company', 'code'], 'tax rates'),
  ]),
  // A key over the range itself: the same range twice is refused there, one that overlaps here.
  prices: table('prices', { product: 'integer', valid: 'daterange', amount: 'integer' }, (t) => [
    t.primaryKey('product', 'valid'),
    t.required('amount'),
    t.excludes({ product: '=', valid: '&&' }),
  ]),
  // The first other target that comes to mind is the source.
  ties: table('ties', { id: 'integer', source: 'integer', target: 'integer', kind: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.required('source', 'target', 'kind'),
    t.check('apart', 'source <> target'),
    t.excludes({ source: '=', target: '=', kind: '<>' }),
  ]),
}

const schema = `
create table bookings (id integer primary key, room int4range, during tstzrange not null, cancelled boolean not null,
  note text, exclude using gist (room with =, during with &&) where (not cancelled));
create table shifts (id integer primary key, starts integer not null, ends integer not null,
  constraint shifts_ends_later check (ends > starts),
  exclude using gist (int4range(starts, ends) with &&) deferrable initially deferred);
create table slots (id integer primary key, place daterange not null, exclude using gist (place with &&) deferrable);
create table names (id integer primary key, name text not null, exclude using hash (name with =));
create extension btree_gist;
create table "tax rates" (company integer not null, code text not null, valid daterange not null,
  primary key (company, code), exclude using gist (company with =, code with =, valid with &&));
create table uses (id integer primary key, company integer not null, code text not null,
  foreign key (company, code) references "tax rates");
create table prices (product integer not null, valid daterange not null, amount integer not null,
  primary key (product, valid), exclude using gist (product with =, valid with &&));
create table ties (id integer primary key, source integer not null, target integer not null, kind integer not null,
  constraint apart check (source <> target), exclude using gist (source with =, target with =, kind with <>));
`

const declared = architecture('exclusions', { tables }) as unknown as Architecture

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

const exclusions = () => lab.rules.filter((r) => r.rule.kind === 'excludes')

describe('excludes', () => {
  test('holds', () => {
    expect(lab.faults()).toEqual([])
    expect(exclusions().flatMap((r) => r.claims).length).toBe(7)
  })

  test('is red without its constraint', async () => {
    const red = await lab.red()
    expect(exclusions().flatMap((r) => (red.get(r.rule.id)!.proven ? [] : [r.rule.id]))).toEqual([])
  })

  test('notices every mutant', async () => {
    const { killed, left } = await lab.left((s) => s.kind === 'excludes')
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(10)
  })

  test('says in its titles what a reviewer can judge', () => {
    const titles = lab.titles(exclusions()[0]!.rule.id)
    expect(titles).toContain('a row that conflicts in room and during is refused')
    expect(titles).toContain('a row without room conflicts with nothing')
    expect(
      titles.filter((title) => title.includes(' and all else in conflict is accepted')).length,
    ).toBeGreaterThan(2)
  })
})
