/** A column left out of an insert gets this expression's value. One rule per column. */
import type { DeclaredRule } from '../rule.ts'

export interface DefaultsRule extends DeclaredRule {
  readonly kind: 'defaults'
  readonly column: string
  readonly expression: string
}
