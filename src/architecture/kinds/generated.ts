/** A column is computed from the others and cannot be written. */
import type { DeclaredRule } from '../rule.ts'

export interface GeneratedRule extends DeclaredRule {
  readonly kind: 'generated'
  readonly column: string
  readonly expression: string
}
