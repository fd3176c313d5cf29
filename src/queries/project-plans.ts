/** The plans of queries at sizes that nobody loads: statistics of the loaded rows, scaled and projected. EXPLAIN only. */
import type { QueryRule } from '../architecture/kinds/query.ts'
import { AssayError } from '../ground/errors.ts'
import { relationId } from '../ground/names.ts'
import { shapeOfPlan } from '../postgres/plan-shape.ts'
import { planTree, type Wholes } from '../postgres/plan-tree.ts'
import { readWholes } from '../postgres/plan-wholes.ts'
import { numberIn } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { beyond } from '../prove/limits.ts'
import type { RulePlan } from '../prove/result.ts'
import { makeProjector, type Projector } from '../rows/projected/projection.ts'
import { readStatistics } from '../rows/projected/read-statistics.ts'
import { scaleStatistics } from '../rows/projected/scale/scale.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import type { Asker, Experiment } from '../rules/experiment.ts'
import { statementIn } from '../rules/query/text.ts'
import type { ProjectedCall } from './result.ts'

export interface ProjectParts {
  readonly server: Server
  /** The migrated database; nobody is connected to it. */
  readonly template: string
  /** Its clone with loaded rows. */
  readonly loaded: string
}

export interface ProjectionGround {
  readonly projector: Projector
  /** Of the loaded rows. */
  readonly sample: DatabaseStatistics
  readonly wholes: Wholes
}

/** Tables that inherit without being partitions: only their CHECKs say which of them a query may leave out. */
const heirsSql = `
select 1 as heir from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
 where c.relkind in ('r', 'f') and not c.relispartition limit 1`

/**
 * Loading takes CHECKs out of the way, and values from those rows may be none that a CHECK takes: of partitions the
 * planner would leave all out, and plan nothing.
 */
const withoutExclusion = async (db: Session, sample: DatabaseStatistics): Promise<DatabaseStatistics> =>
  (await db.json(heirsSql)).length > 0
    ? sample
    : { ...sample, settings: { ...sample.settings, constraint_exclusion: 'off' } }

/** Throws AssayError where plans cannot be projected. */
export const openProjection = async ({
  server,
  template,
  loaded,
}: ProjectParts): Promise<ProjectionGround> => {
  const projector = await makeProjector(server, template)
  const administrator = await server.connect(loaded, 'administrator')
  try {
    const read = await readStatistics(administrator, { mayCheckpoint: true })
    const sample = await withoutExclusion(administrator, read)
    // Loading takes foreign keys out of the way; how columns grow follows from them.
    const whole = new Map(projector.local.tables.map((table) => [relationId(table), table]))
    const tables = sample.tables.map((table) => {
      const own = whole.get(relationId(table))
      return {
        ...table,
        rows: Math.max(0, table.rows),
        references: own?.references ?? table.references,
        unique: own?.unique ?? table.unique,
      }
    })
    return { projector, sample: { ...sample, tables }, wholes: await readWholes(administrator) }
  } finally {
    await administrator.end()
  }
}

/** A declared query with its calls. */
export interface PlannedQuery {
  readonly rule: QueryRule
  readonly experiments: readonly Experiment[]
}

/** What is planned of a query: the first call asks for what most rows have, and there a plan is worth the most. */
export interface PlannedCall {
  readonly query: PlannedQuery
  readonly experiment: Experiment
  readonly sql: string
  readonly as: Asker | undefined
}

export const plannedCalls = (queries: readonly PlannedQuery[]): readonly PlannedCall[] =>
  queries.flatMap((query) =>
    query.experiments
      .filter(({ then }) => then.kind === 'plan' && then.within !== undefined)
      .slice(0, 1)
      .map((experiment) => ({
        query,
        experiment,
        sql: statementIn(experiment.when.at(-1)!),
        as: experiment.as,
      })),
  )

/** Plans of several statements on one projection, null parameters for any; what cannot be planned says why. */
export const explainAll = async (
  projector: Projector,
  statistics: DatabaseStatistics,
  as: Asker | undefined,
  statements: readonly { readonly sql: string; readonly parameters: readonly [] | null }[],
): Promise<readonly (PlanNode | AssayError)[]> => {
  const projection = await projector.project(statistics, as)
  try {
    const plans: (PlanNode | AssayError)[] = []
    for (const { sql, parameters } of statements)
      plans.push(
        await projection.explain(sql, parameters).catch((cause: unknown) => {
          if (cause instanceof AssayError) return cause
          throw cause
        }),
      )
    return plans
  } finally {
    await projection.end()
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

/** Those that are planned on the same statistics by the same role. */
export const alike = <T extends { readonly as: Asker | undefined }>(
  calls: readonly T[],
  sizesOf: (call: T) => object,
): readonly (readonly [T, ...T[]])[] => {
  const groups = new Map<string, [T, ...T[]]>()
  for (const call of calls) {
    const key = JSON.stringify([call.as ?? null, Object.entries(sizesOf(call)).toSorted(byName)])
    const group = groups.get(key)
    if (group) group.push(call)
    else groups.set(key, [call])
  }
  return [...groups.values()]
}

const sizeWords = (rows: Readonly<Record<string, number>>): string =>
  Object.entries(rows)
    .map(([id, size]) => `${size.toLocaleString('en')} rows of ${id}`)
    .join(' and ')

export interface Projected {
  readonly call: ProjectedCall
  readonly plan: RulePlan
}

/** By id of the query; a text: why there are no plans at its size. */
export const projectPlans = async (
  { projector, sample, wholes }: ProjectionGround,
  queries: readonly PlannedQuery[],
): Promise<ReadonlyMap<string, readonly Projected[] | string>> => {
  const wished = queries.filter(({ rule }) => Object.keys(rule.rowsAt).length > 0)
  const found = new Map<string, readonly Projected[] | string>(wished.map(({ rule }) => [rule.id, []]))
  for (const group of alike(plannedCalls(wished), ({ query }) => query.rule.rowsAt)) {
    const [{ query: first, as }] = group
    const { statistics, rows } = scaleStatistics(sample, { sizes: first.rule.rowsAt })
    const statements = group.map(({ sql }) => ({ sql, parameters: [] as const }))
    const plans = await explainAll(projector, statistics, as, statements)
    for (const [i, { query, experiment, sql }] of group.entries()) {
      const plan = plans[i]!
      if (plan instanceof AssayError) {
        found.set(query.rule.id, `${plan.message} ${plan.mend}`)
        continue
      }
      const { then, title } = experiment
      const faults = then.kind === 'plan' && then.within ? beyond(then.within, plan) : []
      const call: ProjectedCall = {
        title,
        rows: Object.fromEntries(query.rule.reads.map((id) => [id, rows.get(id) ?? 0])),
        cost: numberIn(plan, 'Total Cost'),
        plan: shapeOfPlan(plan).split('\n'),
        broken: faults.length === 0 ? null : faults.join('; '),
      }
      const told: RulePlan = {
        call: `at ${sizeWords(query.rule.rowsAt)}`,
        basis: 'size',
        tree: planTree(plan, wholes),
        plan,
        sql,
      }
      found.set(query.rule.id, [{ call, plan: told }])
    }
  }
  return found
}
