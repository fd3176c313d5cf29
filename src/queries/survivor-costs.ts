/** Survivors of a proof that are whole indexes: no budget needs them, and their findings name what they cost. */
import type { Architecture } from '../architecture/architecture.ts'
import type { KeyFacts } from '../catalog/key/key.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import type { ProofGround } from '../prove/proof-ground.ts'
import type { Finding, ProveResult, StructureResult } from '../prove/result.ts'
import { planLoad, type LoadPlan } from '../rows/load/plan.ts'
import { makeRows } from '../rows/make-rows.ts'
import { repeatsFor } from '../rules/query/repeated.ts'
import { costText } from './cost-findings.ts'
import { weighIndex, type IndexWeight } from './index-cost.ts'

interface CostParts {
  readonly architecture: Architecture
  readonly server: Server
  readonly ground: ProofGround
  /** The clone with loaded rows. */
  readonly loaded: string
}

const removalOf = ({ mutants }: StructureResult): StructureResult['mutants'][number] | undefined =>
  mutants.find(({ effect, verdict }) => effect === 'removed' && verdict === 'survived')

/** The finding that says that nobody notices its absence. */
const isToldBy = (finding: Finding, structure: StructureResult): boolean =>
  finding.structure === structure.id &&
  finding.code === 'mutant.survived' &&
  finding.reason === removalOf(structure)?.summary

const loadPlans = async (
  { architecture, ground }: CostParts,
  tables: ReadonlySet<string>,
): Promise<ReadonlyMap<string, LoadPlan>> => {
  const { catalog, places } = ground
  const db = places[0]!.main
  const repeats = repeatsFor(architecture, catalog)
  const plans = new Map<string, LoadPlan>()
  await db.query('begin')
  try {
    const rows = await makeRows(db, catalog)
    for (const id of tables) {
      const table = catalog.tables.get(id)
      if (table) plans.set(id, await planLoad(table, { catalog, rows, db, ...(repeats ? { repeats } : {}) }))
    }
  } finally {
    await db.batch(['rollback'])
  }
  return plans
}

const weigh = async (
  db: Session,
  owner: string,
  id: string,
  catalog: Catalog,
  plans: ReadonlyMap<string, LoadPlan>,
): Promise<IndexWeight | null> => {
  const index = catalog.structures.get(id) as Structure<KeyFacts> | undefined
  const table = catalog.tables.get(index?.table ?? '')
  const plan = plans.get(index?.table ?? '')
  if (!index || !table || !plan) return null
  const drop = kindOfStructure(index).drop(index, catalog)
  const weight = await weighIndex(
    db,
    owner,
    { name: index.facts.name, drop },
    { table, values: plan.values, loaded: plan.count },
  )
  // Of a table that no query reads nothing is loaded.
  return weight.bytesPerRow === 0 ? null : weight
}

export const withSurvivorCosts = async (result: ProveResult, parts: CostParts): Promise<ProveResult> => {
  const { server, ground, loaded } = parts
  const survivors = result.structures.filter(
    (s) => s.kind === 'index' && result.findings.some((finding) => isToldBy(finding, s)),
  )
  if (survivors.length === 0) return result
  const plans = await loadPlans(parts, new Set(survivors.flatMap(({ table }) => table ?? [])))
  const costs = new Map<string, string>()
  const db = await server.connect(loaded, 'prover')
  try {
    await db.query(`set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`)
    for (const { id } of survivors) {
      const weight = await weigh(db, server.owner, id, ground.catalog, plans)
      if (weight) costs.set(id, costText(weight))
    }
  } finally {
    await db.end()
  }
  return {
    ...result,
    findings: result.findings.map((finding) => {
      const survivor = survivors.find((s) => isToldBy(finding, s))
      const cost = survivor && costs.get(survivor.id)
      return cost === undefined ? finding : { ...finding, why: `${finding.why}; ${cost}` }
    }),
  }
}
