/** Which structures a migration changed, and which of them later ones changed once more. */
import { difference } from '../../catalog/difference.ts'
import type { Catalog } from '../../catalog/structure.ts'

export const changedIds = (before: Catalog, after: Catalog): ReadonlySet<string> => {
  const { made, changed, gone } = difference(before, after)
  return new Set([...made, ...changed, ...gone].map(({ id }) => id))
}

/** Ids that a migration changed and that are another now than it left them. */
export const changedSince = (before: Catalog, after: Catalog, now: Catalog): readonly string[] => {
  const own = changedIds(before, after)
  return [...changedIds(after, now)].filter((id) => own.has(id))
}
