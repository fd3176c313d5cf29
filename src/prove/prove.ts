/**
 * The proof of one architecture on a migrated database: bind, write the tests, GREEN, RED, MUTATE. Two workers
 * share the work; everything it answers is in the order of the architecture and the catalog, never of time.
 */
import { placesOf, type Architecture } from '../architecture/architecture.ts'
import { fingerprint } from '../catalog/fingerprint.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { OperatorSet } from '../catalog/operator-set-names.ts'
import { mutantsOf } from '../catalog/operator-sets.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { unlessCancelled } from '../postgres/unless-cancelled.ts'
import { makeRows } from '../rows/make-rows.ts'
import { kindOf } from '../rules/kinds.ts'
import { withSilentRepeats } from '../rules/silent-repeats.ts'
import type { Rows } from '../rows/rows.ts'
import { askFor, type Asked } from './asked.ts'
import type { Binding } from './bind.ts'
import { refuseDeclaredSql } from './declared-sql.ts'
import { diagramOf } from './diagram.ts'
import { declarationDigest } from './digest.ts'
import { findingsOf } from './findings.ts'
import { proveGreen, type GreenRule } from './green.ts'
import { indistinctOf, makeWitnesses, mutateStructure } from './mutate.ts'
import { proveRed, type RedEvidence } from './red.ts'
import { missingObjects } from './missing-objects.ts'
import { openGround, type ProofGround } from './proof-ground.ts'
import type { MutantResult, ProveResult, RuleResult, StructureResult } from './result.ts'
import { summarize } from './summary.ts'
import type { Workplace } from './workplace.ts'
import { writeTests, type TestedRule } from './write-tests.ts'

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

/** Groups of rules of one table, so that workers share whole tables. */
const byTable = <T extends TestedRule>(rules: readonly T[]): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>()
  for (const rule of rules) groups.set(rule.rule.table, [...(groups.get(rule.rule.table) ?? []), rule])
  return [...groups.values()]
}

/**
 * Runs `work` over the items with each workplace taking the next free one, the most laborious first, so that no
 * workplace is left alone with them; answers in the items' order.
 */
const shareOut = async <T, R>(
  places: readonly Workplace[],
  items: readonly T[],
  work: (place: Workplace, item: T) => Promise<R>,
  onDone: (done: number) => void,
  labour: (item: T) => number = () => 0,
): Promise<R[]> => {
  const results = Array.from<R>({ length: items.length })
  const order = items
    .map((item, i) => ({ i, labour: labour(item) }))
    .toSorted((a, b) => b.labour - a.labour)
    .map(({ i }) => i)
  let next = 0
  let done = 0
  await Promise.all(
    places.map(async (place) => {
      while (next < items.length) {
        const i = order[next++]!
        results[i] = await work(place, items[i]!)
        onDone(++done)
      }
    }),
  )
  return results
}

interface Timer {
  (): number
}

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

const absentColumns = ({ rule, table }: GreenRule): readonly string[] | null =>
  table === null ? null : rule.columns.filter((name) => !table.columns.some((column) => column.name === name))

const ruleResult = (rule: GreenRule, red: RedEvidence | null): RuleResult => ({
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
})

/** Expressions of declared checks per table, which rows must satisfy even where the database lost them. */
const declaredChecks = (architecture: Architecture, table: string): readonly string[] =>
  (architecture.tables.find((t) => t.id === table)?.rules ?? []).flatMap((rule) =>
    'expression' in rule && 'name' in rule && typeof rule.expression === 'string' ? [rule.expression] : [],
  )

const writeOn = async (
  place: Workplace,
  options: ProveOptions,
  catalog: Catalog,
  asked: Asked,
): Promise<{ tested: readonly TestedRule[]; rows: Rows }> => {
  const { architecture, onProgress } = options
  await place.main.query('begin')
  try {
    const rows = await makeRows(place.main, catalog, (table) => declaredChecks(architecture, table.id))
    const tested = await writeTests(asked.tested, {
      architecture,
      catalog,
      rows,
      db: place.main,
      onTable: (table, done, of) => onProgress?.(`writing tests of ${table}`, done, of),
    })
    return { tested, rows }
  } finally {
    await place.main.query('rollback')
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
      ...(architecture.leftAlone ? { leftAlone: architecture.leftAlone } : {}),
    })
    const [first] = places
    const written = await unlessCancelled(first!.main, () =>
      writeOn(first!, { ...options, architecture }, catalog, asked),
    )
    ground.useRows(written.rows)
    const writeSeconds = writing()

    onProgress?.('loading rows for plans', 0, 1)
    const tested = await ground.load(written.tested)
    await ground.widen(options.workers ?? 2)

    const greening = startTimer()
    const groups = byTable(tested)
    const green = (
      await shareOut(places, groups, proveGreen, (done) => onProgress?.('green', done, groups.length))
    ).flat()
    const reported = green.filter((r) => asked.rules.has(r.rule.id))
    const greenSeconds = greening()

    const reddening = startTimer()
    const evidence = new Map<string, RedEvidence>()
    if (steps.includes('red')) {
      const found = await shareOut(
        places,
        byTable(reported),
        async (place, group) => ({ group, evidence: await proveRed(place, group, catalog) }),
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
      mutants = await shareOut(
        places,
        structures,
        (workplace, structure) =>
          mutateStructure(structure, {
            workplace,
            catalog,
            witnesses,
            claimedBy,
            unsolvedRules,
            indistinct,
            operators,
          }),
        (done) => onProgress?.('mutants', done, structures.length),
        (structure) => mutantsOf(structure, catalog, operators).length * witnesses.own(structure).length,
      )
    }
    const mutateSeconds = mutating()

    const rules = reported.map((r) => ruleResult(r, evidence.get(r.rule.id) ?? null))
    const structureResults = structures.map((s, i) => structureResult(s, catalog, binding, mutants[i]!))
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
