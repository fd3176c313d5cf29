/** A column that a fragment brings into a table: spread like any other, it carries the fragment's rules with it. */
import type { AnyRuleSet, RuleFacts } from './rule-set.ts'
import type { Rules } from './rules.ts'
import type { UserType } from './user-type.ts'

/** One object for all columns of a fragment, so that its rules enter a table once. */
export interface FragmentRules {
  readonly write: (t: Rules<string>) => readonly AnyRuleSet[]
}

export interface FragmentColumn<T = unknown, Facts extends RuleFacts = RuleFacts> {
  readonly column: string | UserType | FragmentColumn
  readonly fragment: FragmentRules
  /** Exists for the compiler only. */
  readonly $column?: { readonly type: T; readonly facts: Facts }
}
