/** One round of a watch: what a change touches is proven again, and joined with what was known of everything else. */
import { placesOf, type Architecture } from '../architecture/architecture.ts'
import { placeOf } from '../catalog/place.ts'
import type { Binding } from '../prove/bind.ts'
import { refuseDeclaredSql } from '../prove/declared-sql.ts'
import { findingsOf } from '../prove/findings.ts'
import { changeBetween, isInconclusive } from '../prove/judge.ts'
import type { ProofGround } from '../prove/proof-ground.ts'
import { prove, structureResult } from '../prove/prove.ts'
import type { ProveResult, RuleResult } from '../prove/result.ts'
import { isAskedFor } from '../prove/asked.ts'
import { summarize } from '../prove/summary.ts'
import { missingObjects } from '../prove/missing-objects.ts'
import { makeTablesTouched } from '../prove/witness-tables.ts'
import type { Server } from '../postgres/server.ts'
import type { OnProgress } from './migrated.ts'
import { findingsFor, stepsOf, type ProofCommand } from './prove-project.ts'
import { remember, structureChange, touchedBy, type Memory, type StructureChange } from './watch-memory.ts'

export interface RoundSettings {
  readonly server: Server
  readonly template: string
  readonly architecture: Architecture
  readonly ground: ProofGround
  readonly command: ProofCommand
  readonly only: readonly string[]
  /** A file that declares was saved. */
  readonly reloaded: boolean
  /** Rules that are proven again in any case. */
  readonly also: readonly string[]
  readonly onProgress?: OnProgress
}

export interface RoundResult {
  readonly memory: Memory
  /** Everything as it is known now, with the findings of all of it. */
  readonly result: ProveResult
  /** Ids of the rules that were proven again, and of the structures that were broken again. */
  readonly rules: readonly string[]
  readonly structures: readonly string[]
}

/** So many rules are worth a second workplace, which takes a while to make. */
const rulesOfOneWorkplace = 8

/** So many experiments take as long as a second workplace takes to make. */
const casesOfOneWorkplace = 400

/** Outcomes that a plain experiment can have: the others are run in their own way, and only when they are asked for. */
const isPlain = ({ experiment }: RuleResult['experiments'][number]): boolean =>
  !experiment.proof && !experiment.interleaving && experiment.on !== 'loaded'

/** Rules near a change whose experiments, as they were written, answer otherwise now. */
const disturbedRules = async (
  memory: Memory,
  ground: ProofGround,
  { changed, gone }: StructureChange,
  known: ReadonlySet<string>,
): Promise<readonly string[]> => {
  if (changed.length + gone.length === 0) return []
  const near = (of: ProofGround, ids: readonly string[]): readonly string[] => {
    const touched = makeTablesTouched(of.catalog)
    return ids.flatMap((id) => [...touched(of.catalog.structures.get(id)!)])
  }
  const tables = new Set([...near(ground, changed), ...near(memory.ground, gone)])
  const rules = [...memory.rules.values()].filter(
    (rule) =>
      tables.has(rule.table) && placeOf(ground.catalog, rule.table) !== undefined && !known.has(rule.id),
  )
  const cases = rules.flatMap((rule) => rule.experiments.filter(isPlain).map((e) => ({ rule: rule.id, e })))
  if (cases.length > casesOfOneWorkplace) await ground.widen(2)
  const share = Math.ceil(cases.length / ground.places.length)
  const outcomes = await Promise.all(
    ground.places.map((place, i) =>
      place.run([
        {
          ddl: [],
          experiments: cases.slice(i * share, (i + 1) * share).map(({ e }) => e.experiment),
        },
      ]),
    ),
  )
  const observed = outcomes.flatMap(([outcome]) => outcome!.observations)
  const changedCases = cases.filter(({ e }, i) => {
    const after = observed[i]!
    return isInconclusive(after.fault) || changeBetween(e.experiment, e.observed, after) !== null
  })
  // What asks for plans or proves by itself is not run here: near a change it is proven again.
  const special = rules.filter((rule) =>
    rule.experiments.some((e) => e.experiment.on === 'loaded' || e.experiment.proof),
  )
  return [...new Set([...changedCases.map(({ rule }) => rule), ...special.map((rule) => rule.id)])]
}

