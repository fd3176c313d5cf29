/** Rows are told apart by these columns, which are never null. */
import type { DeclaredRule } from '../rule.ts'

export interface PrimaryKeyRule extends DeclaredRule {
  readonly kind: 'primaryKey'
  /** `columns` of the base, in key order. */
}
