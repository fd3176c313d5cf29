/** A column takes exactly these labels. Declared by giving a column an enumType. */
import type { DeclaredRule } from '../rule.ts'

export interface EnumRule extends DeclaredRule {
  readonly kind: 'enum'
  readonly column: string
  /** As declared, maybe schema-qualified. */
  readonly type: string
  readonly labels: readonly string[]
}
