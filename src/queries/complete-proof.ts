/**
 * What a proof is told beside its experiments where queries are declared: their plans at the size that they declare and
 * with exported statistics, for the ledger, at which sizes they become others, for its report, and what an index costs
 * that no budget needs.
 */
import type { Architecture } from '../architecture/architecture.ts'
import { queriesOf } from '../architecture/kinds/query.ts'
import { parsePlan, type PlanNode } from '../postgres/plan.ts'
import type { Server } from '../postgres/server.ts'
import type { ProofGround } from '../prove/proof-ground.ts'
import type { Finding, Observation, ProveResult } from '../prove/result.ts'
import { runTrials } from '../prove/runner.ts'
import type { Experiment } from '../rules/experiment.ts'
import { planElsewhere, type GivenStatistics } from './planned-elsewhere.ts'
import type { PlannedQuery } from './project-plans.ts'
import { withoutAsker } from './run-plan.ts'
import { withSurvivorCosts } from './survivor-costs.ts'
import { seesNothing, unseenFindings } from './unseen-rows.ts'

export interface ProofParts {
  readonly architecture: Architecture
  readonly server: Server
  readonly template: string
  /** That the proof was made on; still open. */
  readonly ground: ProofGround
  /** Null: none are kept in the project. */
  readonly given: GivenStatistics | null
  /** Whether plans are wanted that the proof did not ask for itself. */
  readonly plansElsewhere: boolean
  /** Whether it is wished which size of its tables changes each plan: for reports, never for the ledger. */
  readonly sweeps?: boolean
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

interface AskedPlan {
  readonly experiment: Experiment
  readonly plan: PlanNode
}

const planIn = (observed: Observation | undefined): PlanNode | null =>
  observed === undefined || observed.fault !== null ? null : parsePlan(observed.rows[0]?.[0] ?? '')

const plannedOf = (result: ProveResult, architecture: Architecture): readonly PlannedQuery[] => {
  const proven = new Map(result.rules.map((rule) => [rule.id, rule]))
  return queriesOf(architecture).flatMap((rule) => {
    const own = proven.get(rule.id)
    return own?.plans ? [{ rule, experiments: own.experiments.map(({ experiment }) => experiment) }] : []
  })
}

/** Of queries whose calls saw no row of a table that policies guard: whether there are rows. */
const unseenByAll = async (
  result: ProveResult,
  queries: readonly PlannedQuery[],
  {
    server,
    ground: { catalog },
    loaded,
  }: Pick<ProofParts, 'server' | 'ground'> & { readonly loaded: string },
): Promise<readonly Finding[]> => {
  const observed = new Map(
    result.rules.flatMap(({ experiments }) =>
      experiments.map((one) => [one.experiment, one.observed] as const),
    ),
  )
  const plansOf = ({ rule, experiments }: PlannedQuery): readonly AskedPlan[] => {
    const asked = experiments.flatMap((experiment): AskedPlan[] => {
      const plan = experiment.as ? planIn(observed.get(experiment)) : null
      return plan === null ? [] : [{ experiment, plan }]
    })
    return asked.every(({ plan }) => seesNothing(plan, rule, catalog)) ? asked : []
  }
  const suspected = queries.map((query) => ({ rule: query.rule, asked: plansOf(query) }))
  if (suspected.every(({ asked }) => asked.length === 0)) return []
  const db = await server.connect(loaded, 'prover')
  const found: Finding[] = []
  try {
    await db.query(`set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`)
    for (const { rule, asked } of suspected) {
      const experiments = asked.map(({ experiment }) => withoutAsker(experiment))
      if (experiments.length === 0) continue
      const [outcome] = await runTrials(db, server.owner, [{ ddl: [], experiments }])
      const calls = asked.flatMap(({ plan }, i) => {
        const asOwner = planIn(outcome!.observations[i])
        return asOwner === null ? [] : [{ plan, asOwner }]
      })
      found.push(...unseenFindings(rule, calls, catalog))
    }
  } finally {
    await db.end()
  }
  return found
}

export const completeProof = async (result: ProveResult, parts: ProofParts): Promise<ProveResult> => {
  const { architecture, server, template, ground, given, plansElsewhere, sweeps = false, onProgress } = parts
  const loaded = ground.loadedDatabase()
  const queries = plannedOf(result, architecture)
  if (loaded === null || queries.length === 0) return result
  const weighed = await withSurvivorCosts(result, { architecture, server, ground, loaded })
  const unseen = await unseenByAll(result, queries, { server, ground, loaded })
  const costed = { ...weighed, findings: [...weighed.findings, ...unseen] }
  if (!plansElsewhere) return costed
  const found = await planElsewhere({ server, template, loaded }, queries, {
    given,
    sweeps,
    architecture,
    catalog: ground.catalog,
    ...(onProgress ? { onProgress } : {}),
  })
  return {
    ...costed,
    rules: costed.rules.map((rule) => {
      const more = found.plans.get(rule.id) ?? []
      const swept = found.sweeps.get(rule.id)
      return {
        ...rule,
        ...(more.length === 0 ? {} : { plans: [...(rule.plans ?? []), ...more] }),
        ...(swept === undefined ? {} : { sweeps: swept }),
      }
    }),
    findings: [...costed.findings, ...found.findings],
    ...(given === null ? {} : { statistics: given.digest }),
  }
}
