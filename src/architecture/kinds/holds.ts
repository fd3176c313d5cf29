/** holds: a statement over many rows never finds a violation, also when two sessions write at once. */
import { structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { structuresOf, type ByOption } from './example.ts'

export interface HoldsRule extends DeclaredRule {
  readonly kind: 'holds'
  readonly sentence: string
  /** A select that returns the violating rows: none, ever. */
  readonly violations: string
  /** Statements that press against the rule, tried again and again; empty: inserts of solved rows. */
  readonly writes: readonly string[]
  readonly by: readonly string[]
}

export interface HoldsOptions extends ByOption {
  /** Statements that press against the rule; left out: inserts of solved rows. */
  readonly writes?: string | readonly string[]
}

export interface HoldsMethod {
  /**
   * A select of the violating rows never finds one, also when two sessions write at the same time.
   *
   * @example
   * t.holds('a tenant has at most ten users', `
   *   select tenant_id from users group by tenant_id having count(*) > 10
   * `, { by: 'trigger:at_most_ten' })
   * // the select, after two sessions have written in every forced order
   */
  holds(sentence: string, violations: string, options?: HoldsOptions): RuleSet
}

export const makeHoldsRules = (
  place: RulePlace,
  sentence: string,
  violations: string,
  options: HoldsOptions = {},
): readonly HoldsRule[] => {
  refuseUnknownKeys(place, 'holds', options, ['writes', 'by'])
  const writes = typeof options.writes === 'string' ? [options.writes] : (options.writes ?? [])
  return [
    {
      kind: 'holds',
      id: structureId(place.table, 'holds', sentence),
      table: place.table,
      columns: [],
      at: place.at,
      sentence,
      violations,
      writes,
      by: structuresOf(options),
      sql: [violations, ...writes].map((text, i) => ({
        part: i === 0 ? 'violations' : 'writes',
        text,
        names: 'statement',
      })),
    },
  ]
}
