/** At which size of a table the plan of each query becomes another: planned from a thousand rows to ten billion. */
import { AssayError } from '../ground/errors.ts'
import { relationId } from '../ground/names.ts'
import { costOfPlan } from '../postgres/plan-shape.ts'
import { planTree } from '../postgres/plan-tree.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { RuleSweep } from '../prove/result.ts'
import { scaleStatistics } from '../rows/projected/scale/scale.ts'
import { sweepPlans, type SweepPoint } from '../rows/projected/sweep.ts'
import {
  alike,
  explainAll,
  plannedCalls,
  type PlannedCall,
  type PlannedQuery,
  type ProjectionGround,
} from './project-plans.ts'

interface SweptCall extends PlannedCall {
  /** Relation id. */
  readonly table: string
}

/** Those whose size is declared; else the first one that it reads. */
const sweptTables = ({ rule }: PlannedQuery, { sample }: ProjectionGround): readonly string[] => {
  const known = new Set(sample.tables.map(relationId))
  const named = Object.keys(rule.rowsAt).filter((id) => known.has(id))
  return named.length > 0 ? named : rule.reads.filter((id) => known.has(id)).slice(0, 1)
}

/** By id of the query. Statements that are alike share the projections of a size. */
export const sweepQueries = async (
  ground: ProjectionGround,
  queries: readonly PlannedQuery[],
  onProgress?: (stage: string, done: number, of: number) => void,
): Promise<ReadonlyMap<string, readonly RuleSweep[]>> => {
  const { projector, sample, wholes } = ground
  const found = new Map<string, readonly RuleSweep[]>()
  const calls = plannedCalls(queries).flatMap((call) =>
    sweptTables(call.query, ground).map((table): SweptCall => ({ ...call, table })),
  )
  const groups = alike(calls, ({ query, table }) => ({ ...query.rule.rowsAt, [table]: 'swept' }))
  for (const [done, group] of groups.entries()) {
    const [{ query: first, table, as }] = group
    const plans = new Map<number, Promise<readonly (PlanNode | AssayError)[]>>()
    const plansAt = (rows: number): Promise<readonly (PlanNode | AssayError)[]> => {
      const known = plans.get(rows)
      if (known) return known
      onProgress?.(`planning at ${rows.toLocaleString('en')} rows of ${table}`, done, groups.length)
      const { statistics } = scaleStatistics(sample, { sizes: { ...first.rule.rowsAt, [table]: rows } })
      const statements = group.map(({ sql }) => ({ sql, parameters: [] as const }))
      const asked = explainAll(projector, statistics, as, statements)
      plans.set(rows, asked)
      return asked
    }
    for (const [i, { query }] of group.entries()) {
      const pointAt = async (rows: number): Promise<SweepPoint> => {
        const plan = (await plansAt(rows))[i]!
        if (plan instanceof AssayError) throw plan
        return { rows, shape: planTree(plan, wholes).join('\n'), cost: costOfPlan(plan) ?? 0 }
      }
      const swept = await sweepPlans(pointAt).then(
        (sweep): RuleSweep => ({ table, ...sweep, failed: null }),
        (cause: unknown): RuleSweep => {
          if (!(cause instanceof AssayError)) throw cause
          return { table, points: [], flips: [], failed: `${cause.message} ${cause.mend}` }
        },
      )
      found.set(query.rule.id, [...(found.get(query.rule.id) ?? []), swept])
    }
  }
  return found
}
