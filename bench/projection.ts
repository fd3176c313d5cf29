/**
 * Projected plans beside those of tables that are really that large: from the real tables' own statistics, and from a
 * small sample that is scaled. BENCH_ROWS=1e6,1e7 names the sizes of each schema's largest table, BENCH_CASES=commerce
 * the schemas, BENCH_KEPT a directory for what was found of loaded tables, BENCH_PLANS=1 shows plans that differ.
 */
import { bareShapeOfPlan, costOfPlan } from '../src/postgres/plan-shape.ts'
import type { PlanNode } from '../src/postgres/plan.ts'
import { startServer } from '../src/postgres/start.ts'
import { makeProjector, type Projector } from '../src/rows/projected/projection.ts'
import { scaleStatistics } from '../src/rows/projected/scale/scale.ts'
import type { DatabaseStatistics } from '../src/rows/projected/statistics.ts'
import { figure, median, timed, type Bench, type BenchLine } from './support/line.ts'
import { loadedTables, sampleRows } from './support/loaded-tables.ts'
import { projectionCases, type ProjectionCase } from './support/projection-cases.ts'

export const title = 'Plans at any size'

const asked = (process.env['BENCH_ROWS'] ?? '1e6').split(',').map(Number)
const named = process.env['BENCH_CASES']?.split(',')
const cases = projectionCases.filter(({ name }) => named === undefined || named.includes(name))
const billion = 1_000_000_000

interface Compared {
  readonly query: string
  readonly isSame: boolean
  /** Share by which the cost differs. */
  readonly cost: number
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

const shown = (plan: PlanNode): string => `${bareShapeOfPlan(plan)} ${costOfPlan(plan)}`

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

interface OfCase {
  readonly restored: readonly Compared[]
  readonly scaled: readonly Compared[]
  readonly again: readonly Compared[]
  readonly billion: BenchLine
}

const ofCase = async (one: ProjectionCase, rows: number, say: (text: string) => void): Promise<OfCase> => {
  say(`${one.name}: loading ${rows} rows`)
  const loaded = await loadedTables(one, rows)
  const { sample, smaller, plans: real } = loaded
  const queries = one.queries(rows)
  const server = await startServer()
  try {
    const empty = await server.createDatabase('empty')
    const owner = await server.connect(empty, 'owner')
    await owner.query(one.schema)
    await owner.end()
    const projector = await makeProjector(server, empty)
    const restored = compare(queries, real, await plansOf(projector, loaded.statistics, queries))
    const { statistics } = scaleStatistics(sample, { sizes: one.sizes(rows), smaller })
    const guessed = await plansOf(projector, statistics, queries)
    const scaled = compare(queries, real, guessed)
    for (const [at, { query, isSame, cost }] of scaled.entries()) {
      if (isSame && cost <= 0.05) continue
      say(`${one.name}: ${isSame ? `cost off by ${figure(cost * 100)} %` : 'another shape'}: ${query}`)
      if (process.env['BENCH_PLANS']) say(`${shown(real[at]!)}\nprojected\n${shown(guessed[at]!)}`)
    }
    let bytes = 0
    const took = await timed(async () => {
      const large = scaleStatistics(sample, { sizes: one.sizes(billion), smaller })
      const projection = await projector.project(large.statistics)
      bytes = projection.bytes
      await projection.explain(queries[0]!)
      await projection.end()
    })
    return {
      restored,
      scaled,
      again: compare(queries, real, loaded.again),
      billion: {
        measure: `${one.name}, a billion rows in its largest table: until the first plan, and removed again`,
        value: `${figure(took)} ms`,
        reference: `${figure(bytes / 2 ** 20)} MB of disk in relations`,
      },
    }
  } finally {
    await server.stop()
  }
}

export const bench: Bench = async (say) => {
  const lines: BenchLine[] = []
  for (const rows of asked) {
    const found: OfCase[] = []
    for (const one of cases) found.push(await ofCase(one, rows, say))
    const all = (of: (one: OfCase) => readonly Compared[]): readonly Compared[] => found.flatMap(of)
    lines.push(
      ...linesOf(
        `${rows} rows, statistics of the loaded tables`,
        all(({ restored }) => restored),
      ),
      ...linesOf(
        `${rows} rows, the loaded tables analyzed once more`,
        all(({ again }) => again),
      ),
      ...linesOf(
        `${rows} rows, a sample of ${sampleRows} scaled`,
        all(({ scaled }) => scaled),
      ),
    )
    if (rows === asked[0]) lines.push(...found.map((one) => one.billion))
  }
  return lines
}
