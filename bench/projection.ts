/**
 * Projected plans beside those of tables that are really that large: from the real tables' own statistics, and from a
 * small sample that is scaled. BENCH_ROWS=1e6,1e7 names the sizes of each schema's largest table.
 */
import { bareShapeOfPlan, costOfPlan } from '../src/postgres/plan-shape.ts'
import type { PlanNode } from '../src/postgres/plan.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import { explainOnly } from '../src/rows/projected/explain-only.ts'
import { makeProjector, type Projector } from '../src/rows/projected/projection.ts'
import { readStatistics } from '../src/rows/projected/read-statistics.ts'
import { scaleStatistics } from '../src/rows/projected/scale/scale.ts'
import type { DatabaseStatistics } from '../src/rows/projected/statistics.ts'
import { figure, median, timed, type Bench, type BenchLine } from './support/line.ts'
import { projectionCases, type ProjectionCase } from './support/projection-cases.ts'

export const title = 'Plans at any size'

const asked = (process.env['BENCH_ROWS'] ?? '1e6').split(',').map(Number)
const sampleRows = 120_000
const smallerRows = 30_000
const billion = 1_000_000_000

interface Compared {
  readonly query: string
  readonly isSame: boolean
  /** Share by which the cost differs. */
  readonly cost: number
}

const load = async (
  server: Server,
  empty: string,
  one: ProjectionCase,
  n: number,
  target = 100,
): Promise<string> => {
  const database = await server.clone(empty, 'loaded')
  const db = await server.connect(database, 'administrator')
  try {
    // Rows that are not known to be committed yet would not be called visible to all.
    await db.query('set synchronous_commit = on')
    await db.query(`set default_statistics_target = ${target}; set session_replication_role = replica`)
    for (const sql of one.fill(n)) await db.query(sql)
    await db.query('vacuum analyze')
  } finally {
    await db.end()
  }
  return database
}

const statisticsOf = async (server: Server, database: string): Promise<DatabaseStatistics> => {
  const db = await server.connect(database, 'administrator')
  try {
    return await readStatistics(db, { mayCheckpoint: true })
  } finally {
    await db.end()
  }
}

const sampleOf = async (
  server: Server,
  empty: string,
  one: ProjectionCase,
  n: number,
): Promise<DatabaseStatistics> => {
  // A sample is small: all of its rows are looked at.
  const database = await load(server, empty, one, n, 1_000)
  const statistics = await statisticsOf(server, database)
  await server.dropDatabase(database)
  return statistics
}

const plansOf = async (
  projector: Projector,
  statistics: DatabaseStatistics,
  queries: readonly string[],
): Promise<readonly PlanNode[]> => {
  const projection = await projector.project(statistics)
  try {
    const plans: PlanNode[] = []
    for (const query of queries) plans.push(await projection.explain(query))
    return plans
  } finally {
    await projection.end()
  }
}

const realPlans = async (
  server: Server,
  database: string,
  queries: readonly string[],
): Promise<readonly PlanNode[]> => {
  const db = await server.connect(database, 'prover')
  try {
    const plans: PlanNode[] = []
    for (const query of queries) plans.push(await explainOnly(db, query, []))
    return plans
  } finally {
    await db.end()
  }
}

const compare = (
  queries: readonly string[],
  real: readonly PlanNode[],
  projected: readonly PlanNode[],
): readonly Compared[] =>
  queries.map((query, at) => ({
    query,
    isSame: bareShapeOfPlan(real[at]!) === bareShapeOfPlan(projected[at]!),
    cost: Math.abs(costOfPlan(projected[at]!)! / costOfPlan(real[at]!)! - 1),
  }))

const linesOf = (what: string, all: readonly Compared[]): readonly BenchLine[] => {
  const same = all.filter(({ isSame }) => isSame)
  const near = all.filter(({ cost }) => cost <= 0.05)
  const costs = all.map(({ cost }) => cost * 100)
  return [
    {
      measure: `${what}: the same plan shape`,
      value: `${figure((100 * same.length) / all.length)} %`,
      reference: `${same.length} of ${all.length} queries`,
    },
    {
      measure: `${what}: cost within 5 %`,
      value: `${figure((100 * near.length) / all.length)} %`,
      reference: `median off by ${figure(median(costs))} %, worst ${figure(Math.max(...costs))} %`,
    },
  ]
}

export const bench: Bench = async (say) => {
  const lines: BenchLine[] = []
  for (const rows of asked) {
    const restored: Compared[] = []
    const scaled: Compared[] = []
    const again: Compared[] = []
    for (const one of projectionCases) {
      const server = await startServer({ isLarge: rows > 2_000_000 })
      try {
        const empty = await server.createDatabase('empty')
        const owner = await server.connect(empty, 'owner')
        await owner.query(one.schema)
        await owner.end()
        const sample = await sampleOf(server, empty, one, sampleRows)
        const smaller = await sampleOf(server, empty, one, smallerRows)
        say(`${one.name}: loading ${rows} rows`)
        const loaded = await load(server, empty, one, rows)
        const queries = one.queries(rows)
        const real = await realPlans(server, loaded, queries)
        const projector = await makeProjector(server, empty)
        const own = compare(
          queries,
          real,
          await plansOf(projector, await statisticsOf(server, loaded), queries),
        )
        // ANALYZE draws other rows each time: so far apart are two plans of the same table.
        const analyst = await server.connect(loaded, 'owner')
        await analyst.query('analyze')
        await analyst.end()
        again.push(...compare(queries, real, await realPlans(server, loaded, queries)))
        const { statistics } = scaleStatistics(sample, { sizes: one.sizes(rows), smaller })
        const guessed = await plansOf(projector, statistics, queries)
        const far = compare(queries, real, guessed)
        for (const [at, { query, isSame, cost }] of far.entries())
          if (!isSame || cost > 0.05)
            say(
              `${one.name}: ${isSame ? `cost off by ${figure(cost * 100)} %` : `another shape`}: ${query}${
                process.env['BENCH_PLANS']
                  ? `\n${bareShapeOfPlan(real[at]!)} ${costOfPlan(real[at]!)}\nprojected\n${bareShapeOfPlan(guessed[at]!)} ${costOfPlan(guessed[at]!)}`
                  : ''
              }`,
            )
        restored.push(...own)
        scaled.push(...far)
        if (rows === asked[0] && one === projectionCases[0]) {
          let bytes = 0
          const took = await timed(async () => {
            const large = scaleStatistics(sample, { sizes: one.sizes(billion), smaller })
            const projection = await projector.project(large.statistics)
            bytes = projection.bytes
            await projection.explain(queries[0]!)
            await projection.end()
          })
          lines.push({
            measure: 'a billion orders, two billion lines: until the first plan, and removed again',
            value: `${figure(took)} ms`,
            reference: `${figure(bytes / 2 ** 20)} MB of disk in relations`,
          })
        }
      } finally {
        await server.stop()
      }
    }
    lines.push(...linesOf(`${rows} rows, statistics of the loaded tables`, restored))
    lines.push(...linesOf(`${rows} rows, the loaded tables analyzed once more`, again))
    lines.push(...linesOf(`${rows} rows, a sample of ${sampleRows} scaled`, scaled))
  }
  return lines
}
