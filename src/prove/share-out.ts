/** Work shared by workplaces: whoever is free takes the next item, and the answers come in the order of the items. */
import type { Workplace } from './workplace.ts'
import type { BoundRule } from './bind.ts'

/** Groups of rules of one table, so that workers share whole tables. */
export const byTable = <T extends BoundRule>(rules: readonly T[]): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>()
  for (const rule of rules) {
    const group = groups.get(rule.rule.table)
    if (group) group.push(rule)
    else groups.set(rule.rule.table, [rule])
  }
  return [...groups.values()]
}

/** The most laborious first, so that no workplace is left alone with them. */
export const shareOut = async <T, R, P = Workplace>(
  places: readonly P[],
  items: readonly T[],
  work: (place: P, item: T) => Promise<R>,
  onDone: (done: number) => void,
  labour: (item: T) => number = () => 0,
): Promise<R[]> => {
  const results = Array.from<R>({ length: items.length })
  const order = items
    .map((item, i) => ({ i, labour: labour(item) }))
    .toSorted((a, b) => b.labour - a.labour)
    .map(({ i }) => i)
  let next = 0
  let done = 0
  const workOn = async (place: P): Promise<void> => {
    try {
      while (next < items.length) {
        const i = order[next++]!
        results[i] = await work(place, items[i]!)
        onDone(++done)
      }
    } catch (cause) {
      // The others finish what they are at, and begin nothing more.
      next = items.length
      throw cause
    }
  }
  const ended = await Promise.allSettled(places.map(workOn))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return results
}
