/** The figures of a proof, counted once from its results. */
import type { ProveSummary, RuleResult, StructureResult, Verdict } from './result.ts'
import { isUnshown } from './unshown.ts'

/** Counts; a rule is red when its red evidence is proven, green when all its experiments hold. */
export const summarize = (
  tables: number,
  rules: readonly RuleResult[],
  structures: readonly StructureResult[],
  seconds: ProveSummary['seconds'],
): ProveSummary => {
  const mutants = structures.flatMap((s) => s.mutants)
  const count = (verdict: Verdict): number => mutants.filter((m) => m.verdict === verdict).length
  const observed = rules.filter((rule) => rule.observed).length
  return {
    tables,
    structures: structures.length,
    rules: rules.length,
    ...(observed === 0 ? {} : { observed }),
    experiments: rules.reduce((n, rule) => n + rule.experiments.length, 0),
    red: rules.filter((rule) => rule.red?.proven).length,
    green: rules.filter((rule) => rule.green).length,
    unproven: structures.filter((s) => s.rules.length === 0 || isUnshown(s)).length,
    mutants: {
      made: mutants.length,
      killed: count('killed'),
      redundant: count('redundant'),
      equivalent: count('equivalent'),
      stillborn: count('stillborn'),
      survived: count('survived'),
      unsolved: count('unsolved'),
    },
    seconds,
  }
}
