/** Rows are told apart by these columns, which are never null. */
import { structureId } from '../../ground/names.ts'
import { refuseEmpty } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface PrimaryKeyRule extends DeclaredRule {
  readonly kind: 'primaryKey'
  /** `columns` of the base, in key order. */
}

export interface PrimaryKeyMethod<K extends string> {
  /**
   * Rows are told apart by these columns; none of them is ever null.
   *
   * @example
   * t.primaryKey('id')                   // primary key ("id")
   * t.primaryKey('order_id', 'line_no')  // primary key ("order_id", "line_no")
   */
  primaryKey<C extends K>(...columns: readonly C[]): RuleSet<C>
}

export const makePrimaryKeyRules = (
  place: RulePlace,
  ...columns: readonly string[]
): readonly PrimaryKeyRule[] => {
  refuseEmpty(place, 'primaryKey', columns, 'column')
  return [
    {
      kind: 'primaryKey',
      id: structureId(place.table, 'primaryKey', ...columns),
      table: place.table,
      columns,
      at: place.at,
    },
  ]
}
