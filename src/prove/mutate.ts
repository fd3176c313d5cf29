/**
 * MUTATE: every structure of the catalog is removed, weakened and strengthened, and the experiments must notice. The
 * structure's own rules are asked first, then the rest of its table, then the tables that it touches.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import { mutantsOf } from '../catalog/operator-set/sets.ts'
import { withoutPartitionNames } from '../catalog/partition/words.ts'
import type { Catalog, Mutant, Structure } from '../catalog/structure.ts'
import type { Indistinct } from '../rules/rule-kind.ts'
import type { ExperimentResult, MutantResult } from './result.ts'
import type { Foresight } from './foresight.ts'
import type { GreenRule } from './green.ts'
import type { NoticedRemovals } from './noticed-removals.ts'
import { changeBetween, isInconclusive } from './judge.ts'
import type { Reached } from './reached.ts'
import { provenSame, verdictOfSurvivor, stillbornReason } from './verdict.ts'
import { makeCallingTables } from './witness-callers.ts'
import { makeNamers } from './witness-names.ts'
import { makeTablesTouched } from './witness-tables.ts'
import type { Workplace } from './workplace.ts'

/** Which experiments may notice that a structure changed, nearest first. */
export interface Witnesses {
  /** Experiments of the rules that claim the structure. */
  own(structure: Structure): readonly ExperimentResult[]
  /** All others of its table and of the tables that it touches. */
  others(structure: Structure): readonly ExperimentResult[]
}

/** Only experiments that hold can witness anything. */
export const makeWitnesses = (
  rules: readonly GreenRule[],
  claimedBy: ReadonlyMap<string, readonly string[]>,
  catalog: Catalog,
): Witnesses => {
  const byRule = new Map(rules.map((rule) => [rule.rule.id, rule.results.filter((r) => r.holds)]))
  const tablesTouched = makeTablesTouched(catalog)
  const namers = makeNamers(catalog)
  const rulesOfTable = new Map<string, string[]>()
  for (const { rule } of rules) {
    const ids = rulesOfTable.get(rule.table)
    if (ids) ids.push(rule.id)
    else rulesOfTable.set(rule.table, [rule.id])
  }
  const plain = (results: readonly ExperimentResult[], structure: Structure): readonly ExperimentResult[] =>
    // A plan is asked only of structures that serve plans; for the rest it is slow and says nothing.
    kindOfStructure(structure).servesPlans === true
      ? results
      : results.filter((r) => r.experiment.then.kind !== 'plan')
  const callingTables = makeCallingTables(catalog)
  /** Those that may come to it first. */
  const everyRule = (structure: Structure): readonly string[] => {
    const near = new Set([...callingTables(structure)].flatMap((table) => rulesOfTable.get(table) ?? []))
    return [...near, ...[...byRule.keys()].filter((id) => !near.has(id))]
  }
  return {
    own: (structure) =>
      plain(
        (claimedBy.get(structure.id) ?? []).flatMap((id) => byRule.get(id) ?? []),
        structure,
      ),
    others(structure) {
      const own = new Set(claimedBy.get(structure.id) ?? [])
      const tables = [...tablesTouched(structure)]
      const ids = tables.flatMap((t) => rulesOfTable.get(t) ?? []).filter((id) => !own.has(id))
      const all = tables.length === 0 ? everyRule(structure).filter((id) => !own.has(id)) : ids
      const results = all.flatMap((id) => byRule.get(id) ?? [])
      const names = namers(structure)
      return plain(results, structure).filter(
        ({ experiment: e }) => !e.proof && !e.interleaving && !e.call && (names === null || names(e)),
      )
    },
  }
}

/** Experiments of one write; bounds the memory that replies take. */
const batchSize = 4_000

interface Judged {
  readonly mutant: Mutant
  readonly verdict: MutantResult['verdict'] | null
  readonly why: string
  /** What the experiments that did not change answered, for redundancy. */
  readonly unchanged: readonly { result: ExperimentResult; after: ExperimentResult['observed'] }[]
}

/** Nobody has noticed it yet. */
const isOpen = ({ verdict }: Judged): boolean => verdict === null

const isDecided = ({ verdict }: Judged): boolean => verdict === 'killed' || verdict === 'stillborn'

/** Run in its own way: as a proof, or by two sessions. */
const isSpecial = ({ experiment }: ExperimentResult): boolean =>
  experiment.proof !== undefined || experiment.interleaving !== undefined || experiment.call !== undefined

/** Two sessions may meet otherwise on a busy machine: what they notice, they notice twice. */
const isStatement = (result: ExperimentResult): boolean => !isSpecial(result)

