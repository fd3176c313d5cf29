/**
 * RED: with exactly a rule's structures absent, at least one of its experiments changes its outcome. A rule made of
 * controls only (an optional column) is proven by a mutant that strengthens: it must turn one of them around.
 */
import type { Catalog, Mutant } from '../catalog/structure.ts'
import { keysAdded } from '../catalog/key/added.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import { withoutPartitionNames } from '../catalog/partition/words.ts'
import { withWhatTheyNeed } from './bind.ts'
import type { Experiment } from '../rules/experiment.ts'
import { parsePlan, planIndexes } from '../postgres/plan.ts'
import { kindOf } from '../rules/kinds.ts'
import { workIn } from './call-work.ts'
import type { ExperimentResult, RuleResult } from './result.ts'
import { isSameCause, namedBy } from './verdict.ts'
import { sideBySide } from './gather.ts'
import type { GreenRule } from './green.ts'
import type { NoticedRemovals } from './noticed-removals.ts'
import type { RedHabits } from './red-habits.ts'
import { changeBetween } from './judge.ts'
import type { Trial, TrialOutcome } from './runner.ts'
import { viewsAside } from './views-aside.ts'
import type { Workplace } from './workplace.ts'

export type RedEvidence = NonNullable<RuleResult['red']>

interface RedParts {
  readonly workplace: Workplace
  readonly catalog: Catalog
  /** Told of what is noticed when exactly a rule's structures are absent. */
  readonly noticed: NoticedRemovals
  readonly habits: RedHabits
}

/** Drops in an order in which nothing is missed by those that depend on it: dependents first. */
const dropAll = (ids: readonly string[], catalog: Catalog): readonly string[] => {
  const claimed = ids.map((id) => catalog.structures.get(id)!)
  const depth = (id: string): number => catalog.dependents(id).filter((d) => ids.includes(d.id)).length
  return claimed
    .toSorted((a, b) => depth(a.id) - depth(b.id))
    .flatMap((s) => kindOfStructure(s).drop(s, catalog))
}

/** A statement that is to stay within a budget, by whatever index. */
const isBudget = (then: Experiment['then']): boolean => then.kind === 'plan' && then.uses === null

/** What refuses still, without the rule's structures: those of the name that PostgreSQL gives, alone or with one that keeps them. */
const whatElseRefuses = (
  rule: GreenRule,
  outcome: TrialOutcome,
  catalog: Catalog,
): readonly (readonly string[])[] => {
  const { table } = rule.rule
  for (const [i, { observed, holds }] of rule.results.entries()) {
    const after = outcome.observations[i]!.fault
    if (!holds || !observed.fault || !after || isSameCause(observed.fault, after)) continue
    const named = namedBy(after, table, catalog).filter((id) => !rule.claims.includes(id))
    const beside = catalog.of(table).filter((s) => s.dependsOn.some((id) => named.includes(id)))
    // What keeps it goes first: a primary key does not let its NOT NULL go.
    const pairs = named.flatMap((id) => beside.filter((s) => s.id !== id).map((s) => [s.id, id]))
    return [...named.map((id) => [id]), ...pairs]
  }
  return []
}

/** The indexes that a plan takes, or that a call looked into. */
const indexesTaken = (then: Experiment['then'], rows: TrialOutcome['observations'][number]['rows']) => {
  if (then.kind === 'cost') return workIn(rows)?.indexes ?? []
  const plan = isBudget(then) ? parsePlan(rows[0]?.[0] ?? '') : null
  return plan === null ? [] : planIndexes(plan)
}

