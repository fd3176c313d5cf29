/**
 * The proof of one architecture on a migrated database: bind, write the tests, GREEN, RED, MUTATE. Two workers
 * share the work; everything it answers is in the order of the architecture and the catalog, never of time.
 */
import { placesOf, type Architecture } from '../architecture/architecture.ts'
import { fingerprint } from '../catalog/fingerprint.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Wholes } from '../postgres/plan-tree.ts'
import { readWholes } from '../postgres/plan-wholes.ts'
import type { Server } from '../postgres/server.ts'
import { kindOf } from '../rules/kinds.ts'
import { withSilentRepeats } from '../rules/silent-repeats.ts'
import { askFor } from './asked.ts'
import type { Binding } from './bind.ts'
import { refuseDeclaredSql } from './declared-sql.ts'
import { diagramOf } from './diagram.ts'
import { declarationDigest } from './digest.ts'
import { findingsOf } from './findings.ts'
import { proveGreen, type GreenRule } from './green.ts'
import { hasBudget, loadedPlan } from './loaded-plans.ts'
import { mutateAll } from './mutate-all.ts'
import { indistinctOf, makeWitnesses } from './mutate.ts'
import { openNoticedRemovals } from './noticed-removals.ts'
import { anywhere, readReached } from './reached.ts'
import { proveRed, type RedEvidence } from './red.ts'
import { openRedHabits } from './red-habits.ts'
import { missingObjects } from './missing-objects.ts'
import { openGround, type ProofGround } from './proof-ground.ts'
import type { MutantResult, ProveResult, RulePlan, RuleResult, StructureResult } from './result.ts'
import { byTable, shareOut } from './share-out.ts'
import { summarize } from './summary.ts'
import { withoutProof } from './unshown.ts'
import { writeOnPlaces, writersFor } from './write-on-places.ts'

export type Step = 'green' | 'red' | 'mutate'

export interface ProveOptions {
  readonly architecture: Architecture
  readonly server: Server
  /** A database with the migrations applied; nobody is connected to it. */
  readonly template: string
  readonly steps: readonly Step[]
  /** Ids of rules or structures, or names of tables; empty: everything. */
  readonly only: readonly string[]
  /** Only mutants of these operators; absent or null: all. */
  readonly operators?: OperatorSet | null
  /** What starting the server and migrating took, for the summary. */
  readonly startSeconds: number
  readonly onProgress?: (stage: string, done: number, of: number) => void
  /** Two by default: what two cores bear. */
  readonly workers?: number
  /** Of this template and kept open by the caller; absent: made and closed. */
  readonly ground?: ProofGround
}

interface Timer {
  (): number
}

/** What sessions remember of so many costs those that come after more than new ones do. */
const manyTables = 16

const startTimer = (): Timer => {
  const from = performance.now()
  return () => Math.round(performance.now() - from) / 1000
}

export const structureResult = (
  structure: Structure,
  catalog: Catalog,
  binding: Binding,
  mutants: readonly MutantResult[],
): StructureResult => ({
  id: structure.id,
  kind: structure.kind,
  table: structure.table,
  name: structure.name,
  definition: structure.definition,
  create: kindOfStructure(structure).create(structure, catalog),
  fingerprint: fingerprint(structure, catalog),
  rules: binding.claimedBy.get(structure.id) ?? [],
  declaredBy: kindOfStructure(structure).declaredBy?.(structure) ?? null,
  mutants,
})

const absentColumns = ({ table, absent }: GreenRule): readonly string[] | null =>
  table === null ? null : absent

/** What a red rule claims and its design makes anew. */
const inTheWay = ({ green, claims }: GreenRule, catalog: Catalog): readonly string[] =>
  green
    ? []
    : claims.flatMap((id) => {
        const found = catalog.structures.get(id)
        if (!found || !kindOfStructure(found).isMadeAnew) return []
        return kindOfStructure(found).drop(found, catalog)
      })

const ruleResult = (
  rule: GreenRule,
  red: RedEvidence | null,
  replaces: readonly string[],
  plans: readonly RulePlan[],
): RuleResult => ({
  id: rule.rule.id,
  kind: rule.rule.kind,
  table: rule.rule.table,
  sentence: rule.sentence,
  at: rule.rule.at,
  claims: rule.claims,
  ...(rule.missing === null ? {} : { missing: { columns: absentColumns(rule) } }),
  declared: declarationDigest(rule.rule),
  ...(kindOf(rule.rule).isObserved ? { observed: true as const } : {}),
  green: rule.green,
  red,
  experiments: rule.results,
  unsolved: rule.unsolved,
  notes: rule.notes ?? [],
  design: rule.design,
  ...(replaces.length === 0 ? {} : { replaces }),
  ...(plans.length === 0 ? {} : { plans }),
})

const plansOf = ({ results }: GreenRule, wholes: Wholes): readonly RulePlan[] =>
  results.flatMap(({ experiment, observed }) => loadedPlan(experiment, observed, wholes) ?? [])

