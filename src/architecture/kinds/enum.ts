/** A column takes exactly these labels. Declared by giving a column an enumType. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface EnumRule extends DeclaredRule {
  readonly kind: 'enum'
  readonly column: string
  /** As declared, maybe schema-qualified. */
  readonly type: string
  readonly labels: readonly string[]
}

export const makeEnumRule = (
  place: RulePlace,
  column: string,
  type: string,
  labels: readonly string[],
): EnumRule => ({
  kind: 'enum',
  id: structureId(place.table, 'enum', column),
  table: place.table,
  columns: [column],
  at: place.at,
  column,
  type,
  labels,
})
