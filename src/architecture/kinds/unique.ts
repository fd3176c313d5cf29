/** No two rows (that satisfy `where`) agree on all keys. */
import type { DeclaredRule } from '../rule.ts'

export interface UniqueRule extends DeclaredRule {
  readonly kind: 'unique'
  /** Key parts in order: a column's name, or an SQL expression such as `lower(email)`. */
  readonly keys: readonly { readonly column: string | null; readonly expression: string }[]
  readonly where: string | null
  readonly nullsNotDistinct: boolean
  readonly deferrable: 'no' | 'immediate' | 'deferred'
}
