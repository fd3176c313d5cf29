import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { neverFails } from './never-fails.ts'

let server: Server
let db: Session
beforeAll(async () => {
  server = await startServer({})
  db = await server.connect(await server.createDatabase('fails'), 'owner')
  await db.query('begin')
})
afterAll(async () => {
  await db?.end()
  await server?.stop()
})

const columns =
  'w smallint, i integer, b bigint, n numeric(6,2), s varchar(10), t text, d date, a integer[], f float8, j jsonb'

const cases = [
  ['integer', 'w::int * w::int', true],
  ['smallint', 'w + w', false],
  ['integer', 'w::int * i', false],
  ['bigint', 'i::bigint * i::bigint', true],
  ['bigint', 'b + 1', false],
  ['numeric(12,2)', 'n * i * i', false],
  ['numeric(40,2)', 'n * i * i', true],
  ['integer', 'i / 7', true],
  ['integer', 'i / (-1)', false],
  ['integer', 'i / w', false],
  ['integer', 'i % 0', false],
  ['integer', 'length(t) + 1', false],
  ['integer', 'length(s) + 1', true],
  ['integer', 'n::integer', false],
  ['smallint', 'i::smallint', false],
  ['smallint', '(i % 100)::smallint', true],
  ['numeric(10,2)', 'i / 100.0', true],
  ['numeric(9,2)', 'i / 100.0', false],
  ['varchar(17)', `w::text || 'x' || s`, true],
  ['varchar(16)', `w::text || 'x' || s`, false],
  ['text', `case when w > 0 then t else 'no' end`, true],
  ['integer', 'extract(year from d)::integer', false],
  ['integer', 't::integer', false],
  ['integer[]', 'a || a', false],
  ['jsonb', 'j || j', false],
  ['text', `j -> 'x' ->> 'k'`, true],
  ['integer', `(j ->> 'k')::integer`, false],
  ['numeric(8,2)', 'n - n', true],
  ['varchar(6)', 'upper(left(s, 1) || left(t, 1))', true],
  ['double precision', 'f * 2', false],
] as const

test('an expression that fails for no row is told from one that may', async () => {
  const computed = cases.map(([type, sql], i) => `c${i} ${type} generated always as (${sql}) stored`)
  await db.query(`create table one (${columns}, ${computed.join(', ')})`)
  const all = (await readCatalog(db)).tables.get('one')!.columns
  const found: (readonly [string, string, boolean])[] = []
  for (const [i, [type, sql]] of cases.entries())
    found.push([
      type,
      sql,
      await neverFails(
        db,
        all.find(({ name }) => name === `c${i}`)!,
        all,
      ),
    ])
  expect(found).toEqual(cases)
})