/** Of hundreds that are not about the structure, one that answers otherwise once in a while would tell of it. */
const isNever = (): boolean => false

const isNoticedAgain = async (
  workplace: Workplace,
  mutant: Mutant,
  { experiment, observed }: ExperimentResult,
): Promise<boolean> => {
  const [again] = await workplace.run([{ ddl: mutant.ddl, experiments: [experiment] }])
  return changeBetween(experiment, observed, again!.observations[0]!, mutant.effect === 'removed') !== null
}

/** `isSure`: what notices a mutant once notices it. */
const judgeAll = async (
  workplace: Workplace,
  mutants: readonly Mutant[],
  experimentsFor: (mutant: Mutant) => readonly ExperimentResult[],
  isSure: (result: ExperimentResult) => boolean,
): Promise<readonly Judged[]> => {
  const judged: Judged[] = []
  let from = 0
  while (from < mutants.length) {
    const some: { mutant: Mutant; results: readonly ExperimentResult[] }[] = []
    let size = 0
    while (from < mutants.length && (size === 0 || size < batchSize)) {
      const mutant = mutants[from++]!
      const results = experimentsFor(mutant)
      some.push({ mutant, results })
      size += results.length + 1
    }
    const outcomes = await workplace.run(
      some.map(({ mutant, results }) => ({ ddl: mutant.ddl, experiments: results.map((r) => r.experiment) })),
    )
    for (const [i, { mutant, results }] of some.entries()) {
      const outcome = outcomes[i]!
      if (outcome.ddlFault) {
        const { verdict, why } = stillbornReason(outcome.ddlFault)
        judged.push({ mutant, verdict, why, unchanged: [] })
        continue
      }
      let killer: string | null = null
      const unchanged: { result: ExperimentResult; after: ExperimentResult['observed'] }[] = []
      let inconclusive = false
      for (const [k, result] of results.entries()) {
        const after = outcome.observations[k]!
        inconclusive ||= isInconclusive(after.fault)
        const isNoticed =
          changeBetween(result.experiment, result.observed, after, mutant.effect === 'removed') !== null
        if (isNoticed && (isSure(result) || (await isNoticedAgain(workplace, mutant, result)))) {
          killer = result.experiment.id
          break
        }
        unchanged.push({ result, after: isNoticed ? result.observed : after })
      }
      if (killer !== null) judged.push({ mutant, verdict: 'killed', why: killer, unchanged: [] })
      else if (inconclusive) {
        judged.push({
          mutant,
          verdict: 'unsolved',
          why: 'an experiment was cut short (time, lock or resource)',
          unchanged,
        })
      } else judged.push({ mutant, verdict: null, why: '', unchanged })
    }
  }
  return judged
}

/** Broken expressions that provably change nothing, by the structure that they would be part of. */
export const indistinctOf = (
  rules: readonly { readonly indistinct?: readonly Indistinct[] }[],
): ReadonlyMap<string, readonly Indistinct[]> => {
  const found = new Map<string, Indistinct[]>()
  for (const one of rules.flatMap((r) => r.indistinct ?? []))
    found.set(one.structure, [...(found.get(one.structure) ?? []), one])
  return found
}

export interface MutateParts {
  readonly workplace: Workplace
  readonly catalog: Catalog
  readonly witnesses: Witnesses
  /** Structure id → rule ids; those rules' experiments do not count when the structure goes away with the mutant. */
  readonly claimedBy: ReadonlyMap<string, readonly string[]>
  /** Rules with something unsolved: their structures' survivors are unsolved, not survived. */
  readonly unsolvedRules: ReadonlyMap<string, string>
  /** Structure id → broken expressions that provably change nothing. */
  readonly indistinct: ReadonlyMap<string, readonly Indistinct[]>
  /** What RED has seen already. */
  readonly noticed?: NoticedRemovals
  /** What mutants of other structures were noticed by; absent: nothing is known. */
  readonly foresight?: Foresight
  /** Null: all operators. */
  readonly operators?: OperatorSet | null
  /** Ids of structures of which rules say what they answer. */
  readonly answering?: ReadonlySet<string>
  /** Who comes to what is broken; absent: nobody knows. */
  readonly reached?: Reached
  /** Made already; absent: they are made here. */
  readonly made?: (structure: Structure) => readonly Mutant[] | undefined
}

/** Most mutants are noticed by the first experiments; the others ask more of them, and pay for their DDL once again. */
const portions = [2, 12, 60]

/** In their order, so that whoever notices first stays the same. */
const portionsOf = (results: readonly ExperimentResult[]): readonly (readonly ExperimentResult[])[] => {
  const cuts = [0, ...portions.filter((end) => end * 2 <= results.length), results.length]
  return cuts.slice(1).map((end, i) => results.slice(cuts[i], end))
}

