/** Which tables are drawn at first: those around one table, without going through tables that everything refers to. */
import type { SiteDiagramTable } from '../../report/site-model.ts'

/** More neighbours than this, and a table (tenants, users) says nothing about what belongs together. */
const hub = 12
/** A reader takes in about this many. */
const most = 24

export type Neighbours = ReadonlyMap<string, ReadonlySet<string>>

/** Both ways, without references to itself or to tables that are not drawn. */
export const neighboursOf = (tables: readonly SiteDiagramTable[]): Neighbours => {
  const found = new Map(tables.map(({ id }) => [id, new Set<string>()]))
  for (const { id, references } of tables)
    for (const { table } of references) {
      if (table === id || !found.has(table)) continue
      found.get(id)?.add(table)
      found.get(table)?.add(id)
    }
  return found
}

/** Nearest first, at most `limit`; a hub is shown, and what lies behind it is not. */
export const domainOf = (neighbours: Neighbours, start: string, limit = most): readonly string[] => {
  const found = new Set([start])
  for (const id of found) {
    const near = neighbours.get(id) ?? new Set()
    if (id !== start && near.size > hub) continue
    for (const other of near) {
      if (found.size >= limit) return [...found]
      found.add(other)
    }
  }
  return [...found]
}

const urgency: Readonly<Record<SiteDiagramTable['state'], number>> = {
  red: 3,
  unsolved: 2,
  awaited: 1,
  green: 0,
  unseen: 0,
}

/** Where to look first: what is red, else what has most neighbours and is no hub. */
export const startOf = (tables: readonly SiteDiagramTable[], neighbours: Neighbours): string => {
  const worth = ({ id, state }: SiteDiagramTable): number => {
    const near = neighbours.get(id)?.size ?? 0
    return urgency[state] * 1_000 + (near > hub ? 0 : near)
  }
  let best = tables[0]
  for (const table of tables) if (best && worth(table) > worth(best)) best = table
  return best?.id ?? ''
}