/** Of plans and calls whose budget holds still: the keys and indexes that they take now, as far as nothing stands on them. */
const whatElseServes = (
  rule: GreenRule,
  outcome: TrialOutcome,
  gone: readonly string[],
  catalog: Catalog,
): readonly (readonly string[])[] => {
  const names = new Set(
    outcome.observations.flatMap(({ rows, fault }, i) =>
      fault === null ? indexesTaken(rule.results[i]!.experiment.then, rows) : [],
    ),
  )
  const reads = rule.rule.reads ?? [rule.rule.table]
  const found = reads
    .flatMap((id) => catalog.of(id))
    .filter(({ id, name }) => names.has(name) && !gone.includes(id) && catalog.dependents(id).length === 0)
    .map(({ id }) => id)
  return found.length === 0 ? [] : [[...new Set(found)]]
}

/** The first are mostly the ones that notice: the others are asked only then. */
const askedFirst = 2

/** More structures than ever refuse one row. */
const mostTogether = 3

/**
 * What else refuses is taken away together with the rule's own structures: the experiment bites, though never alone.
 * Whom it stands beside is told.
 */
const proveTogether = async (
  { workplace, catalog }: RedParts,
  rule: GreenRule,
  removed: TrialOutcome,
): Promise<RedEvidence | null> => {
  let outcome = removed
  let gone: readonly string[] = rule.claims
  for (let step = 0; step < mostTogether; step++) {
    const refusing = whatElseRefuses(rule, outcome, catalog)
    const serving = refusing.length > 0 ? [] : whatElseServes(rule, outcome, gone, catalog)
    const same = serving.length > 0 ? 'serve' : 'refuse'
    const sets = [...refusing, ...serving]
      .map((set) => [...new Set([...gone, ...set])])
      .filter((all) => all.length > gone.length)
    const outcomes = await workplace.run(
      sets.map((all) => ({ ddl: dropAll(all, catalog), experiments: rule.experiments })),
    )
    const made = sets.flatMap((all, i) => (outcomes[i]!.ddlFault ? [] : [{ all, outcome: outcomes[i]! }]))
    for (const one of made) {
      const found = firstChange(part(rule, 0), one.outcome)
      const others = one.all.filter((id) => !rule.claims.includes(id)).join(', ')
      if (found) return provenBy(rule, found, `without its structures and ${others}, which ${same} the same`)
    }
    const next = made[0]
    if (!next) return null
    ;[gone, outcome] = [next.all, next.outcome]
  }
  return null
}

/** An experiment that answers otherwise than it did; `at`: its place among the rule's. */
interface Change {
  readonly experiment: string
  readonly change: string
  readonly at: number
}

/** The rule with some of its experiments, and where they stand among all of them. */
interface RulePart {
  readonly from: number
  readonly experiments: readonly Experiment[]
  readonly results: readonly ExperimentResult[]
}

const part = ({ experiments, results }: GreenRule, from: number, end?: number): RulePart => ({
  from,
  experiments: experiments.slice(from, end),
  results: results.slice(from, end),
})

const firstChange = ({ from, results }: RulePart, outcome: TrialOutcome): Change | null => {
  for (const [i, result] of results.entries()) {
    if (!result.holds) continue
    const change = changeBetween(result.experiment, result.observed, outcome.observations[i]!, true)
    if (change !== null) return { experiment: result.experiment.id, change, at: from + i }
  }
  return null
}

const titleOf = (rule: GreenRule, experiment: string): string =>
  rule.experiments.find((e) => e.id === experiment)?.title ?? experiment

const provenBy = (
  rule: GreenRule,
  found: { experiment: string; change: string },
  how: string,
): RedEvidence => ({
  proven: true,
  experiment: found.experiment,
  why: `${how}: ${titleOf(rule, found.experiment)} → ${found.change}`,
})

/** Mutants that a rule may be proven by when taking its structures away changes nothing, or is refused. */
const otherMutants = (ids: readonly string[], catalog: Catalog): readonly Mutant[] =>
  ids.flatMap((id) => {
    const structure = catalog.structures.get(id)!
    return kindOfStructure(structure).mutants(structure, catalog)
  })

/** The first mutants are mostly noticed: the others are asked only then, ever more at once. */
const firstAsked = 4
const growth = 4

