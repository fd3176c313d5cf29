/** One round of a watch: what a change touches is proven again, and joined with what was known of everything else. */
import { placesOf, type Architecture } from '../architecture/architecture.ts'
import { placeOf } from '../catalog/place.ts'
import type { Binding } from '../prove/bind.ts'
import { refuseDeclaredSql } from '../prove/declared-sql.ts'
import { findingsOf } from '../prove/findings.ts'
import { changeBetween, isInconclusive } from '../prove/judge.ts'
import type { ProofGround } from '../prove/proof-ground.ts'
import type { Workplace } from '../prove/workplace.ts'
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

/** So few rules are proven by one workplace while another looks at what else the change touches. */
const rulesOfOneWorkplace = 8

export interface RoundResult {
  readonly memory: Memory
  /** Everything as it is known now, with the findings of all of it. */
  readonly result: ProveResult
  /** Ids of the rules that were proven again, and of the structures that were broken again. */
  readonly rules: readonly string[]
  readonly structures: readonly string[]
}

/** Rules near a change, and how to find out whose experiments, as they were written, answer otherwise now. */
interface Disturbance {
  /** Rules whose experiments ask for plans, or prove by themselves: near a change they are proven again. */
  readonly special: readonly string[]
  /** Takes the next experiments that nobody has taken yet, until none are left. Several workplaces may share the work. */
  work(place: Workplace): Promise<void>
  /** Ids of the other rules that answer otherwise, once all the work is done. */
  rules(): readonly string[]
}

/** Experiments that a workplace takes at once. */
const casesTaken = 60

/** Outcomes that a plain experiment can have: the others are run in their own way, and only when they are asked for. */
const isPlain = ({ experiment }: RuleResult['experiments'][number]): boolean =>
  !experiment.proof && !experiment.interleaving && !experiment.call && experiment.on !== 'loaded'

const findDisturbed = (
  memory: Memory,
  ground: ProofGround,
  { changed, gone }: StructureChange,
  known: ReadonlySet<string>,
): Disturbance => {
  const near = (of: ProofGround, ids: readonly string[]): readonly string[] => {
    const touched = makeTablesTouched(of.catalog)
    return ids.flatMap((id) => [...touched(of.catalog.structures.get(id)!)])
  }
  const tables = new Set([...near(ground, changed), ...near(memory.ground, gone)])
  const rules = [...memory.rules.values()].filter(
    (rule) =>
      tables.has(rule.table) && placeOf(ground.catalog, rule.table) !== undefined && !known.has(rule.id),
  )
  const special = rules.flatMap((rule) =>
    rule.experiments.some(
      ({ experiment }) => experiment.on === 'loaded' || experiment.proof || experiment.call,
    )
      ? [rule.id]
      : [],
  )
  const cases = rules
    .filter((rule) => !special.includes(rule.id))
    .flatMap((rule) => rule.experiments.filter(isPlain).map((e) => ({ rule: rule.id, e })))
  const found = new Set<string>()
  let next = 0
  return {
    special,
    async work(place) {
      while (next < cases.length) {
        const taken = cases.slice(next, (next += casesTaken))
        const [outcome] = await place.run([{ ddl: [], experiments: taken.map(({ e }) => e.experiment) }])
        for (const [i, { rule, e }] of taken.entries()) {
          const after = outcome!.observations[i]!
          if (isInconclusive(after.fault) || changeBetween(e.experiment, e.observed, after) !== null)
            found.add(rule)
        }
      }
    },
    rules: () => rules.map((rule) => rule.id).filter((id) => found.has(id)),
  }
}

/** The ground with its first workplace alone, so that others can work on the rest meanwhile. */
const firstPlaceOf = (ground: ProofGround): ProofGround => ({
  ...ground,
  places: ground.places.slice(0, 1),
  widen: () => Promise.resolve(),
})

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
  const sure = new Set([...touched.rules, ...settings.also])
  const askedAmong = (wanted: ReadonlySet<string>): readonly string[] =>
    binding.rules.flatMap(({ rule }) =>
      wanted.has(rule.id) && isAsked(rule.id, rule.table) ? [rule.id] : [],
    )
  const proveOnly = (ids: readonly string[], on: ProofGround): Promise<ProveResult> =>
    prove({
      architecture,
      server,
      template,
      steps: stepsOf[command],
      only: ids,
      startSeconds: 0,
      ground: on,
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
  const proveAsked = async (asked: readonly string[], on: ProofGround): Promise<void> => {
    if (asked.length === 0) return
    const first = await proveOnly(asked, on)
    take(first)
    // Only the rules that claim it were asked: before a mutant is said to survive, everything near is.
    const doubtful = first.findings.flatMap((f) => (f.code === 'mutant.survived' ? (f.structure ?? []) : []))
    if (doubtful.length === 0) return
    const second = await proveOnly([...new Set(doubtful)], on)
    take({ ...second, rules: [] })
  }
  const disturbance = findDisturbed(memory, ground, change, sure)
  for (const id of disturbance.special) sure.add(id)
  const first = [...askedAmong(sure), ...touched.byTable]
  const isSmall = first.length <= rulesOfOneWorkplace
  await ground.widen(2)
  const [own, beside] = ground.places as readonly [Workplace, Workplace]
  const proveFirst = async (): Promise<void> => {
    if (isSmall) await proveAsked(first, firstPlaceOf(ground))
    await disturbance.work(own)
  }
  const done = await Promise.allSettled([proveFirst(), disturbance.work(beside)])
  for (const one of done) if (one.status === 'rejected') throw one.reason
  const late = askedAmong(new Set(disturbance.rules()))
  await proveAsked(isSmall ? late : [...first, ...late], ground)
  const rules = askedAmong(new Set([...sure, ...disturbance.rules()]))
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
