/** A column holds values of its SQL type and nothing else. Declared by naming the column's type. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface TypeRule extends DeclaredRule {
  readonly kind: 'type'
  readonly column: string
  /** The SQL type as declared: `varchar(100)`, `numeric(10,2)[]`, `order_status`. */
  readonly type: string
}

export const makeTypeRule = (place: RulePlace, column: string, type: string): TypeRule => ({
  kind: 'type',
  id: structureId(place.table, 'type', column),
  table: place.table,
  columns: [column],
  at: place.at,
  column,
  type,
})
