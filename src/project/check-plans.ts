/** Whether the plans in the ledger are those that the migrations, the statistics and the server give now. */
import { queriesOf } from '../architecture/kinds/query.ts'
import type { Server } from '../postgres/server.ts'
import { readWholes } from '../postgres/plan-wholes.ts'
import type { LedgerNow } from '../prove/ledger/check.ts'
import type { Ledger } from '../prove/ledger/page.ts'
import {
  changedPlanFinding,
  changedPlans,
  mayHaveChanged,
  type PlanGround,
  type PlannedRule,
} from '../prove/ledger/plans.ts'
import { hasBudget, loadedPlan } from '../prove/loaded-plans.ts'
import type { Finding, RulePlan } from '../prove/result.ts'
import { runTrials } from '../prove/runner.ts'
import { loadQueries } from '../queries/load-queries.ts'
import { planElsewhere } from '../queries/planned-elsewhere.ts'
import type { PlannedQuery } from '../queries/project-plans.ts'
import { givenStatistics } from './given-statistics.ts'
import type { Migrated, OnProgress } from './migrated.ts'
import { findCauses, type AskPlans } from './plan-causes.ts'

export interface CheckedPlans {
  /** Queries whose plans were asked for again; 0 where all that plans follow from is as recorded. */
  readonly asked: number
  readonly findings: readonly Finding[]
}

/** As they are run on loaded rows, like the proof does. */
const plansNow = async (
  server: Server,
  database: string,
  queries: readonly PlannedQuery[],
): Promise<ReadonlyMap<string, readonly RulePlan[]>> => {
  const db = await server.connect(database, 'prover')
  try {
    await db.query(`set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`)
    const wholes = await readWholes(db)
    const plans = new Map<string, readonly RulePlan[]>()
    for (const { rule, experiments: all } of queries) {
      const experiments = all.filter(hasBudget)
      const [outcome] = await runTrials(db, server.owner, [{ ddl: [], experiments }])
      const own = experiments.flatMap((one, i) => loadedPlan(one, outcome!.observations[i]!, wholes) ?? [])
      plans.set(rule.id, own)
    }
    return plans
  } finally {
    await db.end()
  }
}

/** All plans of these queries, by their rules' ids, as a proof asks for them. */
const askPlans: AskPlans = async (places, queries, given, whose) => {
  const run = await plansNow(places.server, places.loaded, queries)
  const elsewhere = await planElsewhere(places, queries, { given, ...whose })
  const ids = [...new Set([...run.keys(), ...elsewhere.plans.keys()])]
  return {
    plans: new Map(ids.map((id) => [id, [...(run.get(id) ?? []), ...(elsewhere.plans.get(id) ?? [])]])),
    findings: elsewhere.findings,
  }
}

const sameWithOtherStatistics: Finding = {
  code: 'ledger.statistics-changed',
  severity: 'note',
  summary: 'The exported statistics are not those of the ledger; every query keeps its plan.',
  why: 'The ledger says with which statistics its plans were made.',
  fix: 'Run `npx assay prove` and commit the ledger that it writes.',
}

export const checkPlans = async (
  migrated: Migrated,
  ledger: Ledger,
  now: LedgerNow,
  onProgress?: OnProgress,
): Promise<CheckedPlans> => {
  const { server, template, part } = migrated
  const { architecture } = part
  const declared = queriesOf(architecture)
  if (declared.length === 0) return { asked: 0, findings: [] }
  const given = givenStatistics(part.statistics)
  const ground: PlanGround = { ...now, statistics: given?.digest ?? null }
  const ids = declared.map(({ id }) => id)
  if (!mayHaveChanged(ledger, ground, ids)) return { asked: 0, findings: [] }
  const wish = onProgress === undefined ? {} : { onProgress }
  const loaded = await loadQueries({ architecture, server, template, only: ['queries'], ...wish })
  const { database, queries } = loaded
  if (database === null) return { asked: 0, findings: [] }
  try {
    onProgress?.('planning queries', 0, 1)
    const places = { server, template, loaded: database }
    const { plans, findings } = await askPlans(places, queries, given, {
      architecture,
      catalog: loaded.catalog,
    })
    const planned = queries.map(({ rule }): PlannedRule => ({
      id: rule.id,
      sentence: rule.sentence,
      reads: rule.reads,
      at: rule.at,
      plans: plans.get(rule.id) ?? [],
    }))
    const changed = changedPlans(ledger, ground, planned)
    // Where some could not be planned, nobody knows whether they keep their plans.
    const isOther = ledger.head?.statistics !== given?.digest && changed.length === 0 && findings.length === 0
    const causes = await findCauses(changed, {
      migrated,
      ledger,
      loaded,
      given,
      ask: askPlans,
      ...wish,
    })
    return {
      asked: queries.length,
      findings: [
        ...changed.map((one, i) => changedPlanFinding(one, causes[i]!)),
        ...findings,
        ...(isOther ? [sameWithOtherStatistics] : []),
      ],
    }
  } finally {
    await server.dropDatabase(database)
  }
}
