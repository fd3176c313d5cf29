/** A column refuses null. One rule per column. */
import type { DeclaredRule } from '../rule.ts'

export interface RequiredRule extends DeclaredRule {
  readonly kind: 'required'
  readonly column: string
}
