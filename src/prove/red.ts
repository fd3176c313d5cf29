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
import type { GreenRule } from './green.ts'
import { changeBetween } from './judge.ts'
import type { Trial, TrialOutcome } from './runner.ts'
import type { Workplace } from './workplace.ts'

export type RedEvidence = NonNullable<RuleResult['red']>

/** Drops in an order in which nothing is missed by those that depend on it: dependents first. */
const dropClaims = (rule: GreenRule, catalog: Catalog): readonly string[] => {
  const claimed = rule.claims.map((id) => catalog.structures.get(id)!)
  const depth = (id: string): number =>
    catalog.dependents(id).filter((d) => rule.claims.includes(d.id)).length
  return claimed
    .toSorted((a, b) => depth(a.id) - depth(b.id))
    .flatMap((s) => kindOfStructure(s).drop(s, catalog))
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

const proveByMutants = async (
  workplace: Workplace,
  rule: GreenRule,
  mutants: readonly Mutant[],
): Promise<RedEvidence | null> => {
  const trials = mutants.map((m) => ({ ddl: m.ddl, experiments: rule.experiments }))
  const outcomes = await workplace.run(trials)
  for (const [i, mutant] of mutants.entries()) {
    const outcome = outcomes[i]!
    const found = outcome.ddlFault ? null : firstChange(rule, outcome)
    if (found) return provenBy(rule, found, `when ${mutant.summary}`)
  }
  return null
}

/** Evidence that one rule was red without what it asks for. */
const redOf = async (
  workplace: Workplace,
  rule: GreenRule,
  catalog: Catalog,
  removed: TrialOutcome | null,
): Promise<RedEvidence> => {
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
    if (found) return provenBy(rule, found, 'without its structures')
  }
  // A control is turned around by a broken function, not by the absence of the trigger that calls it.
  const owned = withWhatTheyNeed(catalog, rule.claims)
  const own = await proveByMutants(workplace, rule, otherMutants(owned, catalog))
  if (own) return own
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

/** Red evidence of every rule, in order. */
export const proveRed = async (
  workplace: Workplace,
  rules: readonly GreenRule[],
  catalog: Catalog,
): Promise<readonly RedEvidence[]> => {
  const trialOf = new Map<GreenRule, Trial>()
  for (const rule of rules) {
    if (!rule.green || rule.claims.length === 0) continue
    trialOf.set(rule, { ddl: dropClaims(rule, catalog), experiments: rule.experiments })
  }
  const outcomes = await workplace.run([...trialOf.values()])
  const outcomeOf = new Map([...trialOf.keys()].map((rule, i) => [rule, outcomes[i]!]))
  const evidence: RedEvidence[] = []
  for (const rule of rules) evidence.push(await redOf(workplace, rule, catalog, outcomeOf.get(rule) ?? null))
  const plain = withoutPartitionNames(catalog)
  return evidence.map((one) => ({ ...one, why: plain(one.why) }))
}