/** Of these mutants the first that an experiment notices: those that the first experiments do not notice are asked in full. */
const firstNoticed = async (
  { workplace, habits }: RedParts,
  rule: GreenRule,
  mutants: readonly Mutant[],
): Promise<{ readonly at: number; readonly found: Change } | null> => {
  const what = `${rule.rule.kind} experiments of mutants`
  const count = habits.first(what, askedFirst)
  const few = part(rule, 0, count)
  const early = await workplace.run(mutants.map(({ ddl }) => ({ ddl, experiments: few.experiments })))
  const changes = early.map((outcome) => (outcome.ddlFault ? null : firstChange(few, outcome)))
  const noticed = changes.findIndex((change) => change !== null)
  const rest = part(rule, count)
  const open = mutants
    .map((_, i) => i)
    .filter((i) => !early[i]!.ddlFault && (noticed < 0 || i < noticed) && rest.experiments.length > 0)
  const late = await workplace.run(open.map((i) => ({ ddl: mutants[i]!.ddl, experiments: rest.experiments })))
  for (const [n, i] of open.entries()) changes[i] = late[n]!.ddlFault ? null : firstChange(rest, late[n]!)
  const at = changes.findIndex((change) => change !== null)
  const found = changes[at]
  if (!found) return null
  habits.note(what, found.at + 1)
  return { at, found }
}

const proveByMutants = async (
  parts: RedParts,
  rule: GreenRule,
  mutants: readonly Mutant[],
): Promise<RedEvidence | null> => {
  const what = `${rule.rule.kind} mutants`
  let size = parts.habits.first(what, firstAsked)
  for (let from = 0; from < mutants.length;) {
    const some = mutants.slice(from, from + size)
    const noticed = await firstNoticed(parts, rule, some)
    if (noticed) {
      parts.habits.note(what, from + noticed.at + 1)
      return provenBy(rule, noticed.found, `when ${some[noticed.at]!.summary}`)
    }
    from += size
    size = Math.max(size * growth, firstAsked)
  }
  return null
}

/** Evidence that one rule was red without what it asks for. */
const redOf = async (
  parts: RedParts,
  rule: GreenRule,
  removed: TrialOutcome | null,
): Promise<RedEvidence> => {
  const { catalog } = parts
  if (rule.missing !== null) return { proven: true, experiment: null, why: rule.missing }
  const failing = rule.results.find((r) => !r.holds)
  if (failing) return { proven: true, experiment: failing.experiment.id, why: failing.difference! }
  if (rule.experiments.length === 0) {
    return { proven: false, experiment: null, why: 'no experiment could be written for it' }
  }
  if (kindOf(rule.rule).isWithoutKey) {
    const added = rule.claims.flatMap((id) => keysAdded(catalog.structures.get(id)!, catalog))
    const byKey = await proveByMutants(parts, rule, added)
    if (byKey) return byKey
  }
  if (removed && !removed.ddlFault) {
    const found = firstChange(part(rule, 0, removed.observations.length), removed)
    if (found) {
      const { experiment } = rule.results.find((r) => r.experiment.id === found.experiment)!
      parts.noticed.note(rule.rule.id, dropAll(rule.claims, catalog), experiment)
      return provenBy(rule, found, 'without its structures')
    }
  }
  // A control is turned around by a broken function, not by the absence of the trigger that calls it.
  const owned = withWhatTheyNeed(catalog, rule.claims)
  const own = await proveByMutants(parts, rule, otherMutants(owned, catalog))
  if (own) return own
  if (removed && !removed.ddlFault) {
    const together = await proveTogether(parts, rule, removed)
    if (together) return together
  }
  // Nothing of its own can be taken away alone (a primary key implies its NOT NULL; a rule of controls claims
  // nothing; a query stays within its budget by any index): then what stands beside it on the table is broken instead.
  if (rule.claims.length === 0 || removed?.ddlFault || rule.experiments.every(({ then }) => isBudget(then))) {
    const beside = catalog
      .of(rule.rule.table)
      .map((s) => s.id)
      .filter((id) => !rule.claims.includes(id))
    const other = await proveByMutants(parts, rule, otherMutants(beside, catalog))
    if (other) return other
  }
  const why = removed?.ddlFault
    ? `PostgreSQL does not let its structures go: ${removed.ddlFault.message}`
    : 'none of its experiments changes when its structures are taken away'
  return { proven: false, experiment: null, why }
}

