/** A statement is served by an index: its plan on loaded rows needs it. */
import type { DeclaredRule } from '../rule.ts'

export interface IndexedRule extends DeclaredRule {
  readonly kind: 'indexed'
  /** Key parts in order. */
  readonly keys: readonly {
    readonly column: string | null
    readonly expression: string
    readonly descending: boolean
    readonly nulls: 'first' | 'last' | null
    readonly operatorClass: string | null
  }[]
  readonly using: string
  readonly include: readonly string[]
  readonly where: string | null
  /** The statement it serves, as SQL; null: derived from the keys. */
  readonly serves: string | null
}
