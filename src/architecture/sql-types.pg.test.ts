/** The list of types against PostgreSQL and node-postgres themselves: the compiler checks the samples, the driver the values. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { parseSqlType } from './check-column-type.ts'
import {
  sqlTypeModifiers,
  sqlTypeNames,
  type IntervalParts,
  type SqlTypeName,
  type SqlTypeValues,
} from './sql-types.ts'

type Sample<K extends SqlTypeName> = {
  /** A value as PostgreSQL reads it from text. */
  readonly text: string
  /** What node-postgres gives for it; typed as the row types say. */
  readonly read: SqlTypeValues[K]['read']
  /** What stands in an array of it, or that the array is left as text. */
  readonly element: SqlTypeValues[K]['element']
  /** Values that node-postgres can write. */
  readonly write: readonly SqlTypeValues[K]['write'][]
}

const text = (value: string) => ({ text: value, read: value, element: value, write: [value] }) as const
const textOnly = (value: string) =>
  ({ text: value, read: value, element: 'read as text', write: [value] }) as const
const number = (value: number) =>
  ({ text: String(value), read: value, element: value, write: [value] }) as const
const decimal = { text: '1.50', read: '1.50', element: 1.5, write: ['1.5', 1.5] } as const
const big = { text: '7', read: '7', element: '7', write: ['7', 7, 7n] } as const
const bool = { text: 'true', read: true, element: true, write: [true] } as const
const noon = new Date('2020-01-02T12:00:00.000Z')
const moment = {
  text: '2020-01-02 12:00:00+00',
  read: noon,
  element: noon,
  write: [noon, '2020-01-02 12:00:00+00'],
} as const
const local = {
  text: '2020-01-02 12:00:00',
  read: new Date(2020, 0, 2, 12),
  element: new Date(2020, 0, 2, 12),
  write: [new Date(2020, 0, 2, 12), '2020-01-02 12:00:00'],
} as const
const json = {
  text: '{"a": [1, null]}',
  read: { a: [1, null] },
  element: { a: [1, null] },
  write: [{ a: [1, null] }, '{"a":1}', 7, true],
} as const
const threeDays = expect.objectContaining({
  days: 3,
  toPostgres: expect.any(Function),
  toISOString: expect.any(Function),
}) as IntervalParts
const interval = {
  text: '3 days',
  read: threeDays,
  element: threeDays,
  write: ['3 days', { toPostgres: () => '3 days' }],
}

