/** Values by number, judged by PostgreSQL: each type takes them, they differ, and they rise with the number. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTables } from '../catalog/read-tables.ts'
import type { Column } from '../catalog/table.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { valueAt } from './load/values.ts'

/** Column type → how many of 2,000 values differ, and whether they sort in the numbers' order. */
const types: Readonly<Record<string, { readonly distinct?: number; readonly rises?: boolean }>> = {
  smallint: {},
  integer: {},
  bigint: {},
  oid: {},
  'numeric(10,2)': {},
  'numeric(3,2)': { distinct: 1000, rises: false },
  numeric: {},
  real: {},
  'double precision': {},
  money: {},
  boolean: { distinct: 2, rises: false },
  text: {},
  'varchar(255)': {},
  'varchar(3)': { distinct: 1000, rises: false },
  'char(8)': {},
  char: { distinct: 10, rises: false },
  name: {},
  uuid: {},
  bytea: {},
  date: {},
  timestamp: {},
  timestamptz: {},
  'timestamptz(0)': {},
  time: {},
  timetz: {},
  interval: {},
  jsonb: { rises: false },
  json: { rises: false },
  inet: {},
  cidr: {},
  macaddr: {},
  macaddr8: {},
  'bit(16)': {},
  bit: { distinct: 2, rises: false },
  'varbit(16)': {},
  tsvector: { rises: false },
  tsquery: { rises: false },
  xml: { rises: false },
  point: { rises: false },
  box: { rises: false },
  lseg: { rises: false },
  circle: { rises: false },
  polygon: { rises: false },
  int4range: {},
  int8range: {},
  numrange: {},
  daterange: {},
  tsrange: {},
  tstzrange: {},
  int4multirange: {},
  tstzmultirange: {},
  'text[]': {},
  'bigint[]': {},
  'varchar(20)[]': {},
  'numeric(10,2)[]': {},
  mood: { distinct: 3, rises: false },
  'mood[]': { distinct: 3, rises: false },
  email: {},
  '"Odd Name"': { distinct: 1, rises: false },
}

let server: Server
let db: Session
let columns: ReadonlyMap<string, Column>

const names = Object.keys(types).map((_, n) => `c${n}`)

beforeAll(async () => {
  server = await startServer({})
  db = await server.connect(await server.createDatabase('values'), 'owner')
  await db.query(`
    create type mood as enum ('sad', 'ok', 'happy');
    create type "Odd Name" as enum ('it''s');
    create domain email as varchar(100);
    create table t (${Object.keys(types)
      .map((type, n) => `${names[n]} ${type}`)
      .join(', ')})`)
  const table = (await readTables(db)).get('t')!
  columns = new Map(Object.keys(types).map((type, n) => [type, table.columns[n]!]))
})
afterAll(async () => {
  await db?.end()
  await server?.stop()
})

describe.each(Object.entries(types))('%s', (type, { distinct = 2_000, rises = true }) => {
  it('takes the values of all numbers, as many different ones as it can hold', async () => {
    const column = columns.get(type)!
    const value = valueAt(column, 'n')!
    await db.query(`
      begin;
      insert into t (${column.name}) select ${value} from generate_series(0::bigint, 1999) as n`)
    const [found] = await db.json<{ distinct: number; nulls: number }>(
      `select count(distinct ${column.name}::text) as distinct, count(*) filter (where ${column.name} is null) as nulls from t`,
    )
    await db.query('rollback')
    expect(found).toEqual({ distinct, nulls: 0 })
  })

  it.runIf(rises)('sorts them in the order of the numbers', async () => {
    const value = valueAt(columns.get(type)!, 'n')!
    const [found] = await db.json<{ falls: number }>(`
      select count(*) filter (where before > own) as falls
        from (select own, lag(own) over (order by n) as before
                from (select n, ${value} as own from generate_series(0::bigint, 1999) as n) v) w`)
    expect(found).toEqual({ falls: 0 })
  })
})

it('puts the number under every JSON path that is asked for', async () => {
  const value = valueAt(columns.get('jsonb')!, '7', { jsonPaths: [['kind'], ['address', 'city']] })!
  expect(await db.json(`select ${value} as v`)).toEqual([{ v: { key: 7, kind: 7, address: { city: 7 } } }])
})

it('writes digits alone for expressions that cast text', async () => {
  const value = valueAt(columns.get('text')!, '7', { digits: true })!
  expect(await db.json(`select ${value}::int as v`)).toEqual([{ v: 7 }])
})
