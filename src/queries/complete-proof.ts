/**
 * What a proof is told beside its experiments where queries are declared: their plans at the size that they declare and
 * with exported statistics, for the ledger, at which sizes they become others, for its report, and what an index costs
 * that no budget needs.
 */
import type { Architecture } from '../architecture/architecture.ts'
import { queriesOf } from '../architecture/kinds/query.ts'
import type { Server } from '../postgres/server.ts'
import type { ProofGround } from '../prove/proof-ground.ts'
import type { ProveResult } from '../prove/result.ts'
import { planElsewhere, type GivenStatistics } from './planned-elsewhere.ts'
import type { PlannedQuery } from './project-plans.ts'
import { withSurvivorCosts } from './survivor-costs.ts'

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

const plannedOf = (result: ProveResult, architecture: Architecture): readonly PlannedQuery[] => {
  const proven = new Map(result.rules.map((rule) => [rule.id, rule]))
  return queriesOf(architecture).flatMap((rule) => {
    const own = proven.get(rule.id)
    return own?.plans ? [{ rule, experiments: own.experiments.map(({ experiment }) => experiment) }] : []
  })
}

export const completeProof = async (result: ProveResult, parts: ProofParts): Promise<ProveResult> => {
  const { architecture, server, template, ground, given, plansElsewhere, sweeps = false, onProgress } = parts
  const loaded = ground.loadedDatabase()
  const queries = plannedOf(result, architecture)
  if (loaded === null || queries.length === 0) return result
  const costed = await withSurvivorCosts(result, { architecture, server, ground, loaded })
  if (!plansElsewhere) return costed
  const found = await planElsewhere({ server, template, loaded }, queries, {
    given,
    sweeps,
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
