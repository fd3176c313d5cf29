/**
 * What a planner knows of a database, as one plain JSON value: sizes, spreads of columns, forms of indexes, settings.
 * Read by read-statistics.ts, changed by scale/ and stand-ins/, restored by projection.ts.
 */
import type { RelationName } from '../../ground/names.ts'

/** How the values of one column (or of an index's expression) are spread, as pg_stats tells it. Values are texts. */
export interface Spread {
  readonly nullShare: number
  /** Bytes, on average. */
  readonly width: number
  /** As in pg_stats: below zero it is a share of the rows, and grows with them. */
  readonly distinct: number
  readonly correlation: number | null
  readonly common: readonly string[] | null
  readonly commonShares: readonly number[] | null
  readonly bounds: readonly string[] | null
  readonly elements: readonly string[] | null
  readonly elementShares: readonly number[] | null
  readonly elementCounts: readonly number[] | null
  readonly rangeLengths: readonly string[] | null
  readonly rangeEmptyShare: number | null
  readonly rangeBounds: readonly string[] | null
}

export interface ColumnStatistics {
  readonly name: string
  readonly position: number
  /** As format_type prints it; for a domain `base` is the type below it. */
  readonly type: string
  readonly base: string
  /** N: number, D: date or time, S: text, E: enum, B: boolean, A: array, R: range … (pg_type.typcategory). */
  readonly category: string
  /** The collation of a text, null where there is none. */
  readonly collation: string | null
  /** Its values are none of the database's: they stand in their order, and are equal where those are (stand-ins/). */
  readonly isStandIn?: true
  /** Of the rows of this relation alone. */
  readonly own: Spread | null
  /** Of these rows and those of all partitions or descendants. */
  readonly whole: Spread | null
}

/** What the planner reads from an index's first page. null: not known, and guessed. */
export interface IndexHead {
  /** Levels of a B-tree above its leaves. */
  readonly height: number | null
  readonly gin: { readonly entryPages: number; readonly dataPages: number; readonly entries: number } | null
}

export interface IndexStatistics extends RelationName {
  readonly method: string
  readonly isUnique: boolean
  /** In order; null is an expression. */
  readonly keys: readonly (string | null)[]
  readonly included: number
  readonly isPartial: boolean
  readonly rows: number
  readonly pages: number
  readonly head: IndexHead
  /** Spreads of its expressions. */
  readonly columns: readonly ColumnStatistics[]
}

/** What `create statistics` made. Lists of common values of several columns cannot be carried over. */
export interface ExtendedStatistics extends RelationName {
  readonly isInherited: boolean
  readonly distinct: readonly { readonly columns: readonly number[]; readonly count: number }[]
  readonly dependencies: readonly { readonly columns: readonly number[]; readonly degree: number }[]
}

export interface Reference {
  readonly columns: readonly string[]
  readonly to: RelationName
  readonly toColumns: readonly string[]
}

export interface TableStatistics extends RelationName {
  /** r: table, p: partitioned, m: materialized view. */
  readonly kind: 'r' | 'p' | 'm'
  readonly partitionOf: RelationName | null
  /** -1: never analyzed. */
  readonly rows: number
  readonly pages: number
  readonly visiblePages: number
  readonly columns: readonly ColumnStatistics[]
  readonly indexes: readonly IndexStatistics[]
  readonly extended: readonly ExtendedStatistics[]
  /** Columns of keys: no two rows have the same. */
  readonly unique: readonly (readonly string[])[]
  readonly references: readonly Reference[]
}

/** Something that the planner of the source knows and this value does not. */
export interface StatisticsGap {
  readonly code:
    'statistics.not-analyzed' | 'statistics.not-readable' | 'statistics.not-carried' | 'statistics.removed'
  /** A relation, or `relation.column`. */
  readonly of: string
  readonly why: string
}

export const statisticsFormat = 1

export interface DatabaseStatistics {
  readonly format: typeof statisticsFormat
  /** server_version_num of the source. */
  readonly server: number
  /** What plans depend on, as pg_settings gives it (with its unit). */
  readonly settings: Readonly<Record<string, string>>
  readonly tables: readonly TableStatistics[]
  readonly gaps: readonly StatisticsGap[]
}
