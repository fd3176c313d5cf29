/** A column may be null: what is not required. Declared by silence, one rule per such column. */
import type { DeclaredRule } from '../rule.ts'

export interface OptionalRule extends DeclaredRule {
  readonly kind: 'optional'
  readonly column: string
}
