/** Reads what the planner of a database knows into one plain value. Works on PostgreSQL 14 to 18 and writes nothing. */
import type { RelationName } from '../../ground/names.ts'
import { relationId } from '../../ground/names.ts'
import type { Session } from '../../postgres/session.ts'
import { groupBy } from './group-by.ts'
import { noHead, readHeads } from './read-heads.ts'
import {
  statisticsFormat,
  type ColumnStatistics,
  type DatabaseStatistics,
  type ExtendedStatistics,
  type IndexStatistics,
  type Reference,
  type Spread,
  type StatisticsGap,
  type TableStatistics,
} from './statistics.ts'
import {
  columnsSql,
  extendedSql,
  indexesSql,
  referencesSql,
  settingsSql,
  tablesSql,
} from './statistics-sql.ts'

interface TableRow extends RelationName {
  readonly oid: number
  readonly kind: 'r' | 'p' | 'm'
  readonly rows: number
  readonly pages: number
  readonly visiblePages: number
  readonly parentSchema: string | null
  readonly parentName: string | null
  readonly isGuarded: boolean
}

interface ColumnRow extends Omit<ColumnStatistics, 'own' | 'whole'> {
  readonly oid: number
  readonly isReadable: boolean
  readonly inherited: boolean | null
  readonly null_frac: number
  readonly avg_width: number
  readonly n_distinct: number
  readonly correlation: number | null
  readonly most_common_vals: readonly string[] | null
  readonly most_common_freqs: readonly number[] | null
  readonly histogram_bounds: readonly string[] | null
  readonly most_common_elems: readonly string[] | null
  readonly most_common_elem_freqs: readonly number[] | null
  readonly elem_count_histogram: readonly number[] | null
  readonly range_length_histogram: readonly string[] | null
  readonly range_empty_frac: number | null
  readonly range_bounds_histogram: readonly string[] | null
}

export interface IndexRow extends Omit<IndexStatistics, 'head' | 'columns'> {
  readonly oid: number
  readonly table: number
  readonly file: string | null
}

interface ReferenceRow extends RelationName {
  readonly table: number
  readonly columns: readonly string[]
  readonly toColumns: readonly string[]
}

interface ExtendedRow extends RelationName {
  readonly table: number
  readonly keys: readonly number[]
  readonly isInherited: boolean
  readonly distinct: string | null
  readonly dependencies: string | null
  readonly hasCommon: boolean
  readonly hasExpressions: boolean
}

const spreadOf = (row: ColumnRow): Spread => ({
  nullShare: row.null_frac,
  width: row.avg_width,
  distinct: row.n_distinct,
  correlation: row.correlation,
  common: row.most_common_freqs === null ? null : row.most_common_vals,
  commonShares: row.most_common_vals === null ? null : row.most_common_freqs,
  bounds: row.histogram_bounds,
  elements: row.most_common_elems,
  elementShares: row.most_common_elems === null ? null : row.most_common_elem_freqs,
  elementCounts: row.elem_count_histogram,
  rangeLengths: row.range_length_histogram,
  rangeEmptyShare: row.range_empty_frac,
  rangeBounds: row.range_bounds_histogram,
})

/** One for each column; a column of a table with descendants comes in two rows. */
const columnsOf = (rows: readonly ColumnRow[]): readonly ColumnStatistics[] => {
  const byName = groupBy(rows, ({ name }) => name)
  return [...byName.values()].map((found) => {
    const { name, position, type, base, category, collation } = found[0]!
    const own = found.find(({ inherited }) => inherited === false)
    const whole = found.find(({ inherited }) => inherited === true)
    return {
      name,
      position,
      type,
      base,
      category,
      collation,
      own: own ? spreadOf(own) : null,
      whole: whole ? spreadOf(whole) : null,
    }
  })
}

/** `{"1, 2": 11, "1, 2 => 3": 0.5}` as the types print it. */
const itemsOf = (text: string | null): readonly (readonly [columns: number[], value: number])[] =>
  text === null
    ? []
    : Object.entries(JSON.parse(text) as Record<string, number>).map(([columns, value]) => [
        columns.split(/\s*(?:,|=>)\s*/u).map(Number),
        value,
      ])

const extendedOf = (row: ExtendedRow): ExtendedStatistics => ({
  schema: row.schema,
  name: row.name,
  isInherited: row.isInherited,
  distinct: itemsOf(row.distinct).map(([columns, count]) => ({ columns, count })),
  dependencies: itemsOf(row.dependencies).map(([columns, degree]) => ({ columns, degree })),
})

