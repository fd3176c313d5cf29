/** A column numbers its rows by itself. */
import type { DeclaredRule } from '../rule.ts'

export interface IdentityRule extends DeclaredRule {
  readonly kind: 'identity'
  readonly column: string
  /** `always` refuses a value that is given (428C9); `by default` takes it. */
  readonly generation: 'always' | 'by default'
}
