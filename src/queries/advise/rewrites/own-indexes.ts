/** Indexes that a statement asks for as it is put otherwise: some rewrites help with one of these only. */
import type { Catalog } from '../../../catalog/structure.ts'
import { draftText, type Candidate, type Ground } from '../candidate.ts'
import { proposeAll } from '../propose.ts'
import { shapesOf } from '../statement-shape.ts'
import type { QueryAttempt, Tryable } from './rewrite.ts'

/** Each is built and run. */
const mostTried = 12

/** `known`: what is proposed already, which keeps its names. Needs `loadParser()`. */
export const withIndexes = (
  attempts: readonly QueryAttempt[],
  catalog: Catalog,
  ground: Ground,
  known: readonly Candidate[],
): readonly Tryable[] => {
  const all = [...known]
  return attempts.map(({ query, attempt }) => {
    // What stands on a policy is no statement of its own.
    if (attempt.added === undefined) return { query, attempt, indexes: [] }
    const { id, asApplication } = query.rule
    const shapes = shapesOf({ of: id, sql: attempt.after, isGuarded: asApplication }, catalog)
    const asked = new Set(
      proposeAll(shapes, new Set([id]), catalog, ground).map(({ draft }) => draftText(draft)),
    )
    all.push(...proposeAll(shapes, new Set([id]), catalog, ground, all))
    const indexes = all.filter(({ draft }) => draft.what === 'index' && asked.has(draftText(draft)))
    return { query, attempt, indexes: indexes.slice(0, mostTried) }
  })
}
