/**
 * Two indexes of one shape have ids in the order of their names: one that is built takes the id of the one that stood.
 * Between two catalogs of the same database an index is the one that has its name.
 */
import type { Catalog, Structure } from '../../../catalog/structure.ts'

const isIndex = ({ kind }: Structure): boolean => kind === 'unique' || kind === 'index'

const nameOf = ({ kind, table, name }: Structure): string => JSON.stringify([kind, table, name])

/** `catalog`, where each index that stands in `model` has the id that it has there. */
export const idsAs = (catalog: Catalog, model: Catalog): Catalog => {
  const known = new Map(
    [...model.structures.values()].filter(isIndex).map((one) => [nameOf(one), one.id] as const),
  )
  const own = [...catalog.structures.values()].filter(isIndex)
  const taken = new Set(own.flatMap((one) => known.get(nameOf(one)) ?? []))
  const ids = new Map(
    own.map((one) => {
      const bare = one.id.endsWith(`#${one.name}`) ? one.id.slice(0, -one.name.length - 1) : one.id
      return [one.id, known.get(nameOf(one)) ?? (taken.has(one.id) ? `${bare}#${one.name}` : one.id)] as const
    }),
  )
  if ([...ids].every(([from, to]) => from === to)) return catalog
  const structures = [...catalog.structures.values()].map((one): Structure => {
    const dependsOn = one.dependsOn.map((id) => ids.get(id) ?? id)
    return { ...one, id: ids.get(one.id) ?? one.id, dependsOn }
  })
  return {
    ...catalog,
    structures: new Map(structures.map((one) => [one.id, one])),
    of: (table, kind) =>
      structures.filter((one) => one.table === table && (kind === undefined || one.kind === kind)),
  }
}
