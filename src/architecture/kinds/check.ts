/** Every row satisfies an SQL expression (or leaves it unknown). */
import type { DeclaredRule } from '../rule.ts'

export interface CheckRule extends DeclaredRule {
  readonly kind: 'check'
  readonly name: string
  readonly expression: string
}
