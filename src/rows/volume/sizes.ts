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

/** Tables that a table's rows come to by its foreign keys, and by those of the tables that they lead to. */
const aboveOf = (order: FillOrder): ((id: string) => ReadonlySet<string>) => {
  const known = new Map<string, ReadonlySet<string>>()
  return (id) => {
    const ready = known.get(id)
    if (ready) return ready
    const above = new Set([id])
    for (const one of above) for (const { target } of order.references(one)) above.add(target)
    above.delete(id)
    known.set(id, above)
    return above
  }
}

export const sizesOf = (
  order: FillOrder,
  facts: ReadonlyMap<string, TableFacts>,
  { sizes: named, usual, leave }: Pick<VolumeWish, 'sizes' | 'usual' | 'leave'>,
): ReadonlyMap<string, number> => {
  const sizes = new Map(named)
  const above = aboveOf(order)
  for (const id of order.tables.toReversed()) {
    if (named.size === 0 && !sizes.has(id) && !leave.has(id)) sizes.set(id, usual)
    const own = sizes.get(id)
    if (own === undefined || own === 0) continue
    const led = order.references(id)
    /** The tenant of an order is that of its customer: so many customers, not so many orders, share one. */
    const isOnTheWay = (target: string): boolean =>
      led.some(
        (one) =>
          one.target !== target &&
          one.target !== id &&
          (named.get(one.target) ?? 1) > 0 &&
          above(one.target).has(target),
      )
    for (const { target, columns } of [...led, ...order.beside(id)]) {
      if (named.has(target) || target === id || isOnTheWay(target)) continue
      const parents = isOneToOne(facts.get(id)!, columns)
        ? own
        : Math.max(Math.min(fewestParents, own), Math.ceil(own / usualChildren))
      sizes.set(target, Math.max(sizes.get(target) ?? 0, parents))
    }
  }
  return sizes
}
