/**
 * Every change of online-cases.ts on tables of a million rows that writers use all the time: as `assay design` writes it
 * and `assay migrate up` runs it, and in the direct form beside it. BENCH_ROWS takes another number of rows,
 * BENCH_SERVER=15 Debian's PostgreSQL 15, BENCH_ONLY the changes whose names fit a pattern.
 */
import { loadParser } from '../src/postgres/parse.ts'
import { startServer } from '../src/postgres/start.ts'
import { startPostgres15 } from '../test/support/postgres15.ts'
import { figure, type Bench, type BenchLine } from './support/line.ts'
import { onlineCases } from './support/online-cases.ts'
import { openShop, runCase, type CaseResult, type FormResult } from './support/online-run.ts'

export const title = 'Changes under a live load'

const only = new RegExp(process.env['BENCH_ONLY'] ?? '', 'u')

const rows = Number(process.env['BENCH_ROWS'] ?? 1_000_000)

const told = ({ failed, longestWait, seconds, fault }: FormResult): string =>
  fault === null
    ? `${failed.length} failed, ${figure(longestWait)} ms, ${figure(seconds)} s`
    : `${fault.slice(0, 200)}; ${failed.length} failed`

const lineOf = ({ name, blocks, codes, online, direct }: CaseResult): BenchLine => ({
  measure: blocks === null ? name : `${name} (${codes.join(', ')}: ${blocks})`,
  value: told(online),
  reference: told(direct),
})

/** lock_timeout of a designed migration, in ms, and what the look every few ms may miss. */
const limit = 3000

export const bench: Bench = async (say) => {
  await loadParser()
  const debian = process.env['BENCH_SERVER'] === '15' ? await startPostgres15() : null
  const server = await startServer(debian ? { url: debian.url } : {})
  try {
    say(`PostgreSQL ${server.major}: filling ${rows} rows`)
    const shop = await openShop(server, rows)
    const results: CaseResult[] = []
    const wanted = onlineCases.filter(({ name, since = 0 }) => since <= server.major && only.test(name))
    for (const one of wanted) {
      const result = await runCase(shop, one)
      results.push(result)
      say(`${result.name}: ${told(result.online)} | ${told(result.direct)}`)
      for (const form of [result.online, result.direct])
        for (const failure of new Set(form.failed)) say(`  ${failure}`)
      if (process.env['BENCH_ONLY'] !== undefined) say(result.up)
    }
    const plans = results.filter(({ blocks }) => blocks === null)
    const good = plans.filter(
      ({ online }) => online.fault === null && online.failed.length === 0 && online.longestWait <= limit,
    )
    const longest = (form: 'online' | 'direct'): number =>
      Math.max(0, ...plans.map((result) => result[form].longestWait))
    return [
      {
        measure: `online plans of ${rows} rows: nothing failed, no write waited for longer than lock_timeout`,
        value: `${good.length} of ${plans.length}`,
        reference: `longest wait ${figure(longest('online'))} ms; directly ${figure(longest('direct'))} ms`,
      },
      ...results.map(lineOf),
    ]
  } finally {
    await server.stop()
    await debian?.stop()
  }
}
