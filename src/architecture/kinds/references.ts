/** Every row points to an existing row of another table (or of its own), or to none. */
import type { DeclaredRule } from '../rule.ts'

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export interface ReferencesRule extends DeclaredRule {
  readonly kind: 'references'
  /** `columns` of the base are the referencing ones, in order. */
  /** Relation id of the referenced table. */
  readonly target: string
  /** Referenced columns; empty: the target's primary key. */
  readonly targetColumns: readonly string[]
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
  readonly match: 'simple' | 'full'
  readonly deferrable: 'no' | 'immediate' | 'deferred'
}
