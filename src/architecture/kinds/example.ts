/** accepts / rejects: a row that must be taken, or refused with a SQLSTATE. The escape hatch where no kind fits. */
import type { DeclaredRule } from '../rule.ts'

export interface AcceptsRule extends DeclaredRule {
  readonly kind: 'accepts'
  readonly sentence: string
  /** Column → SQL expression; what is left out is solved. */
  readonly row: Readonly<Record<string, string>>
  /** Structures (ids, or `trigger:name` of this table) that exist because of it. */
  readonly by: readonly string[]
}

export interface RejectsRule extends DeclaredRule {
  readonly kind: 'rejects'
  readonly sentence: string
  readonly row: Readonly<Record<string, string>>
  readonly sqlstate: string
  readonly by: readonly string[]
}