/** All mutants of one structure with their verdicts, in the structure's own order. */
export const mutateStructure = async (
  structure: Structure,
  parts: MutateParts,
): Promise<readonly MutantResult[]> => {
  const { workplace, catalog, witnesses, claimedBy } = parts
  const operators = parts.operators ?? null
  const isAnswering = operators === null && parts.answering?.has(structure.id) === true
  const mutants = [
    ...(parts.made?.(structure) ?? mutantsOf(structure, catalog, operators)),
    ...(isAnswering ? (kindOfStructure(structure).answerMutants?.(structure, catalog) ?? []) : []),
  ]
  if (mutants.length === 0) return []
  const fair = (results: readonly ExperimentResult[]) => (mutant: Mutant) => {
    const gone = new Set((mutant.alsoRemoves ?? []).flatMap((id) => claimedBy.get(id) ?? []))
    for (const id of claimedBy.get(structure.id) ?? []) gone.delete(id)
    return gone.size === 0 ? results : results.filter((r) => !gone.has(r.experiment.rule))
  }
  const own = witnesses.own(structure)
  const statements = own.filter((r) => !isSpecial(r))
  const [first = [], ...rest] = portionsOf(statements)
  const known = new Map(
    mutants.flatMap((mutant) => {
      const killer = parts.noticed?.by((claimedBy.get(structure.id) ?? [])[0], mutant.ddl) ?? null
      // The first of those that are asked of it: RED asks of plans and proofs, too.
      if (killer === null || !own.some((r) => r.experiment === killer && !isSpecial(r))) return []
      return [[mutant, { mutant, verdict: 'killed', why: killer.id, unchanged: [] } as Judged] as const]
    }),
  )
  const asked = mutants.filter((mutant) => !known.has(mutant))
  const foresee = first.length > 1 ? parts.foresight?.among(structure, statements) : undefined
  const likely = new Map(asked.map((mutant) => [mutant, foresee?.(mutant) ?? null]))
  const answers = await judgeAll(
    workplace,
    asked,
    (mutant) => {
      const witness = likely.get(mutant)
      return fair(witness ? [witness] : first)(mutant)
    },
    isStatement,
  )
  for (const answer of answers) known.set(answer.mutant, answer)
  // Foreseen and not seen: these begin like the others.
  const unforeseen = asked.filter((mutant) => likely.get(mutant) && !isDecided(known.get(mutant)!))
  for (const answer of await judgeAll(workplace, unforeseen, fair(first), isStatement))
    known.set(answer.mutant, answer)
  let judged = mutants.map((mutant) => known.get(mutant)!)
  // Two sessions need a clone for each mutant: they are asked only where nothing else has noticed it.
  const others = () => portionsOf(witnesses.others(structure))
  const stages = [() => rest, () => own.filter(isSpecial).map((r) => [r]), others]
  const reaching =
    (experimentsFor: (mutant: Mutant) => readonly ExperimentResult[]) =>
    (mutant: Mutant): readonly ExperimentResult[] =>
      parts.reached === undefined
        ? experimentsFor(mutant)
        : experimentsFor(mutant).filter((r) => parts.reached!.mayNotice(r, mutant))
  // Its own rules are asked of what is proven to change nothing; the rest of the database, at its length, is not.
  const isAskedFurther = (one: Judged): boolean =>
    isOpen(one) && provenSame(structure, one.mutant, parts.indistinct) === null
  for (const stage of stages) {
    const isAsked = stage === others ? isAskedFurther : isOpen
    if (!judged.some(isAsked)) continue
    for (const results of stage()) {
      const open = judged.filter(isAsked)
      if (open.length === 0 || results.length === 0) continue
      const again = await judgeAll(
        workplace,
        open.map((j) => j.mutant),
        stage === others ? reaching(fair(results)) : fair(results),
        stage === others ? isNever : isStatement,
      )
      judged = judged.map((early) => {
        const late = again[open.indexOf(early)]
        if (late === undefined) return early
        const unchanged = [...early.unchanged, ...late.unchanged]
        return late.verdict === null ? { ...early, unchanged } : { ...late, unchanged }
      })
    }
  }
  const plain = withoutPartitionNames(catalog)
  return judged.map((decided) => {
    const { unchanged, mutant } = decided
    const { verdict, why } =
      decided.verdict !== null
        ? { verdict: decided.verdict, why: decided.why }
        : verdictOfSurvivor({ structure, mutant, unchanged, ...parts })
    const { id, operator, effect, summary, ddl } = mutant
    return { id, structure: structure.id, operator, effect, summary, ddl, verdict, why: plain(why) }
  })
}