/** Without rules on columns that no migration has made yet: no row can keep them. */
const standingPart = (architecture: Architecture, { rules }: Binding): Architecture => {
  const awaiting = new Set(rules.filter(({ absent }) => absent.length > 0).map(({ rule }) => rule))
  if (awaiting.size === 0) return architecture
  return {
    ...architecture,
    tables: architecture.tables.map((table) => ({
      ...table,
      rules: table.rules.filter((rule) => !awaiting.has(rule)),
    })),
  }
}

/** Runs the proof. Throws AssayErrors for declared SQL that PostgreSQL refuses; everything else is in the result. */
export const prove = async (options: ProveOptions): Promise<ProveResult> => {
  const { server, template, steps, only, onProgress } = options
  // Such a set adds keys: what no key is declared for is then said aloud.
  const architecture = options.operators ? withSilentRepeats(options.architecture) : options.architecture
  const ground = options.ground ?? (await openGround(server, template, options.workers))
  const { catalog, facts, places } = ground
  try {
    const writing = startTimer()
    await ground.widen(1)
    const binding = await ground.bind(architecture)
    refuseDeclaredSql(binding.refused)
    const asked = askFor(binding, catalog, {
      only,
      mutates: steps.includes('mutate'),
      others: architecture,
    })
    const workers = options.workers ?? 2
    const writers = writersFor(asked.tested, workers)
    await ground.widen(writers)
    const written = await writeOnPlaces(places.slice(0, writers), asked.tested, {
      architecture: standingPart(architecture, binding),
      catalog,
      operators: options.operators ?? null,
      onProgress: (stage, done, of) => onProgress?.(stage, done, of),
    })
    ground.useRows(written.rows)
    const writeSeconds = writing()

    onProgress?.('loading rows for plans', 0, 1)
    const tested = await ground.load(written.tested)
    await ground.widen(workers)
    const groups = byTable(tested)
    if (groups.length >= manyTables) await Promise.all(places.map((place) => place.renew()))

    const greening = startTimer()
    const green = (
      await shareOut(places, groups, proveGreen, (done) => onProgress?.('green', done, groups.length))
    ).flat()
    const reported = green.filter((r) => asked.rules.has(r.rule.id))
    const greenSeconds = greening()

    const reddening = startTimer()
    const evidence = new Map<string, RedEvidence>()
    const noticed = openNoticedRemovals()
    const habits = openRedHabits()
    if (steps.includes('red')) {
      const found = await shareOut(
        places,
        byTable(reported),
        async (workplace, group) => ({
          group,
          evidence: await proveRed({ workplace, catalog, noticed, habits }, group),
        }),
        (done) => onProgress?.('red', done, groups.length),
      )
      for (const part of found) part.group.forEach((r, i) => evidence.set(r.rule.id, part.evidence[i]!))
    }
    const redSeconds = reddening()

    const mutating = startTimer()
    const { structures } = asked
    let mutants: readonly (readonly MutantResult[])[] = structures.map(() => [])
    if (steps.includes('mutate')) {
      const witnesses = makeWitnesses(green, binding.claimedBy, catalog)
      const unsolvedRules = new Map(
        green.flatMap((r) => (r.unsolved[0] ? [[r.rule.id, r.unsolved[0].summary] as const] : [])),
      )
      const { claimedBy } = binding
      const indistinct = indistinctOf(green)
      const operators = options.operators ?? null
      const answering = new Set(
        green.filter(({ rule }) => kindOf(rule).saysAnswers).flatMap(({ claims }) => claims),
      )
      const titles = new Map(green.flatMap((r) => r.experiments.map(({ id, title }) => [id, title] as const)))
      const isCalled = structures.some((one) => kindOfStructure(one).tells !== undefined)
      const held = isCalled ? green.flatMap((r) => r.results.filter((one) => one.holds)) : []
      const reached = isCalled ? await readReached(places, { catalog, owner: server.owner }, held) : anywhere
      mutants = await mutateAll(places, structures, {
        catalog,
        reached,
        witnesses,
        claimedBy,
        unsolvedRules,
        indistinct,
        noticed,
        operators,
        answering,
        titleOf: (experiment) => titles.get(experiment),
        onDone: (done) => onProgress?.('mutants', done, structures.length),
      })
    }
    const mutateSeconds = mutating()

    const wholes: Wholes = reported.some((r) => r.experiments.some(hasBudget))
      ? await readWholes(places[0]!.main)
      : new Map()
    const rules = reported.map((r) =>
      ruleResult(r, evidence.get(r.rule.id) ?? null, inTheWay(r, catalog), plansOf(r, wholes)),
    )
    const structureResults = structures.map((s, i) =>
      structureResult(s, catalog, binding, withoutProof(s.table, mutants[i]!)),
    )
    const seconds = {
      start: options.startSeconds,
      red: Math.round((writeSeconds + redSeconds) * 1000) / 1000,
      green: greenSeconds,
      mutate: mutateSeconds,
    }
    return {
      architecture: architecture.name,
      server: facts,
      tables: placesOf(architecture).map((place) => place.id),
      rules,
      structures: structureResults,
      findings: [
        ...findingsOf(rules, structureResults, architecture.tables),
        ...missingObjects(architecture, catalog, only),
      ],
      summary: summarize(architecture.tables.length, rules, structureResults, seconds),
      diagram: diagramOf(catalog),
      owner: server.owner,
    }
  } finally {
    if (!options.ground) await ground.close()
  }
}
