/** What a change has to wait for among the others. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Change, ChangeContext } from './change.ts'

const dependsOn = (change: Change, catalog: Catalog): readonly string[] =>
  change.covers.flatMap((id) => catalog.structures.get(id)?.dependsOn ?? [])

/** It takes the place of another of its name. */
export const isInPlaceOf = (made: Change, gone: Change): boolean =>
  made.does === 'make' &&
  gone.does === 'remove' &&
  made.table !== null &&
  made.table === gone.table &&
  made.kind !== 'column' &&
  gone.kind !== 'column' &&
  made.after?.name === gone.before?.name

/**
 * What is made or altered waits for what it stands on; what goes waits for what stood on it; and what is altered waits
 * for those that go, which might forbid it.
 */
export const needsOf = (
  changes: readonly Change[],
  { before, after }: Pick<ChangeContext, 'before' | 'after'>,
): ReadonlyMap<Change, readonly Change[]> => {
  const carriedBy = new Map(changes.flatMap((c) => c.covers.map((id) => [id, c] as const)))
  const needs = new Map<Change, Change[]>(changes.map((change) => [change, []]))
  const removed = changes.filter(({ does }) => does === 'remove')
  for (const change of changes) {
    if (change.does !== 'remove') {
      for (const id of dependsOn(change, after)) {
        const below = carriedBy.get(id)
        if (below && below !== change && below.does !== 'remove') needs.get(change)?.push(below)
      }
    }
    if (change.does === 'make') {
      needs.get(change)?.push(...removed.filter((gone) => isInPlaceOf(change, gone)))
      continue
    }
    for (const id of dependsOn(change, before)) {
      const below = carriedBy.get(id)
      if (!below || below === change) continue
      if (below.does === 'remove' || (below.does === 'alter' && change.does === 'remove'))
        needs.get(below)?.push(change)
    }
  }
  return needs
}

/** In the given order, but each after what it needs; circles end where they began. */
export const afterNeeds = (
  changes: readonly Change[],
  context: Pick<ChangeContext, 'before' | 'after'>,
): readonly Change[] => {
  const needs = needsOf(changes, context)
  const ordered = new Set<Change>()
  const open = new Set<Change>()
  const place = (change: Change): void => {
    if (ordered.has(change) || open.has(change)) return
    open.add(change)
    needs.get(change)?.forEach(place)
    ordered.add(change)
  }
  changes.forEach(place)
  return [...ordered]
}
