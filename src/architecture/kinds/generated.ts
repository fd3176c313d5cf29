/** A column is computed from the others and cannot be written. */
import { structureId } from '../../ground/names.ts'
import { refuseEmpty } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { columnsOf, rulesSql, sqlOf, type SqlText } from '../sql-expression.ts'

export interface GeneratedRule extends DeclaredRule {
  readonly kind: 'generated'
  readonly column: string
  readonly expression: string
}

export interface GeneratedMethod<K extends string> {
  /**
   * A column is computed from the others of its row and is never written.
   *
   * @example
   * t.generated({ subtotal: 'quantity * unit_price' })
   * // "subtotal" … generated always as (quantity * unit_price) stored
   */
  generated<C extends K>(values: { readonly [P in C]: SqlText }): RuleSet<never, C, C>
}

export const makeGeneratedRules = (
  place: RulePlace,
  values: Readonly<Record<string, SqlText>>,
): readonly GeneratedRule[] => {
  refuseEmpty(place, 'generated', Object.keys(values), 'column')
  return Object.entries(values).map(([column, expression]) => ({
    kind: 'generated',
    id: structureId(place.table, 'generated', column),
    table: place.table,
    columns: [column, ...columnsOf(expression)],
    at: place.at,
    column,
    expression: sqlOf(expression),
    sql: rulesSql('columns', { generated: expression }),
  }))
}
