/**
 * `assay fill` beside PostgreSQL's own COPY FROM of a file of the same rows into the same tables, all constraints live;
 * what memory it takes; and every schema of the corpus filled. BENCH_ROWS=1e6,1e7 names the orders of the first part,
 * BENCH_REPETITIONS how often each is filled, BENCH_SESSIONS=1,2 by how many sessions, BENCH_CORPUS_ROWS the rows of a table of
 * the second part (0 leaves it out).
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readCatalog } from '../src/catalog/read-catalog.ts'
import { literal, qualified } from '../src/postgres/quote.ts'
import type { Server } from '../src/postgres/server.ts'
import type { Session } from '../src/postgres/session.ts'
import { startServer } from '../src/postgres/start.ts'
import { fillDatabase } from '../src/rows/volume/fill-database.ts'
import { fillVolume } from '../src/rows/volume/fill.ts'
import { PgError } from '../src/postgres/fault.ts'
import { corpusExtensions, corpusFiles, isCorpusTested, readWholeCorpus } from '../test/support/corpus.ts'
import { filledShop } from './support/filled-shop.ts'
import { figure, median, timed, type Bench, type BenchLine } from './support/line.ts'

export const title = 'Rows by the million'

const sizes = (process.env['BENCH_ROWS'] ?? '1e6').split(',').map(Number)
const corpusRows = Number(process.env['BENCH_CORPUS_ROWS'] ?? 10_000)
const repetitions = Number(process.env['BENCH_REPETITIONS'] ?? 3)
const sessionCounts = (process.env['BENCH_SESSIONS'] ?? '1,2').split(',').map(Number)

const open = (server: Server, database: string, count: number): Promise<readonly Session[]> =>
  Promise.all(Array.from({ length: count }, () => server.connect(database, 'prover')))

const isPool = (sessions: readonly Session[]): sessions is readonly [Session, ...Session[]] =>
  sessions.length > 0

const beside = async (
  server: Server,
  rows: number,
  say: (text: string) => void,
): Promise<readonly BenchLine[]> => {
  const database = await server.createDatabase('fill')
  const owner = await server.connect(database, 'owner')
  await owner.query(filledShop)
  await server.admitRoles()
  const administrator = await server.connect(database, 'administrator')
  const sessions = await open(server, database, Math.max(...sessionCounts))
  if (!isPool(sessions)) return []
  const catalog = await readCatalog(sessions[0])
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 100)
  const before = process.memoryUsage().rss
  const from = performance.now()
  const planned = await fillDatabase(sessions, catalog, { sizes: new Map([['orders', rows]]) })
  const { tables } = planned.plan
  const all = tables.reduce((sum, { count }) => sum + count, 0)
  say(`fill: ${all} rows planned and written in ${figure((performance.now() - from) / 1000)} s`)
  const names = tables.map(qualified)
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-fill-'))
  // The server may be another user's process.
  chmodSync(directory, 0o777)
  const empty = (): Promise<unknown> => administrator.query(`truncate ${names.join(', ')}; checkpoint`)
  try {
    for (const [at, name] of names.entries())
      await administrator.query(`copy ${name} to ${literal(path.join(directory, String(at)))}`)
    const ours = new Map<number, number[]>(sessionCounts.map((count) => [count, []]))
    const theirs: number[] = []
    const processor: number[] = []
    for (let run = 0; run < repetitions; run++) {
      await empty()
      theirs.push(
        await timed(async () => {
          for (const [at, name] of names.entries())
            await administrator.query(`copy ${name} from ${literal(path.join(directory, String(at)))}`)
        }),
      )
      say(`fill: ${all} rows by COPY FROM in ${figure(theirs.at(-1)! / 1000)} s`)
      for (const count of sessionCounts) {
        await empty()
        const from = process.cpuUsage()
        const some = sessions.slice(0, count)
        if (isPool(some)) ours.get(count)!.push(await timed(() => fillVolume(some, planned.plan)))
        const { user, system } = process.cpuUsage(from)
        processor.push((user + system) / 1e6)
        say(`fill: ${all} rows by ${count} in ${figure(ours.get(count)!.at(-1)! / 1000)} s, run ${run + 1}`)
      }
    }
    const reference = median(theirs)
    return [
      ...sessionCounts.map((count): BenchLine => {
        const own = median(ours.get(count)!)
        return {
          measure: `${all} rows of 4 tables by ${count} session${count === 1 ? '' : 's'}`,
          value: `${figure(own / 1000)} s, ${figure(all / own)} thousand rows a second, ${figure((100 * reference) / own)} % of the reference's speed`,
          reference: `COPY FROM a file: ${figure(reference / 1000)} s`,
        }
      }),
      {
        measure: `Processor time of Node for one filling of ${all} rows`,
        value: `${figure(median(processor))} s, ${figure((median(processor) / all) * 1e6)} µs a row`,
        reference: `COPY FROM a file takes ${figure((reference / all) * 1000)} µs a row`,
      },
      {
        measure: `Memory of Node at its peak, over ${sessionCounts.length * repetitions + 1} fillings of ${all} rows`,
        value: `${figure(peak / 2 ** 20)} MB`,
        reference: `before: ${figure(before / 2 ** 20)} MB`,
      },
    ]
  } finally {
    clearInterval(watch)
    rmSync(directory, { recursive: true, force: true })
    await Promise.all([owner, administrator, ...sessions].map((db) => db.end()))
    await server.dropDatabase(database)
  }
}

const corpusLine = async (server: Server, say: (text: string) => void): Promise<readonly BenchLine[]> => {
  if (!isCorpusTested || corpusRows === 0) return []
  let written = 0
  let tables = 0
  let rejected = 0
  const left: string[] = []
  for (const file of corpusFiles) {
    const database = await server.createDatabase('corpus')
    const administrator = await server.connect(database, 'administrator')
    for (const name of corpusExtensions(file))
      await administrator.query(`create extension if not exists "${name}"`)
    await administrator.end()
    const owner = await server.connect(database, 'owner')
    await owner.query(readWholeCorpus(file))
    await owner.end()
    await server.admitRoles()
    const sessions = await open(server, database, 2)
    if (!isPool(sessions)) continue
    const catalog = await readCatalog(sessions[0])
    const wished = new Map([...catalog.tables.keys()].map((id) => [id, corpusRows] as const))
    try {
      const { plan, problems } = await fillDatabase(sessions, catalog, { sizes: wished })
      tables += plan.tables.length
      written += plan.tables.reduce((sum, { count }) => sum + count, 0)
      left.push(...problems.filter(({ kind }) => kind === 'refused').map(({ table }) => `${file}: ${table}`))
    } catch (cause) {
      if (!(cause instanceof PgError)) throw cause
      rejected += 1
      left.push(`${file}: ${cause.message}`)
    }
    await Promise.all(sessions.map((db) => db.end()))
    await server.dropDatabase(database)
    say(`fill: ${file}`)
  }
  return [
    {
      measure: `The ${corpusFiles.length} schemas of the corpus, ${corpusRows} rows a table`,
      value: `${written} rows in ${tables} tables, ${rejected} rejected${left.length > 0 ? `; not filled: ${left.join('; ')}` : ''}`,
    },
  ]
}

export const bench: Bench = async (say) => {
  const server = await startServer({ isLarge: true })
  try {
    const lines: BenchLine[] = []
    for (const rows of sizes) lines.push(...(await beside(server, rows, say)))
    return [...lines, ...(await corpusLine(server, say))]
  } finally {
    await server.stop()
  }
}
