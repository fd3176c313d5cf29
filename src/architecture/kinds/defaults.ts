/** A column left out of an insert gets this expression's value. One rule per column. */
import { structureId } from '../../ground/names.ts'
import { refuseEmpty } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { rulesSql } from '../sql-expression.ts'

export interface DefaultsRule extends DeclaredRule {
  readonly kind: 'defaults'
  readonly column: string
  readonly expression: string
}

export interface DefaultsMethod<K extends string> {
  /**
   * A column that is left out of an insert gets the value of this SQL expression.
   *
   * @example
   * t.defaults({ metadata: `'{}'`, created_at: 'now()' })
   * // "metadata" … default '{}', "created_at" … default now()
   */
  defaults<C extends K>(values: { readonly [P in C]: string }): RuleSet<never, C>
}

export const makeDefaultsRules = (
  place: RulePlace,
  values: Readonly<Record<string, string>>,
): readonly DefaultsRule[] => {
  refuseEmpty(place, 'defaults', Object.keys(values), 'column')
  return Object.entries(values).map(([column, expression]) => ({
    kind: 'defaults',
    // Named as the catalog names the structure.
    id: structureId(place.table, 'default', column),
    table: place.table,
    columns: [column],
    at: place.at,
    column,
    expression,
    sql: rulesSql('nothing', { default: expression }),
  }))
}
