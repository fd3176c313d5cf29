/** holds: a statement over many rows never finds a violation, also when two sessions write at once. */
import type { DeclaredRule } from '../rule.ts'

export interface HoldsRule extends DeclaredRule {
  readonly kind: 'holds'
  readonly sentence: string
  /** A select that returns the violating rows: none, ever. */
  readonly violations: string
  /** Statements that press against the rule, tried again and again; empty: inserts of solved rows. */
  readonly writes: readonly string[]
  readonly by: readonly string[]
}