const gapsOfTable = (table: TableRow, columns: readonly ColumnRow[]): readonly StatisticsGap[] => {
  const of = relationId(table)
  if (table.rows < 0)
    return [{ code: 'statistics.not-analyzed', of, why: 'it was never analyzed: its rows are guessed' }]
  const missing = columns.filter(({ inherited }) => inherited === null)
  if (missing.length === 0 || (table.rows === 0 && table.kind !== 'p')) return []
  if (table.isGuarded)
    return [
      {
        code: 'statistics.not-readable',
        of,
        why: 'row-level security hides its statistics from this role: read as its owner or with BYPASSRLS',
      },
    ]
  return missing.map(({ name, isReadable }) =>
    isReadable
      ? { code: 'statistics.not-analyzed', of: `${of}.${name}`, why: 'ANALYZE has kept nothing of it' }
      : {
          code: 'statistics.not-readable',
          of: `${of}.${name}`,
          why: 'this role may not select it, so its statistics are hidden',
        },
  )
}

const gapsOfExtended = (rows: readonly ExtendedRow[]): readonly StatisticsGap[] =>
  rows
    .filter(({ hasCommon, hasExpressions }) => hasCommon || hasExpressions)
    .map((row) => ({
      code: 'statistics.not-carried',
      of: relationId(row),
      why: `PostgreSQL 18 cannot import ${row.hasExpressions ? 'extended statistics of expressions' : 'lists of common values of several columns'}`,
    }))

export interface ReadOptions {
  /** A server of Assay's own: pages are written out first, so that the heads of indexes are read as they are. */
  readonly mayCheckpoint?: boolean
}

/** Tables whose schema this role may not enter are read by size alone. */
export const readStatistics = async (
  db: Session,
  { mayCheckpoint = false }: ReadOptions = {},
): Promise<DatabaseStatistics> => {
  const server = Number((await db.query('show server_version_num')).at(-1)?.rows[0]?.[0])
  if (mayCheckpoint) await db.query('checkpoint')
  const tables = await db.json<TableRow>(tablesSql)
  const columns = groupBy(await db.json<ColumnRow>(columnsSql(Math.floor(server / 10_000))), ({ oid }) => oid)
  const indexRows = await db.json<IndexRow>(indexesSql)
  const heads = await readHeads(db, indexRows)
  const indexes = groupBy(indexRows, ({ table }) => table)
  const references = groupBy(await db.json<ReferenceRow>(referencesSql), ({ table }) => table)
  const extendedRows = await db.json<ExtendedRow>(extendedSql)
  const extended = groupBy(extendedRows, ({ table }) => table)
  const settings = await db.json<{ readonly name: string; readonly value: string }>(settingsSql)

  const indexOf = (row: IndexRow): IndexStatistics => ({
    schema: row.schema,
    name: row.name,
    method: row.method,
    isUnique: row.isUnique,
    keys: row.keys,
    included: row.included,
    isPartial: row.isPartial,
    rows: row.rows,
    pages: row.pages,
    head: heads.get(row.oid) ?? noHead,
    columns: columnsOf(columns.get(row.oid) ?? []),
  })
  const referenceOf = ({ columns: from, schema, name, toColumns }: ReferenceRow): Reference => ({
    columns: from,
    to: { schema, name },
    toColumns,
  })
  const tableOf = (row: TableRow): TableStatistics => ({
    schema: row.schema,
    name: row.name,
    kind: row.kind,
    partitionOf:
      row.parentSchema === null || row.parentName === null
        ? null
        : { schema: row.parentSchema, name: row.parentName },
    rows: row.rows,
    pages: row.pages,
    visiblePages: row.visiblePages,
    columns: columnsOf(columns.get(row.oid) ?? []),
    indexes: (indexes.get(row.oid) ?? []).map(indexOf),
    extended: (extended.get(row.oid) ?? []).map(extendedOf),
    unique: (indexes.get(row.oid) ?? []).flatMap(({ isUnique, isPartial, keys, included }) => {
      const key = keys.slice(0, keys.length - included)
      return isUnique && !isPartial && key.every((name) => name !== null) ? [key as readonly string[]] : []
    }),
    references: (references.get(row.oid) ?? []).map(referenceOf),
  })
  return {
    format: statisticsFormat,
    server,
    settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    tables: tables.map(tableOf),
    gaps: [
      ...tables.flatMap((table) => gapsOfTable(table, columns.get(table.oid) ?? [])),
      ...gapsOfExtended(extendedRows),
    ],
  }
}
