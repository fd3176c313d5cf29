/** What validation plans and does not run: each query at its declared size, and where its plan becomes another. */
import { AssayError } from '../ground/errors.ts'
import type { RulePlan, RuleSweep } from '../prove/result.ts'
import type { LoadWish } from './load-queries.ts'
import { openProjection, projectPlans, type PlannedQuery } from './project-plans.ts'
import type { ProjectedCall } from './result.ts'
import { sweepQueries } from './sweep-queries.ts'

export interface ValidateWish extends LoadWish {
  /** Also: which size of its tables flips the plan of each query. */
  readonly sweep?: boolean
}

interface PlannedOfQuery {
  readonly projected: readonly ProjectedCall[]
  readonly plans: readonly RulePlan[]
  /** Why there are none. */
  readonly unprojected: readonly string[]
  /** Null: not asked for. */
  readonly sweeps: readonly RuleSweep[] | null
}

/** Answers by id of the query. `loaded`: the clone with rows. */
export const planElsewhereFor = async (
  { server, template, sweep = false, onProgress }: ValidateWish,
  loaded: string,
  queries: readonly PlannedQuery[],
): Promise<(id: string) => PlannedOfQuery> => {
  const nothing: PlannedOfQuery = { projected: [], plans: [], unprojected: [], sweeps: sweep ? [] : null }
  const sized = queries.filter(({ rule }) => Object.keys(rule.rowsAt).length > 0)
  const asked = sweep ? queries : sized
  if (asked.length === 0) return () => nothing
  const failed = new Map<string, string>()
  try {
    const ground = await openProjection({ server, template, loaded })
    const found = await projectPlans(ground, sized)
    const sweeps = sweep ? await sweepQueries(ground, queries, onProgress) : null
    return (id) => {
      const own = found.get(id) ?? []
      const swept = sweeps === null ? null : (sweeps.get(id) ?? [])
      if (typeof own === 'string') return { ...nothing, unprojected: [own], sweeps: swept }
      return {
        projected: own.map(({ call }) => call),
        plans: own.map(({ plan }) => plan),
        unprojected: [],
        sweeps: swept,
      }
    }
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause
    for (const { rule } of asked) failed.set(rule.id, `${cause.message} ${cause.mend}`)
    return (id) => ({ ...nothing, unprojected: failed.has(id) ? [failed.get(id)!] : [] })
  }
}
