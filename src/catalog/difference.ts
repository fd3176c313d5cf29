/** What one catalog has and another has not: drift, what a migration made, what a mutant changed. */
import type { Catalog, Structure } from './structure.ts'

/** One structure that is in a catalog. */
export interface Listed {
  readonly id: string
  readonly definition: string
}

export interface CatalogDifference {
  readonly made: readonly Listed[]
  readonly changed: readonly { readonly id: string; readonly before: string; readonly after: string }[]
  readonly gone: readonly Listed[]
}

const listed = ({ id, definition }: Structure): Listed => ({ id, definition })

const inOrder = (catalog: Catalog): readonly Structure[] =>
  [...catalog.structures.values()].toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))

/** Compared by id and definition, in order of id. */
export const difference = (before: Catalog, after: Catalog): CatalogDifference => ({
  made: inOrder(after)
    .filter((s) => !before.structures.has(s.id))
    .map(listed),
  changed: inOrder(before).flatMap(({ id, definition }) => {
    const now = after.structures.get(id)
    return now && now.definition !== definition ? [{ id, before: definition, after: now.definition }] : []
  }),
  gone: inOrder(before)
    .filter((s) => !after.structures.has(s.id))
    .map(listed),
})

export const isSame = ({ made, changed, gone }: CatalogDifference): boolean =>
  made.length + changed.length + gone.length === 0
