/**
 * RED: with exactly a rule's structures absent, at least one of its experiments changes its outcome. A rule made of
 * controls only (an optional column) is proven by a mutant that strengthens: it must turn one of them around.
 */
import type { Catalog, Mutant } from '../catalog/structure.ts'
import { keysAdded } from '../catalog/key-added.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import { withoutPartitionNames } from '../catalog/partition-words.ts'
import { withWhatTheyNeed } from './bind.ts'
import { kindOf } from '../rules/kinds.ts'
import type { RuleResult } from './result.ts'
import { isSameCause, namedBy } from './verdict.ts'
import type { GreenRule } from './green.ts'
import type { NoticedRemovals } from './noticed-removals.ts'
import { changeBetween } from './judge.ts'
import type { Trial, TrialOutcome } from './runner.ts'
import type { Workplace } from './workplace.ts'

export type RedEvidence = NonNullable<RuleResult['red']>

interface RedParts {
  readonly workplace: Workplace
  readonly catalog: Catalog
  /** Told of what is noticed when exactly a rule's structures are absent. */
  readonly noticed: NoticedRemovals
}

/** Drops in an order in which nothing is missed by those that depend on it: dependents first. */
const dropAll = (ids: readonly string[], catalog: Catalog): readonly string[] => {
  const claimed = ids.map((id) => catalog.structures.get(id)!)
  const depth = (id: string): number => catalog.dependents(id).filter((d) => ids.includes(d.id)).length
  return claimed
    .toSorted((a, b) => depth(a.id) - depth(b.id))
    .flatMap((s) => kindOfStructure(s).drop(s, catalog))
}

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
    const sets = whatElseRefuses(rule, outcome, catalog)
      .map((set) => [...new Set([...gone, ...set])])
      .filter((all) => all.length > gone.length)
    const outcomes = await workplace.run(
      sets.map((all) => ({ ddl: dropAll(all, catalog), experiments: rule.experiments })),
    )
    const made = sets.flatMap((all, i) => (outcomes[i]!.ddlFault ? [] : [{ all, outcome: outcomes[i]! }]))
    for (const one of made) {
      const found = firstChange(rule, one.outcome)
      const others = one.all.filter((id) => !rule.claims.includes(id)).join(', ')
      if (found) return provenBy(rule, found, `without its structures and ${others}, which refuse the same`)
    }
    const next = made[0]
    if (!next) return null
    ;[gone, outcome] = [next.all, next.outcome]
  }
  return null
}

const firstChange = (
  rule: GreenRule,
  outcome: TrialOutcome,
): { experiment: string; change: string } | null => {
  for (const [i, result] of rule.results.entries()) {
    if (!result.holds) continue
    const change = changeBetween(result.experiment, result.observed, outcome.observations[i]!)
    if (change !== null) return { experiment: result.experiment.id, change }
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

const proveByMutants = async (
  workplace: Workplace,
  rule: GreenRule,
  mutants: readonly Mutant[],
): Promise<RedEvidence | null> => {
  let size = firstAsked
  for (let from = 0; from < mutants.length; from += size / growth) {
    const some = mutants.slice(from, from + size)
    const outcomes = await workplace.run(some.map(({ ddl }) => ({ ddl, experiments: rule.experiments })))
    for (const [i, mutant] of some.entries()) {
      const outcome = outcomes[i]!
      const found = outcome.ddlFault ? null : firstChange(rule, outcome)
      if (found) return provenBy(rule, found, `when ${mutant.summary}`)
    }
    size *= growth
  }
  return null
}

/** Evidence that one rule was red without what it asks for. */
const redOf = async (
  parts: RedParts,
  rule: GreenRule,
  removed: TrialOutcome | null,
): Promise<RedEvidence> => {
  const { workplace, catalog } = parts
  if (rule.missing !== null) return { proven: true, experiment: null, why: rule.missing }
  const failing = rule.results.find((r) => !r.holds)
  if (failing) return { proven: true, experiment: failing.experiment.id, why: failing.difference! }
  if (rule.experiments.length === 0) {
    return { proven: false, experiment: null, why: 'no experiment could be written for it' }
  }
  if (kindOf(rule.rule).isWithoutKey) {
    const added = rule.claims.flatMap((id) => keysAdded(catalog.structures.get(id)!, catalog))
    const byKey = await proveByMutants(workplace, rule, added)
    if (byKey) return byKey
  }
  if (removed && !removed.ddlFault) {
    const found = firstChange(rule, removed)
    if (found) {
      const { experiment } = rule.results.find((r) => r.experiment.id === found.experiment)!
      parts.noticed.note(rule.rule.id, dropAll(rule.claims, catalog), experiment)
      return provenBy(rule, found, 'without its structures')
    }
  }
  // A control is turned around by a broken function, not by the absence of the trigger that calls it.
  const owned = withWhatTheyNeed(catalog, rule.claims)
  const own = await proveByMutants(workplace, rule, otherMutants(owned, catalog))
  if (own) return own
  if (removed && !removed.ddlFault) {
    const together = await proveTogether(parts, rule, removed)
    if (together) return together
  }
  // Nothing of its own can be taken away alone (a primary key implies its NOT NULL; a rule of controls claims
  // nothing): then what stands beside it on the table is broken instead.
  if (rule.claims.length === 0 || removed?.ddlFault) {
    const beside = catalog
      .of(rule.rule.table)
      .map((s) => s.id)
      .filter((id) => !rule.claims.includes(id))
    const other = await proveByMutants(workplace, rule, otherMutants(beside, catalog))
    if (other) return other
  }
  const why = removed?.ddlFault
    ? `PostgreSQL does not let its structures go: ${removed.ddlFault.message}`
    : 'none of its experiments changes when its structures are taken away'
  return { proven: false, experiment: null, why }
}

/** The first are mostly the ones that notice: the others are asked only then. */
const askedFirst = 2

/** Each rule's structures taken away: what its first experiments answer, or all of them where those notice nothing. */
const withoutStructures = async (
  workplace: Workplace,
  rules: readonly GreenRule[],
  catalog: Catalog,
): Promise<ReadonlyMap<GreenRule, TrialOutcome>> => {
  const removed = async (some: readonly GreenRule[], count?: number): Promise<readonly TrialOutcome[]> =>
    workplace.run(
      some.map((rule): Trial => ({
        ddl: dropAll(rule.claims, catalog),
        experiments: rule.experiments.slice(0, count),
      })),
    )
  const asked = rules.filter((rule) => rule.green && rule.claims.length > 0)
  const outcomes = await removed(asked, askedFirst)
  const found = new Map(asked.map((rule, i) => [rule, outcomes[i]!]))
  const open = asked.filter((rule) => {
    const outcome = found.get(rule)!
    if (outcome.ddlFault || rule.experiments.length <= askedFirst) return false
    return firstChange({ ...rule, results: rule.results.slice(0, askedFirst) }, outcome) === null
  })
  for (const [i, outcome] of (await removed(open)).entries()) found.set(open[i]!, outcome)
  return found
}

/** Red evidence of every rule, in order. */
export const proveRed = async (
  workplace: Workplace,
  rules: readonly GreenRule[],
  catalog: Catalog,
  noticed: NoticedRemovals,
): Promise<readonly RedEvidence[]> => {
  const outcomeOf = await withoutStructures(workplace, rules, catalog)
  const evidence: RedEvidence[] = []
  for (const rule of rules)
    evidence.push(await redOf({ workplace, catalog, noticed }, rule, outcomeOf.get(rule) ?? null))
  const plain = withoutPartitionNames(catalog)
  return evidence.map((one) => ({ ...one, why: plain(one.why) }))
}
