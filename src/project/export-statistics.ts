/** Use case: the statistics of a live database, without its values. It is only read. */
import { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { relationId } from '../ground/names.ts'
import { readStatistics } from '../rows/projected/read-statistics.ts'
import { columnId, withStandIns } from '../rows/projected/stand-ins/stand-ins.ts'
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
    found: `none of the columns there is called so.${didYouMean(unknown[0] ?? '', known)}`,
    mend: 'Name columns as rules do: orders.status, or sales.orders.status outside of public.',
  })

const severalColumns = (text: string, ids: readonly string[]): AssayError =>
  new AssayError(`${text} may be several columns.`, {
    code: 'statistics.unknown-column',
    exit: 2,
    asked: `--public ${text}`,
    found: ids.join(' and '),
    why: 'the values of one that nobody meant would leave, too',
    mend: `Write one of them with its quotes: --public '${ids[0]!}'`,
  })

/** Every way to name a column → the columns that it may be: `Sales 2.orders.country` is `"Sales 2".orders.country`, too. */
const namedColumns = ({ tables }: DatabaseStatistics): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>()
  for (const table of tables)
    for (const { name } of table.columns) {
      const id = columnId(table, name)
      const texts = [id, `${relationId(table)}.${name}`, `${table.schema}.${table.name}.${name}`]
      for (const text of new Set(texts)) found.set(text, [...(found.get(text) ?? []), id])
    }
  // What is written out in full is that column, whatever else could be called so.
  for (const [text, ids] of found) if (ids.includes(text)) found.set(text, [text])
  return found
}

/** The rows of a partitioned table stand in its partitions: what is public of it is public of them. */
const withPartitions = (ids: readonly string[], { tables }: DatabaseStatistics): ReadonlySet<string> => {
  const found = new Set(ids)
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const table of tables)
      for (const { name } of table.columns)
        if (table.partitionOf !== null && found.has(columnId(table.partitionOf, name)))
          found.add(columnId(table, name))
  }
  return found
}

/** Throws AssayError. */
export const exportStatistics = async ({
  url,
  publicColumns,
}: ExportStatisticsSettings): Promise<DatabaseStatistics> => {
  const live = await openLiveDatabase(url, 'assay statistics')
  try {
    return await live.read(async () => {
      const statistics = await readStatistics(live.db)
      const meant = namedColumns(statistics)
      const unknown = publicColumns.filter((text) => !meant.has(text))
      if (unknown.length > 0) throw unknownColumns(unknown, [...new Set([...meant.values()].flat())])
      const ids = publicColumns.map((text): string => {
        const [id, ...others] = meant.get(text)!
        if (others.length > 0) throw severalColumns(text, [id!, ...others])
        return id!
      })
      return withStandIns(live.db, statistics, withPartitions(ids, statistics))
    })
  } finally {
    await live.close()
  }
}