const samples: { readonly [K in SqlTypeName]: Sample<K> } = {
  text: text('a'),
  varchar: text('a'),
  'character varying': text('a'),
  char: text('a'),
  character: text('a'),
  bpchar: text('a'),
  name: textOnly('a'),
  uuid: text('7b0e5a2c-0000-4000-8000-000000000001'),
  smallint: number(7),
  int2: number(7),
  integer: number(7),
  int: number(7),
  int4: number(7),
  oid: number(7),
  bigint: big,
  int8: big,
  numeric: decimal,
  decimal,
  dec: decimal,
  real: number(1.5),
  float4: number(1.5),
  'double precision': number(1.5),
  float8: number(1.5),
  float: number(1.5),
  money: text('$1.50'),
  boolean: bool,
  bool,
  date: {
    text: '2020-01-02',
    read: new Date(2020, 0, 2),
    element: new Date(2020, 0, 2),
    write: [new Date(2020, 0, 2), '2020-01-02'],
  },
  timestamp: local,
  'timestamp without time zone': local,
  timestamptz: moment,
  'timestamp with time zone': moment,
  time: text('12:00:00'),
  'time without time zone': text('12:00:00'),
  timetz: text('12:00:00+00'),
  'time with time zone': text('12:00:00+00'),
  interval,
  json,
  jsonb: json,
  jsonpath: textOnly('$."a"'),
  xml: textOnly('<a/>'),
  bytea: {
    text: String.raw`\x6162`,
    read: Buffer.from('ab'),
    element: Buffer.from('ab'),
    write: [Buffer.from('ab'), new Uint8Array([97, 98]), String.raw`\x6162`],
  },
  bit: textOnly('1'),
  'bit varying': textOnly('101'),
  varbit: textOnly('101'),
  inet: text('10.0.0.1'),
  cidr: text('10.0.0.0/8'),
  macaddr: text('08:00:2b:01:02:03'),
  macaddr8: textOnly('08:00:2b:ff:fe:01:02:03'),
  tsvector: textOnly("'a'"),
  tsquery: textOnly("'a'"),
  pg_lsn: textOnly('0/10'),
  xid8: textOnly('7'),
  point: { text: '(1,2)', read: { x: 1, y: 2 }, element: { x: 1, y: 2 }, write: ['(1,2)'] },
  circle: {
    text: '<(1,2),3>',
    read: { x: 1, y: 2, radius: 3 },
    element: 'read as text',
    write: ['<(1,2),3>'],
  },
  line: textOnly('{1,2,3}'),
  lseg: textOnly('[(1,2),(3,4)]'),
  box: textOnly('(3,4),(1,2)'),
  path: textOnly('((1,2),(3,4))'),
  polygon: textOnly('((1,2),(3,4))'),
  int4range: textOnly('[1,3)'),
  int8range: textOnly('[1,3)'),
  numrange: text('[1,3)'),
  tsrange: textOnly('["2020-01-01 00:00:00","2020-01-02 00:00:00")'),
  tstzrange: textOnly('["2020-01-01 00:00:00+00","2020-01-02 00:00:00+00")'),
  daterange: textOnly('[2020-01-01,2020-01-02)'),
  int4multirange: textOnly('{[1,3)}'),
  int8multirange: textOnly('{[1,3)}'),
  nummultirange: textOnly('{[1,3)}'),
  tsmultirange: textOnly('{["2020-01-01 00:00:00","2020-01-02 00:00:00")}'),
  tstzmultirange: textOnly('{["2020-01-01 00:00:00+00","2020-01-02 00:00:00+00")}'),
  datemultirange: textOnly('{[2020-01-01,2020-01-02)}'),
}

let server: Server
let client: pg.Client

beforeAll(async () => {
  server = await startServer({})
  const session = await server.connect(await server.createDatabase('types'), 'owner')
  const { host, port, database, user, password } = session.address
  await session.end()
  client = new pg.Client({ host, port, database, user, ...(password === undefined ? {} : { password }) })
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await server?.stop()
})

const value = async (sql: string, ...parameters: readonly unknown[]): Promise<unknown> =>
  ((await client.query(sql, [...parameters])).rows[0] as { readonly v: unknown }).v

describe.each(sqlTypeNames as readonly SqlTypeName[])('%s', (name) => {
  const sample: Sample<SqlTypeName> = samples[name]

  test('is a type of PostgreSQL, with as many modifiers as the list says', async () => {
    const most = sqlTypeModifiers[name]
    const [word = name, ...rest] = name.split(' ').length > 2 ? name.split(' ') : [name]
    const modified = most === 0 ? name : [`${word}(${most === 2 ? '5,2' : '3'})`, ...rest].join(' ')
    expect(await value(`select $1::${name} is not null as v`, sample.text)).toBe(true)
    expect(await value(`select null::${modified} is null as v`)).toBe(true)
    expect(parseSqlType(modified)?.name).toBe(name)
    const more = `${word}(${Array.from({ length: most + 1 }, () => '3').join(',')}) ${rest.join(' ')}`
    await expect(client.query(`select null::${more}`)).rejects.toThrow(/type|syntax|modifier|precision/u)
  })

  test('is read as the row types say', async () => {
    expect(await value(`select $1::text::${name} as v`, sample.text)).toEqual(sample.read)
    const array = await value(`select array[$1::text::${name}] as v`, sample.text)
    expect(
      Array.isArray(array) ? array[0] : `read as ${typeof array === 'string' ? 'text' : 'another'}`,
    ).toEqual(sample.element)
  })

  test('is written as the row types say', async () => {
    for (const written of sample.write)
      expect(await value(`select ($1::${name}) is not null as v`, written)).toBe(true)
  })
})

test('what the row types forbid is indeed refused', async () => {
  await expect(value('select $1::jsonb as v', [1, 2])).rejects.toThrow('invalid input syntax for type json')
  await expect(value('select $1::point as v', { x: 1, y: 2 })).rejects.toThrow('invalid input syntax')
})
