/** A column refuses null. One rule per column. */
import { structureId } from '../../ground/names.ts'
import { refuseEmpty } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface RequiredRule extends DeclaredRule {
  readonly kind: 'required'
  readonly column: string
}

export interface RequiredMethod<K extends string> {
  /**
   * These columns refuse null. Columns that are not named here, in the primary key or as identity take it.
   *
   * @example
   * t.required('slug', 'name')  // "slug" … not null, "name" … not null
   */
  required<C extends K>(...columns: readonly C[]): RuleSet<C>
}

export const makeRequiredRules = (
  place: RulePlace,
  ...columns: readonly string[]
): readonly RequiredRule[] => {
  refuseEmpty(place, 'required', columns, 'column')
  return columns.map((column) => ({
    kind: 'required',
    id: structureId(place.table, 'required', column),
    table: place.table,
    columns: [column],
    at: place.at,
    column,
  }))
}
