/** Two rows may have the same value: what no key keeps apart. A control, which a key that is added by mistake breaks. */
import { structureId } from '../../ground/names.ts'
import { refuseEmpty } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface RepeatsRule extends DeclaredRule {
  readonly kind: 'repeats'
}

export interface RepeatsMethod<K extends string> {
  /**
   * Two rows may have the same value in each of these columns. Nothing keeps it but the absence of a key, so that it
   * is broken by one that somebody adds.
   *
   * @example
   * t.repeats('name', 'price')  // no unique ("name"), no unique ("price")
   */
  repeats(...columns: readonly K[]): RuleSet
}

export const makeRepeatsRules = (place: RulePlace, ...columns: readonly string[]): readonly RepeatsRule[] => {
  refuseEmpty(place, 'repeats', columns, 'column')
  return [
    {
      kind: 'repeats',
      id: structureId(place.table, 'repeats', ...columns),
      table: place.table,
      columns,
      at: place.at,
    },
  ]
}
