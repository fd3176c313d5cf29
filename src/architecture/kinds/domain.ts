/** A column takes exactly the values of a domain. Declared by giving a column a domainType. */
import type { DeclaredRule } from '../rule.ts'

export interface DomainRule extends DeclaredRule {
  readonly kind: 'domain'
  readonly column: string
  /** As declared, maybe schema-qualified. */
  readonly type: string
  readonly base: string
  readonly checks: readonly { readonly name: string | null; readonly expression: string }[]
  readonly required: boolean
}
