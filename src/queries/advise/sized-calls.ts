/** The calls of queries that declare a size, planned at it beside those that are run: both are one meter. */
import { AssayError } from '../../ground/errors.ts'
import type { Server } from '../../postgres/server.ts'
import type { Projection } from '../../rows/projected/projection.ts'
import { scaleStatistics } from '../../rows/projected/scale/scale.ts'
import type { LoadedQuery } from '../loaded-query.ts'
import { openProjection, plannedCalls } from '../project-plans.ts'
import { makeAdvisedTemplate } from './advised-template.ts'
import type { Candidate } from './candidate.ts'
import type { Call, TryingMeter } from './meter.ts'
import { makeProjectedMeter, type PlannedCall, type ProjectedMeter } from './projected-meter.ts'

export interface SizedMeter {
  /** null: no query declares a size, or none can be planned at it. */
  readonly meter: ProjectedMeter | null
  /** Why none can. */
  readonly why: string | null
  /** Removes what was made. */
  end(): Promise<void>
}

const nothing: SizedMeter = { meter: null, why: null, end: () => Promise.resolve() }

export const openSizedMeter = async (
  server: Server,
  template: string,
  loaded: string,
  queries: readonly LoadedQuery[],
  candidates: readonly Candidate[],
  readsOf: (query: string) => ReadonlySet<string>,
): Promise<SizedMeter> => {
  const sized = plannedCalls(queries.filter(({ rule }) => Object.keys(rule.rowsAt).length > 0))
  if (sized.length === 0) return nothing
  const projections: Projection[] = []
  let meter: ProjectedMeter | null = null
  const advised = await makeAdvisedTemplate(server, template, candidates)
  const end = async (): Promise<void> => {
    await meter?.end()
    for (const projection of projections) await projection.end()
    await server.dropDatabase(advised.database)
  }
  try {
    const { projector, sample } = await openProjection({ server, template: advised.database, loaded })
    const known = new Map<string, Projection>()
    const calls: PlannedCall[] = []
    for (const { query, experiment, sql, as } of sized) {
      const { rule } = query
      const key = JSON.stringify([as ?? null, rule.rowsAt])
      const on =
        known.get(key) ??
        (await projector.project(scaleStatistics(sample, { sizes: rule.rowsAt }).statistics, as))
      if (!known.has(key)) projections.push(on)
      known.set(key, on)
      const limits = experiment.then.kind === 'plan' ? (experiment.then.within ?? null) : null
      const title = 'at its declared size'
      calls.push({ of: rule.id, title, weight: 1, reads: readsOf(rule.id), sql, parameters: [], limits, on })
    }
    meter = await makeProjectedMeter(server, calls, advised.candidates)
    return { meter, why: null, end }
  } catch (cause) {
    await end()
    if (!(cause instanceof AssayError)) throw cause
    return { ...nothing, why: `${cause.message} ${cause.mend}` }
  }
}

/** Both as one: places of the second follow those of the first. `weigh`: what its calls count beside the others. */
export const besides = (
  first: TryingMeter,
  second: TryingMeter,
  weigh: (call: Call, at: number) => number,
): TryingMeter => {
  const more = second.calls.map((call, at) => ({ ...call, weight: weigh(call, at) }))
  const start = first.calls.length
  return {
    calls: [...first.calls, ...more],
    get standing() {
      return first.standing
    },
    async read(calls, present) {
      const own = await first.read(
        calls.filter((at) => at < start),
        present,
      )
      const others = await second.read(
        calls.filter((at) => at >= start).map((at) => at - start),
        present.filter((one) => second.standing.includes(one)),
      )
      let [next, nextOther] = [0, 0]
      return calls.map((at) => (at < start ? own[next++]! : others[nextOther++]!))
    },
    async tryOut(candidate) {
      const own = await first.tryOut(candidate)
      if (own.refused !== null || !second.standing.includes(candidate)) return own
      const { readings } = await second.tryOut(candidate)
      return {
        ...own,
        readings: new Map([...own.readings, ...[...readings].map(([at, one]) => [at + start, one] as const)]),
      }
    },
    async usedAmong(candidates) {
      const own = await first.usedAmong(candidates)
      const others = await second.usedAmong(candidates.filter((one) => second.standing.includes(one)))
      return new Set([...own, ...others])
    },
  }
}
