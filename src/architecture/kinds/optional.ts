/** A column may be null: what is not required. Declared by silence, one rule per such column. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface OptionalRule extends DeclaredRule {
  readonly kind: 'optional'
  readonly column: string
}

export const makeOptionalRule = (place: RulePlace, column: string): OptionalRule => ({
  kind: 'optional',
  id: structureId(place.table, 'optional', column),
  table: place.table,
  columns: [column],
  at: place.at,
  column,
})
