/**
 * Who asks, where no rows say who there is: whoever most rows are of, by the statistics. The planner looks at settings
 * when it expects rows, and of somebody without any it would expect none.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { relationId } from '../../ground/names.ts'
import type { DatabaseStatistics } from '../../rows/projected/statistics.ts'
import { isolationOf, settingsFor, type Isolation } from '../../rules/query/isolation.ts'

/** Of a column the value that most rows have; undefined: nothing is known of it. */
const commonValue = (statistics: DatabaseStatistics, table: string, column: string): string | undefined => {
  const known = statistics.tables
    .find((one) => relationId(one) === table)
    ?.columns.find(({ name }) => name === column)
  const { common, bounds } = known?.whole ?? known?.own ?? { common: null, bounds: null }
  return common?.[0] ?? bounds?.[Math.floor(bounds.length / 2)]
}

/** Needs `loadParser()`. */
export const settingsOfCommonAsker = (
  architecture: Architecture,
  catalog: Catalog,
  statistics: DatabaseStatistics,
): Readonly<Record<string, string>> => {
  const asking = new Map<string, string>()
  let first: Isolation | undefined
  for (const table of statistics.tables.toSorted((a, b) => b.rows - a.rows)) {
    const id = relationId(table)
    const isolation = isolationOf(id, architecture, catalog)
    first ??= isolation
    const told = [
      ...(isolation?.columns ?? []).map(({ column, field }) => ({ field, table: id, column })),
      ...(isolation?.members ?? []).flatMap(({ who, field }) => (who === null ? [] : [{ field, ...who }])),
    ]
    for (const { field, table: of, column } of told) {
      const value = asking.has(field) ? undefined : commonValue(statistics, of, column)
      if (value !== undefined) asking.set(field, value)
    }
  }
  return settingsFor(first, architecture, asking)
}
