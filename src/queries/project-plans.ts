/** The plans of queries at the sizes that they declare: statistics of the loaded rows, scaled and projected. EXPLAIN only. */
import { AssayError } from '../ground/errors.ts'
import { relationId } from '../ground/names.ts'
import { shapeOfPlan } from '../postgres/plan-shape.ts'
import { numberIn } from '../postgres/plan-work.ts'
import type { Server } from '../postgres/server.ts'
import { beyond } from '../prove/limits.ts'
import { makeProjector, type Projector } from '../rows/projected/projection.ts'
import { readStatistics } from '../rows/projected/read-statistics.ts'
import { scaleStatistics } from '../rows/projected/scale/scale.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import { statementIn } from '../rules/query/text.ts'
import type { LoadedQuery } from './loaded-query.ts'
import type { ProjectedCall } from './result.ts'

interface ProjectParts {
  readonly server: Server
  /** The migrated database. */
  readonly template: string
  /** Its clone with loaded rows. */
  readonly loaded: string
}

/** Loading takes foreign keys out of the way; how columns grow follows from them. */
const sampleOf = async (
  { server, loaded }: ProjectParts,
  { local }: Projector,
): Promise<DatabaseStatistics> => {
  const administrator = await server.connect(loaded, 'administrator')
  try {
    const sample = await readStatistics(administrator, { mayCheckpoint: true })
    const whole = new Map(local.tables.map((table) => [relationId(table), table]))
    return {
      ...sample,
      tables: sample.tables.map((table) => {
        const own = whole.get(relationId(table))
        return {
          ...table,
          rows: Math.max(0, table.rows),
          references: own?.references ?? table.references,
          unique: own?.unique ?? table.unique,
        }
      }),
    }
  } finally {
    await administrator.end()
  }
}

const projectQuery = async (
  { rule, experiments }: LoadedQuery,
  projector: Projector,
  sample: DatabaseStatistics,
): Promise<readonly ProjectedCall[]> => {
  const { statistics, rows } = scaleStatistics(sample, { sizes: rule.rowsAt })
  const read = Object.fromEntries(rule.reads.map((id) => [id, rows.get(id) ?? 0]))
  const calls: ProjectedCall[] = []
  // The first one asks for what most rows have: there a plan is the most worth.
  for (const { as, title, when, then } of experiments.slice(0, 1)) {
    if (then.kind !== 'plan' || !then.within) continue
    const projection = await projector.project(statistics, as)
    try {
      const plan = await projection.explain(statementIn(when.at(-1)!), [])
      const faults = beyond(then.within, plan)
      calls.push({
        title,
        rows: read,
        cost: numberIn(plan, 'Total Cost'),
        plan: shapeOfPlan(plan).split('\n'),
        broken: faults.length === 0 ? null : faults.join('; '),
      })
    } finally {
      await projection.end()
    }
  }
  return calls
}

/** By id of the query; a text: why there are no plans at its size. */
export const projectPlans = async (
  parts: ProjectParts,
  queries: readonly LoadedQuery[],
): Promise<ReadonlyMap<string, readonly ProjectedCall[] | string>> => {
  const wished = queries.filter(({ rule }) => Object.keys(rule.rowsAt).length > 0)
  const found = new Map<string, readonly ProjectedCall[] | string>()
  if (wished.length === 0) return found
  try {
    const projector = await makeProjector(parts.server, parts.template)
    const sample = await sampleOf(parts, projector)
    for (const query of wished) found.set(query.rule.id, await projectQuery(query, projector, sample))
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause
    for (const { rule } of wished.filter(({ rule: { id } }) => !found.has(id)))
      found.set(rule.id, `${cause.message} ${cause.mend}`)
  }
  return found
}