interface Removal {
  readonly rule: GreenRule
  readonly asked: RulePart
}

/** Exactly its structures; beside them the views over its table, where the experiments could not tell and these are in the way. */
const removalTrial = ({ rule, asked }: Removal, catalog: Catalog): Trial & { readonly isWhole: boolean } => {
  const { experiments } = asked
  const whole = { ddl: dropAll(rule.claims, catalog), experiments, isWhole: true }
  const aside = viewsAside(catalog)(rule.rule.table)
  if (!aside || rule.claims.some((id) => aside.gone.has(id))) return whole
  const own = dropAll(rule.claims, aside.catalog)
  if (own.length === whole.ddl.length || !aside.isUnseenBy(experiments)) return whole
  return { ddl: [...aside.ddl, ...own], experiments, isWhole: false }
}

/** Each rule's structures taken away: what its first experiments answer, and the others where those notice nothing. */
const withoutStructures = async (
  { workplace, catalog, habits }: RedParts,
  rules: readonly GreenRule[],
): Promise<ReadonlyMap<GreenRule, TrialOutcome>> => {
  const removed = async (some: readonly Removal[]): Promise<readonly TrialOutcome[]> => {
    const trials = some.map((one) => removalTrial(one, catalog))
    const outcomes = await workplace.run(trials)
    const refused = trials.flatMap(({ isWhole }, i) => (!isWhole && outcomes[i]!.ddlFault ? [i] : []))
    if (refused.length === 0) return outcomes
    const again = await workplace.run(
      refused.map((i): Trial => ({
        ddl: dropAll(some[i]!.rule.claims, catalog),
        experiments: trials[i]!.experiments,
      })),
    )
    return outcomes.map((outcome, i) => again[refused.indexOf(i)] ?? outcome)
  }
  const first = rules
    .filter((rule) => rule.green && rule.claims.length > 0)
    .map((rule) => ({ rule, asked: part(rule, 0, habits.first(rule.rule.kind, askedFirst)) }))
  const early = await removed(first)
  const found = new Map(first.map(({ rule }, i) => [rule, early[i]!]))
  const open = first.flatMap(({ rule, asked }) => {
    const outcome = found.get(rule)!
    const rest = part(rule, asked.experiments.length)
    if (outcome.ddlFault || rest.experiments.length === 0) return []
    return firstChange(asked, outcome) === null ? [{ rule, asked: rest }] : []
  })
  for (const [i, late] of (await removed(open)).entries()) {
    const { rule } = open[i]!
    const { observations } = found.get(rule)!
    found.set(rule, { ...late, observations: [...observations, ...late.observations] })
  }
  for (const { rule } of first) {
    const outcome = found.get(rule)!
    const change = outcome.ddlFault ? null : firstChange(part(rule, 0, outcome.observations.length), outcome)
    if (change) habits.note(rule.rule.kind, change.at + 1)
  }
  return found
}

/** Red evidence of every rule, in order. */
export const proveRed = async (
  parts: RedParts,
  rules: readonly GreenRule[],
): Promise<readonly RedEvidence[]> => {
  const outcomeOf = await withoutStructures(parts, rules)
  const evidence = await sideBySide(parts.workplace, rules, (workplace, rule) =>
    redOf({ ...parts, workplace }, rule, outcomeOf.get(rule) ?? null),
  )
  const plain = withoutPartitionNames(parts.catalog)
  return evidence.map((one) => ({ ...one, why: plain(one.why) }))
}
