/** How many rows each table gets: those that are named, and as many parents as such rows usually have. Pure. */
import type { TableFacts } from '../facts.ts'
import type { FillOrder } from './order.ts'
import type { VolumeWish } from './wish.ts'

/** Children of one parent. */
const usualChildren = 10
const fewestParents = 10

/** Whether rows and what they point to are one to one. */
const isOneToOne = (facts: TableFacts, columns: readonly string[]): boolean =>
  facts.keys.some(
    ({ plain, predicate }) =>
      plain !== null && predicate === null && plain.every((name) => columns.includes(name)),
  )

export const sizesOf = (
  order: FillOrder,
  facts: ReadonlyMap<string, TableFacts>,
  { sizes: named, usual, leave }: Pick<VolumeWish, 'sizes' | 'usual' | 'leave'>,
): ReadonlyMap<string, number> => {
  const sizes = new Map(named)
  for (const id of order.tables.toReversed()) {
    if (named.size === 0 && !sizes.has(id) && !leave.has(id)) sizes.set(id, usual)
    const own = sizes.get(id)
    if (own === undefined || own === 0) continue
    for (const { target, columns } of [...order.references(id), ...order.beside(id)]) {
      if (named.has(target) || target === id) continue
      const parents = isOneToOne(facts.get(id)!, columns)
        ? own
        : Math.max(Math.min(fewestParents, own), Math.ceil(own / usualChildren))
      sizes.set(target, Math.max(sizes.get(target) ?? 0, parents))
    }
  }
  return sizes
}
