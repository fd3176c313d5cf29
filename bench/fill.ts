/**
 * `assay fill` beside PostgreSQL's own COPY FROM of a file of the same rows into the same tables, all constraints live;
 * what memory it takes; and every schema of the corpus filled. BENCH_ROWS=1e6,1e7 names the orders of the first part
 * (BENCH_ROWS=1e7 BENCH_CORPUS_ROWS=0 npm run bench -- fill: 13 million rows, and memory over them), BENCH_REPETITIONS how often each is filled, BENCH_SESSIONS=1,2 by how many sessions, BENCH_CORPUS_ROWS the rows of a table of
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
const large = 5e6
const repetitionsOf = (rows: number): number =>
  Number(process.env['BENCH_REPETITIONS'] ?? (rows < large ? 3 : 1))
/** The reference is cut off when it has taken so many times as long as ours: it is slower than that, and how much says nothing. */
const patience = 1
const sessionCounts = (process.env['BENCH_SESSIONS'] ?? '1,2').split(',').map(Number)

const open = (server: Server, database: string, count: number): Promise<readonly Session[]> =>
  Promise.all(Array.from({ length: count }, () => server.connect(database, 'prover')))

const isPool = (sessions: readonly Session[]): sessions is readonly [Session, ...Session[]] =>
  sessions.length > 0

/** Milliseconds; Infinity: it was cut off. */
const timedUntil = async (db: Session, most: number, work: () => Promise<unknown>): Promise<number> => {
  await db.query(`set statement_timeout = ${Math.ceil(most)}`)
  try {
    return await timed(work)
  } catch (cause) {
    if (cause instanceof PgError && cause.fault.sqlstate === '57014') return Number.POSITIVE_INFINITY
    throw cause
  } finally {
    await db.query('reset statement_timeout')
  }
}

/** Of a filling, in bytes: the most in its first fifth, and in its last. */
interface Memory {
  readonly first: number
  readonly last: number
}

const watched = async <T>(
  work: () => Promise<T>,
): Promise<{ readonly answer: T; readonly memory: Memory }> => {
  const seen: number[] = []
  const watch = setInterval(() => seen.push(process.memoryUsage().rss), 100)
  try {
    const answer = await work()
    const fifth = Math.max(1, Math.floor(seen.length / 5))
    const most = (some: readonly number[]): number => some.reduce((a, b) => Math.max(a, b), 0)
    return { answer, memory: { first: most(seen.slice(0, fifth)), last: most(seen.slice(-fifth)) } }
  } finally {
    clearInterval(watch)
  }
}

/** Seconds of Node. */
const processorSince = (start: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

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
  const before = process.cpuUsage()
  const from = performance.now()
  const first = await watched(() => fillDatabase(sessions, catalog, { sizes: new Map([['orders', rows]]) }))
  const { plan } = first.answer
  const firstTime = performance.now() - from
  const { tables } = plan
  const all = tables.reduce((sum, { count }) => sum + count, 0)
  say(`fill: ${all} rows planned and written in ${figure(firstTime / 1000)} s`)
  const names = tables.map(qualified)
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-fill-'))
  // The server may be another user's process.
  chmodSync(directory, 0o777)
  const empty = (): Promise<unknown> => administrator.query(`truncate ${names.join(', ')}; checkpoint`)
  try {
    for (const [at, name] of names.entries())
      await administrator.query(`copy ${name} to ${literal(path.join(directory, String(at)))}`)
    // The first filling counts, its planning included.
    const ours = new Map<number, number[]>(
      sessionCounts.map((count) => [count, count === sessions.length ? [firstTime] : []]),
    )
    const theirs: number[] = []
    const processor = [processorSince(before)]
    const memory = [first.memory]
    const repetitions = repetitionsOf(rows)
    for (let run = 0; run < repetitions; run++) {
      for (const count of sessionCounts) {
        if (run < ours.get(count)!.length) continue
        await empty()
        const start = process.cpuUsage()
        const some = sessions.slice(0, count)
        if (!isPool(some)) continue
        const ran = await watched(() => timed(() => fillVolume(some, plan)))
        ours.get(count)!.push(ran.answer)
        memory.push(ran.memory)
        processor.push(processorSince(start))
        say(`fill: ${all} rows by ${count} in ${figure(ran.answer / 1000)} s, run ${run + 1}`)
      }
      await empty()
      const slowest = Math.max(...[...ours.values()].map((times) => times.at(-1)!))
      theirs.push(
        await timedUntil(administrator, patience * slowest, async () => {
          for (const [at, name] of names.entries())
            await administrator.query(`copy ${name} from ${literal(path.join(directory, String(at)))}`)
        }),
      )
      const told = Number.isFinite(theirs.at(-1)!)
        ? `in ${figure(theirs.at(-1)! / 1000)} s`
        : `not done in ${figure((patience * slowest) / 1000)} s`
      say(`fill: ${all} rows by COPY FROM ${told}`)
    }
    const found = median(theirs)
    const isCut = !Number.isFinite(found)
    const reference = isCut ? patience * Math.max(...[...ours.values()].map((times) => median(times))) : found
    const most = (part: keyof Memory): number => Math.max(...memory.map((one) => one[part]))
    return [
      ...sessionCounts.map((count): BenchLine => {
        const own = median(ours.get(count)!)
        return {
          measure: `${all} rows of 4 tables by ${count} session${count === 1 ? '' : 's'}`,
          value: `${figure(own / 1000)} s, ${figure(all / own)} thousand rows a second, ${isCut ? 'more than ' : ''}${figure((100 * reference) / own)} % of the reference's speed`,
          reference: `COPY FROM a file: ${isCut ? 'cut off, not done after ' : ''}${figure(reference / 1000)} s`,
        }
      }),
      {
        measure: `Processor time of Node for one filling of ${all} rows`,
        value: `${figure(median(processor))} s, ${figure((median(processor) / all) * 1e6)} µs a row`,
        reference: `COPY FROM a file takes ${isCut ? 'more than ' : ''}${figure((reference / all) * 1000)} µs a row`,
      },
      {
        measure: `Memory of Node in the last fifth of a filling of ${all} rows, at its peak`,
        value: `${figure(most('last') / 2 ** 20)} MB`,
        reference: `in its first fifth: ${figure(most('first') / 2 ** 20)} MB`,
      },
    ]
  } finally {
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
