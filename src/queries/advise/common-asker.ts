/**
 * Who asks, where no rows say who there is: whoever most rows are of, by the statistics. The planner looks at settings
 * when it expects rows, and of somebody without any it would expect none.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { relationId } from '../../ground/names.ts'
import type { DatabaseStatistics } from '../../rows/projected/statistics.ts'
import { isolationOf, settingsFor, type Isolation } from '../../rules/query/isolation.ts'

/** Needs `loadParser()`. */
export const settingsOfCommonAsker = (
  architecture: Architecture,
  catalog: Catalog,
  statistics: DatabaseStatistics,
): Readonly<Record<string, string>> => {
  const asking = new Map<string, string>()
  let first: Isolation | undefined
  for (const table of statistics.tables.toSorted((a, b) => b.rows - a.rows)) {
    const isolation = isolationOf(relationId(table), architecture, catalog)
    first ??= isolation
    for (const { column, field } of isolation?.columns ?? []) {
      const known = table.columns.find(({ name }) => name === column)
      const spread = known?.whole ?? known?.own ?? null
      const { common, bounds } = spread ?? { common: null, bounds: null }
      const value = common?.[0] ?? bounds?.[Math.floor(bounds.length / 2)]
      if (value !== undefined && !asking.has(field)) asking.set(field, value)
    }
  }
  return settingsFor(first, architecture, asking)
}
