/** The rules that a declaration's builder answered; what is no rule is reported. */
import { declarationFault, type AnyRuleSet, type RulePlace } from './rule-set.ts'
import type { DeclaredRule } from './rule.ts'

const isRuleSet = (set: unknown): set is AnyRuleSet =>
  typeof set === 'object' && set !== null && 'rules' in set && Array.isArray(set.rules)

export const rulesWritten = (place: RulePlace, sets: readonly unknown[]): readonly DeclaredRule[] =>
  sets.flatMap((set) => {
    if (isRuleSet(set)) return set.rules
    place.refuse(
      declarationFault(
        place,
        'not-a-rule',
        `${place.table}: among the rules is something that is none (${typeof set}).`,
        'Give calls of t only, such as t.required(…); spread lists of rules with three dots.',
      ),
    )
    return []
  })
