/** `as of` over a million versions: by key, by a part of the key, and the whole table, each beside a scan of the same history. */
import { architecture } from '../src/architecture/declare.ts'
import { asOf } from '../src/architecture/as-of.ts'
import type { DatabaseOf } from '../src/architecture/database-types.ts'
import { historyOf } from '../src/architecture/history-of.ts'
import { table } from '../src/architecture/table.ts'
import type { Session } from '../src/postgres/session.ts'
import { startServer } from '../src/postgres/start.ts'
import { literal } from '../src/postgres/quote.ts'
import { kindOf } from '../src/rules/kinds.ts'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { figure, median, timed, type Bench } from './support/line.ts'

export const title = 'As of over a million versions'

const keys = 1_000
const kinds = 10
/** Of each of the 10,000 rows. */
const versions = 100
const repetitions = 9

const prices = table('prices', { product_id: 'integer', kind: 'integer', amount: 'numeric' }, (t) => [
  t.primaryKey('product_id', 'kind'),
  t.versioned({ history: 'prices_history' }),
])
const pricesHistory = historyOf(prices)
const shop = architecture('shop', { tables: { prices, pricesHistory } })

/** Compiles, and runs nothing. */
const db = new Kysely<DatabaseOf<typeof shop>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (of) => new PostgresIntrospector(of),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

const moment = '2020-02-10 12:00+00'
const asked = asOf(db, prices, moment).selectAll()
const questions = {
  'by key': asked.where('product_id', '=', 500).where('kind', '=', 5),
  'by a part of the key': asked.where('product_id', '=', 500),
  'the whole table': asked,
}

/** Parameters written out: the driver's own statements are planned with their values, too. */
const textOf = (query: {
  compile(): { readonly sql: string; readonly parameters: readonly unknown[] }
}): string => {
  const { sql, parameters } = query.compile()
  return sql.replaceAll(/\$(\d+)/gu, (_, n: string) => literal(String(parameters[Number(n) - 1])))
}

const fill = `
insert into prices_history
select p, k, v, tstzrange(timestamptz '2020-01-01' + v * interval '1 day', timestamptz '2020-01-01' + (v + 1) * interval '1 day')
from generate_series(1, ${keys}) p, generate_series(1, ${kinds}) k, generate_series(0, ${versions - 1}) v`

const milliseconds = async (session: Session, sql: string): Promise<number> => {
  const times: number[] = []
  for (let i = 0; i < repetitions; i++) times.push(await timed(() => session.query(sql)))
  return median(times)
}

export const bench: Bench = async (say) => {
  const server = await startServer({})
  try {
    const session = await server.connect(await server.createDatabase('versions'), 'owner')
    const key = pricesHistory.rules.filter((rule) => rule.kind === 'primaryKey')
    await session.query(`create extension btree_gist;
create table prices_history (product_id integer, kind integer, amount numeric, valid tstzrange)`)
    say(`filling ${keys * kinds * versions} versions`)
    await session.query(fill)
    for (const rule of key) for (const sql of kindOf(rule).design(rule, shop)) await session.query(sql)
    await session.query('vacuum analyze prices_history')
    const lines = []
    for (const [which, query] of Object.entries(questions)) {
      const sql = textOf(query)
      const plan = (await session.query(`explain (costs off) ${sql}`))
        .at(-1)
        ?.rows.map((row) => row[0])
        .join('\n')
      const isByIndex = plan?.includes('prices_history_pkey') ?? false
      if (which !== 'the whole table' && !isByIndex)
        throw new Error(`${which}: not by the index\n${plan ?? ''}`)
      const byIndex = await milliseconds(session, sql)
      await session.query(
        'set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off',
      )
      const byScan = await milliseconds(session, sql)
      await session.query('reset all')
      lines.push({
        measure: `as of, ${which}, ${keys * kinds * versions} versions`,
        value: `${figure(byIndex)} ms ${isByIndex ? 'by the index' : 'by a scan'}`,
        reference: `${figure(byScan)} ms by a sequential scan`,
      })
    }
    await session.end()
    return lines
  } finally {
    await server.stop()
  }
}
