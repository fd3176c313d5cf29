/** A table or column carries a comment. */
import type { DeclaredRule } from '../rule.ts'

export interface SaysRule extends DeclaredRule {
  readonly kind: 'says'
  /** null: the table itself. */
  readonly column: string | null
  readonly text: string
}
