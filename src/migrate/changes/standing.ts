/** What stands around a change: dropped before it and made again after it, unless it is gone by then anyway. */
import type { Dependent, DependencyKey } from '../../catalog/dependency/dependency.ts'
import { aroundChange, listedAs, type Around } from '../../catalog/dependency/dependents.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'

/** What goes is gone before what it stands on is altered. */
const isGone = ({ kind, relation, name, structure }: Dependent, before: Catalog, after: Catalog): boolean => {
  if (structure !== undefined) return before.structures.has(structure) && !after.structures.has(structure)
  return (listedAs[kind] ?? []).some((listed) => {
    const had = before.of(relation ?? '', listed).find((s) => s.name === name)
    return had !== undefined && !after.structures.has(had.id)
  })
}

export const aroundStanding = (
  before: Catalog,
  after: Catalog,
  roots: readonly DependencyKey[],
  isTaken: (dependent: Dependent) => boolean,
): Around =>
  aroundChange(before, roots, (dependent) =>
    isTaken(dependent) && !isGone(dependent, before, after) ? 'remake' : 'keep',
  )

/** Rights and comments of something that was dropped and made again: no other change knows that they went with it. */
export const rightsAndComments = ({ id }: Structure, catalog: Catalog): readonly string[] =>
  [...catalog.structures.values()]
    .filter(({ kind, dependsOn }) => (kind === 'grant' || kind === 'comment') && dependsOn.includes(id))
    .flatMap((structure) => kindOfStructure(structure).create(structure, catalog))