const inOrder = (memory: Memory, binding: Binding): Pick<ProveResult, 'rules' | 'structures'> => ({
  rules: binding.rules.flatMap(({ rule, sentence }) => {
    const known = memory.rules.get(rule.id)
    // Lines move when something is written above.
    return known ? [{ ...known, at: rule.at, sentence }] : []
  }),
  structures: [...memory.ground.catalog.structures.values()].flatMap((s) => {
    const known = memory.structures.get(s.id)
    return known ? [{ ...known, rules: binding.claimedBy.get(s.id) ?? [] }] : []
  }),
})

/** Throws AssayErrors for declared SQL that PostgreSQL refuses. */
export const proveChange = async (memory: Memory, settings: RoundSettings): Promise<RoundResult> => {
  const { architecture, ground, server, template, command, only, reloaded, onProgress } = settings
  await ground.widen(1)
  const binding = await ground.bind(architecture)
  refuseDeclaredSql(binding.refused)
  const isAsked = (id: string, table: string | null): boolean => isAskedFor(id, table, only)
  const everything = structureChange(memory, ground.catalog)
  const change = {
    ...everything,
    // Of a part, what was never looked at is not new.
    changed: everything.changed.filter(
      (id) => memory.structures.has(id) || isAsked(id, ground.catalog.structures.get(id)!.table),
    ),
  }
  const touched = touchedBy(memory, architecture, binding, change, reloaded)
  const disturbed = await disturbedRules(memory, ground, change, new Set(touched.rules))
  const wanted = new Set([...touched.rules, ...disturbed, ...settings.also])
  const rules = binding.rules.flatMap(({ rule }) =>
    wanted.has(rule.id) && isAsked(rule.id, rule.table) ? [rule.id] : [],
  )
  const proveOnly = (ids: readonly string[]): Promise<ProveResult> =>
    prove({
      architecture,
      server,
      template,
      steps: stepsOf[command],
      only: ids,
      startSeconds: 0,
      workers: rules.length > rulesOfOneWorkplace ? 2 : 1,
      ground,
      ...(onProgress ? { onProgress } : {}),
    })

  const known = new Map(memory.rules)
  const structures = new Map([...memory.structures].filter(([id]) => ground.catalog.structures.has(id)))
  for (const id of touched.unclaimed) {
    const structure = ground.catalog.structures.get(id)!
    if (isAsked(id, structure.table))
      structures.set(id, structureResult(structure, ground.catalog, binding, []))
  }
  const rerun = new Set<string>()
  const take = (result: ProveResult): void => {
    for (const rule of result.rules) known.set(rule.id, rule)
    for (const structure of result.structures) {
      structures.set(structure.id, structure)
      rerun.add(structure.id)
    }
  }
  const asked = [...rules, ...touched.byTable]
  if (asked.length > 0) {
    const first = await proveOnly(asked)
    take(first)
    // Only the rules that claim it were asked: before a mutant is said to survive, everything near is.
    const doubtful = first.findings.flatMap((f) => (f.code === 'mutant.survived' ? (f.structure ?? []) : []))
    if (doubtful.length > 0) {
      const second = await proveOnly([...new Set(doubtful)])
      take({ ...second, rules: [] })
    }
  }
  const joined = inOrder({ architecture, ground, rules: known, structures }, binding)
  const seconds = { start: 0, red: 0, green: 0, mutate: 0 }
  const result: ProveResult = {
    architecture: architecture.name,
    server: ground.facts,
    tables: placesOf(architecture).map((place) => place.id),
    ...joined,
    findings: [
      ...findingsOf(joined.rules, joined.structures, architecture.tables),
      ...missingObjects(architecture, ground.catalog, only),
    ],
    summary: summarize(architecture.tables.length, joined.rules, joined.structures, seconds),
    owner: server.owner,
  }
  return {
    memory: remember(architecture, ground, joined),
    result: { ...result, findings: findingsFor(command, result) },
    rules,
    structures: [...rerun],
  }
}
