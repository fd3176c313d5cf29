/** Every row satisfies an SQL expression (or leaves it unknown). */
import { structureId } from '../../ground/names.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { columnsOf, rulesSql, sqlOf, type SqlText } from '../sql-expression.ts'

export interface CheckRule extends DeclaredRule {
  readonly kind: 'check'
  readonly name: string
  readonly expression: string
}

export interface CheckMethod {
  /**
   * Every row satisfies this SQL expression, or leaves it unknown.
   *
   * @example
   * t.check('price_not_negative', 'price >= 0')
   * // constraint "price_not_negative" check (price >= 0)
   */
  check(name: string, expression: SqlText): RuleSet
}

export const makeCheckRules = (place: RulePlace, name: string, expression: SqlText): readonly CheckRule[] => [
  {
    kind: 'check',
    id: structureId(place.table, 'check', name),
    table: place.table,
    columns: columnsOf(expression),
    at: place.at,
    name,
    expression: sqlOf(expression),
    sql: rulesSql('columns', { check: expression }),
  },
]
