/** No two rows (that satisfy `where`) conflict under all operators at once. */
import type { DeclaredRule } from '../rule.ts'

export interface ExcludesRule extends DeclaredRule {
  readonly kind: 'excludes'
  readonly elements: readonly {
    readonly column: string | null
    readonly expression: string
    readonly operator: string
  }[]
  /** Index method, gist by default. */
  readonly using: string
  readonly where: string | null
  readonly deferrable: 'no' | 'immediate' | 'deferred'
}
