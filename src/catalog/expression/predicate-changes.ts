/** The WHERE of a partial key, index or exclusion constraint broken: more rows under it is more that is refused. */
import { expressionMutants } from './expressions.ts'
import type { MutantEffect } from '../structure.ts'

export interface PredicateChange {
  readonly does: string
  readonly details: readonly string[]
  readonly effect: MutantEffect
  readonly summary: string
  readonly predicate: string | null
}

const overRows: Readonly<Record<MutantEffect, MutantEffect>> = {
  weakened: 'strengthened',
  strengthened: 'weakened',
  changed: 'changed',
  removed: 'strengthened',
}

export const predicateChanges = (predicate: string | null): readonly PredicateChange[] => {
  if (predicate === null) return []
  const dropped: PredicateChange = {
    does: 'predicate-dropped',
    details: [],
    effect: 'strengthened',
    summary: 'holds for all rows, not only for some',
    predicate: null,
  }
  const broken = expressionMutants(predicate).map(({ operator, detail, sql, summary, effect }) => ({
    does: `predicate-${operator}`,
    details: [detail],
    effect: overRows[effect],
    summary: `where ${summary}`,
    predicate: sql,
  }))
  return [dropped, ...broken]
}
