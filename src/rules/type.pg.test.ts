import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOver, openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import { ident } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

/** Every type of PostgreSQL's own that a column may have, with the edges that it has. */
const types = [
  'smallint',
  'integer',
  'bigint',
  'oid',
  'numeric',
  'numeric(10,2)',
  'numeric(5,0)',
  'numeric(3,3)',
  'real',
  'double precision',
  'money',
  'text',
  'varchar',
  'varchar(7)',
  'char(3)',
  'char',
  'name',
  'boolean',
  'date',
  'time',
  'time(0)',
  'timetz',
  'timestamp',
  'timestamp(3)',
  'timestamptz',
  'timestamptz(0)',
  'interval',
  'uuid',
  'bytea',
  'json',
  'jsonb',
  'jsonpath',
  'inet',
  'cidr',
  'macaddr',
  'macaddr8',
  'bit(3)',
  'bit varying(5)',
  'tsvector',
  'tsquery',
  'pg_lsn',
  'point',
  'line',
  'lseg',
  'box',
  'path',
  'polygon',
  'circle',
  'int4range',
  'int8range',
  'numrange',
  'daterange',
  'tsrange',
  'tstzrange',
  'int4multirange',
  'datemultirange',
  'integer[]',
  'smallint[]',
  'varchar(5)[]',
  'numeric(6,1)[]',
  'text[]',
  'uuid[]',
  'timestamptz[]',
  'jsonb[]',
] as const

const nameOf = (type: string): string => `of ${type}`

/** A table with one column of each of these types, named by it. */
const declare = (declared: readonly string[]): Architecture => {
  const typed = Object.fromEntries(declared.map((type) => [nameOf(type), type]))
  const everything = table('everything', { id: 'bigint', ...typed } as never, (t) => [
    t.primaryKey('id' as never),
  ])
  return architecture('types', { tables: { everything } as never }) as unknown as Architecture
}

const columns = types.map((type) => `${ident(nameOf(type))} ${type}`).join(',\n  ')

let server: Server
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  lab = await openRuleLab(
    server,
    declare(types),
    `create table everything (id bigint primary key,\n  ${columns})`,
  )
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('type', () => {
  test('holds for every type', () => {
    expect(lab.faults()).toEqual([])
  })

  test('every type is put to more than a typical value', () => {
    const poor = types.filter(
      (type) => lab.titles(`everything/type:${JSON.stringify(nameOf(type))}`).length < 2,
    )
    expect(poor).toEqual(['name'])
  })

  test('is red without its type, and so is that null may be missing', async () => {
    const red = await lab.red()
    expect([...red].filter(([, evidence]) => !evidence.proven)).toEqual([])
  })

  test('notices every other type', async () => {
    const { killed, left } = await lab.left((s) => s.kind === 'column')
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(150)
  })
})

/** Declared, and what the database has instead. */
const slips = [
  ['smallint', 'integer'],
  ['integer', 'bigint'],
  ['bigint', 'integer'],
  ['numeric(10,2)', 'numeric(12,2)'],
  ['numeric(6,3)', 'numeric(6,2)'],
  ['numeric(7,2)', 'numeric(5,2)'],
  ['real', 'double precision'],
  ['varchar(100)', 'varchar(50)'],
  ['varchar(20)', 'text'],
  ['char(4)', 'varchar(4)'],
  ['text', 'varchar(255)'],
  ['date', 'timestamp'],
  ['timestamptz', 'timestamp'],
  ['timestamp(3)', 'timestamp'],
  ['jsonb', 'json'],
  ['json', 'jsonb'],
  ['inet', 'cidr'],
  ['uuid', 'text'],
  ['varchar(5)[]', 'varchar(6)[]'],
  ['smallint[]', 'integer[]'],
] as const

test('a column of another type than the declared one is not green', async () => {
  const actual = slips.map(([declared, found]) => `${ident(nameOf(declared))} ${found}`).join(', ')
  const wrong = await openRuleLab(
    server,
    declare(slips.map(([declared]) => declared)),
    `create table everything (id bigint primary key, ${actual})`,
  )
  try {
    const green = slips.filter(
      ([type]) => wrong.rule(`everything/type:${JSON.stringify(nameOf(type))}`).green,
    )
    expect(green).toEqual([])
    expect(wrong.rule('everything/type:id').green).toBe(true)
  } finally {
    await wrong.close()
  }
})

test('an edge that a CHECK fails to cast is not asked of the type, whatever row it would need beside it', async () => {
  const declared = architecture('casts', {
    tables: {
      shops: table('shops', { id: 'bigint' }, (t) => [t.primaryKey('id')]),
      payouts: table('payouts', { id: 'integer', shop_id: 'bigint' }, (t) => [
        t.primaryKey('id'),
        t.check('positive', '0 < all (array[shop_id::integer, id])'),
        t.references('shop_id', 'shops'),
      ]),
    },
  }) as unknown as Architecture
  const faults = await faultsOver(
    server,
    declared,
    `create table shops (id bigint primary key);
    create table payouts (id integer primary key, shop_id bigint references shops,
      constraint positive check (0 < all (array[shop_id::integer, id])));`,
  )
  expect(faults).toEqual([])
})
