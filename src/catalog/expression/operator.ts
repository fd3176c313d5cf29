/** One way to break an expression, as the files of operators give it. */
import type { ParseNode, Place } from './tree.ts'
import type { MutantEffect } from '../structure.ts'

/** One thing that can stand at a place instead. */
export interface Replacement {
  readonly detail: string
  readonly node: ParseNode
  /** Whether more or less gets through at this place; for a value, what that does to the condition around it. */
  readonly effect: MutantEffect
  /** Instead of "… becomes …". */
  readonly summary?: string
}

export interface ExpressionOperator {
  readonly operator: string
  /** Whose more or less `effect` tells: the place's own by default. */
  readonly tellsOf?: 'condition'
  /** Nothing where it does not fit. */
  at(place: Place): readonly Replacement[]
}
