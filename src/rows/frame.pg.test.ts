/** A question is that of every table with such columns, unless an expression names its table. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalog } from '../catalog/read-catalog.ts'
import { loadParser } from '../postgres/parse.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { evaluate } from './evaluate.ts'
import type { TableFacts } from './facts.ts'
import { readFacts } from './read-facts.ts'

let server: Server
let db: Session
let facts: ReadonlyMap<string, TableFacts>
let asked = 0

beforeAll(async () => {
  server = await startServer({})
  const session = await server.connect(await server.createDatabase('frames'), 'owner')
  await session.query(`
    create table one (price numeric(10,2), code varchar(3), twice numeric generated always as (price * 2) stored);
    create table other (code varchar(3), price numeric(10,2));
    create table "We ""ird" (price numeric(10,2));
    create table value (price int, "value" int)`)
  await session.query('begin')
  db = {
    ...session,
    batch(texts) {
      asked += texts.filter((text) => text.includes('assay row')).length
      return session.batch(texts)
    },
  }
  await loadParser()
  facts = await readFacts(db, await readCatalog(db), () => [])
}, 120_000)

afterAll(async () => {
  await db.end()
  await server.stop()
})

const judged = async (
  name: string,
  columns: readonly string[],
  options: readonly string[],
  expressions: readonly string[],
): Promise<readonly string[]> => {
  const of = [...facts.values()].find(({ table }) => table.name === name)!
  const frame = {
    facts: of,
    columns: columns.map((own) => ({ column: of.table.columns.find((c) => c.name === own)!, options })),
  }
  const combinations = options.map((_option, i) => columns.map(() => i))
  const [verdicts] = await evaluate(db, [{ frame, combinations, expressions, fitsAnyway: true }])
  return verdicts!.map((verdict) => `${verdict.fits ? 'fits' : 'long'} ${verdict.of}`.trim())
}

const counting = async <T>(ask: () => Promise<T>): Promise<readonly [T, number]> => {
  const before = asked
  return [await ask(), asked - before]
}

test('values are judged once for every table and name', async () => {
  const codes = [`'abc'`, `'abcd'`, 'null']
  expect(await counting(() => judged('one', ['code'], codes, []))).toEqual([['fits', 'long', 'fits'], 1])
  expect(await counting(() => judged('other', ['code'], codes, []))).toEqual([['fits', 'long', 'fits'], 0])
})

test('so are expressions that name no table', async () => {
  const ask = (name: string): Promise<readonly string[]> =>
    judged(name, ['price'], ['-1', '0', 'null'], ['price >= 0', 'price > 0'])
  const answers = ['fits ff', 'fits tf', 'fits nn']
  expect(await counting(() => ask('one'))).toEqual([answers, 1])
  expect(await counting(() => ask('other'))).toEqual([answers, 0])
})

test('however an expression spells its table, it is found', async () => {
  expect(await judged('one', ['price'], ['1'], ['ONE.price = 1', '(one).price = 1'])).toEqual(['fits tt'])
  expect(
    await judged('We "ird', ['price'], ['1'], ['"We ""ird".price = 1', 'U&"We \\0022ird".price = 1']),
  ).toEqual(['fits tt'])
})

test('generated columns are computed where they are named', async () => {
  expect(await judged('one', ['price'], ['2', '3'], ['twice = 4', 'TWICE > 5'])).toEqual([
    'fits tf',
    'fits ft',
  ])
  expect(await judged('one', ['price', 'code'], ['2'], ['twice = 4'])).toEqual(['fits t'])
})

test('a column and a table may be called value', async () => {
  expect(await judged('value', ['value'], ['1', '2'], ['value = 1'])).toEqual(['fits t', 'fits f'])
  expect(await judged('value', ['price'], ['1'], ['price = 1'])).toEqual(['fits t'])
})
