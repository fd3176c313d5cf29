/** SQL of a declaration that PostgreSQL does not take. */
import type { DeclaredRule } from '../architecture/rule.ts'
import type { PgFault } from '../postgres/fault.ts'

/** Declared SQL that PostgreSQL refuses, and for which rules. */
export interface RefusedSql {
  readonly rule: DeclaredRule
  readonly sql: string
  /** `position` counts from the start of `sql`, 1-based; null when PostgreSQL gave none. */
  readonly fault: PgFault
  /** It is a whole statement; absent: an expression over the columns of the rule's table. */
  readonly isStatement?: true
}
