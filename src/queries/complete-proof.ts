/**
 * What a proof is told beside its experiments where queries are declared: their plans at the size that they declare and
 * with exported statistics, for the ledger, and what an index costs that no budget needs.
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
}

const plannedOf = (result: ProveResult, architecture: Architecture): readonly PlannedQuery[] => {
  const proven = new Map(result.rules.map((rule) => [rule.id, rule]))
  return queriesOf(architecture).flatMap((rule) => {
    const own = proven.get(rule.id)
    return own?.plans ? [{ rule, experiments: own.experiments.map(({ experiment }) => experiment) }] : []
  })
}

export const completeProof = async (result: ProveResult, parts: ProofParts): Promise<ProveResult> => {
  const { architecture, server, template, ground, given, plansElsewhere } = parts
  const loaded = ground.loadedDatabase()
  const queries = plannedOf(result, architecture)
  if (loaded === null || queries.length === 0) return result
  const costed = await withSurvivorCosts(result, { architecture, server, ground, loaded })
  if (!plansElsewhere) return costed
  const { plans, findings } = await planElsewhere({ server, template, loaded }, queries, given)
  return {
    ...costed,
    rules: costed.rules.map((rule) => {
      const more = plans.get(rule.id) ?? []
      return more.length === 0 ? rule : { ...rule, plans: [...(rule.plans ?? []), ...more] }
    }),
    findings: [...costed.findings, ...findings],
    ...(given === null ? {} : { statistics: given.digest }),
  }
}
