/** Use case: the statistics of a live database, without its values. It is only read. */
import { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { relationId } from '../ground/names.ts'
import { readStatistics } from '../rows/projected/read-statistics.ts'
import { withStandIns } from '../rows/projected/stand-ins/stand-ins.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import { openLiveDatabase } from './adopt-live.ts'

export interface ExportStatisticsSettings {
  readonly url: string
  /** `table.column` ids whose values may leave as they are. */
  readonly publicColumns: readonly string[]
}

const unknownColumns = (unknown: readonly string[], known: readonly string[]): AssayError =>
  new AssayError(`There is no column ${unknown.join(', ')}.`, {
    code: 'statistics.unknown-column',
    exit: 2,
    asked: `--public ${unknown.join(' ')}`,
    found: `${known.length} columns, none of that name.${didYouMean(unknown[0] ?? '', known)}`,
    mend: 'Name columns as rules do: orders.status, or sales.orders.status outside of public.',
  })

/** Throws AssayError. */
export const exportStatistics = async ({
  url,
  publicColumns,
}: ExportStatisticsSettings): Promise<DatabaseStatistics> => {
  const live = await openLiveDatabase(url, 'assay statistics')
  try {
    return await live.read(async () => {
      const statistics = await readStatistics(live.db)
      // `Sales 2.orders.country` is `"Sales 2".orders.country`, as queries name it.
      const idsOf = new Map<string, string>(
        statistics.tables.flatMap((table) =>
          table.columns.map(
            ({ name }) => [`${table.schema}.${table.name}.${name}`, `${relationId(table)}.${name}`] as const,
          ),
        ),
      )
      const known: readonly string[] = [...idsOf.values()]
      const ids = publicColumns.map((one) => (known.includes(one) ? one : (idsOf.get(one) ?? one)))
      const unknown = ids.filter((id) => !known.includes(id))
      if (unknown.length > 0) throw unknownColumns(unknown, known)
      return withStandIns(live.db, statistics, new Set(ids))
    })
  } finally {
    await live.close()
  }
}
