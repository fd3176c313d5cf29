/**
 * How many rows a table is expected to have, and how the values of its columns are spread: what `assay fill` writes.
 * Pure values; nothing of it is proven.
 */

/** Of one column; everything that is left out is as its name and type let expect. */
export interface ColumnVolumeWish {
  /** Share of rows in which it is null, 0 to 1. */
  readonly nulls?: number
  /** Zipf's law: the first values (or parents) are the most frequent; 0 for all alike, about 1 for many real ones. */
  readonly zipf?: number
  /** So many different values. */
  readonly distinct?: number
  /** All alike between two numbers. */
  readonly uniform?: readonly [from: number, to: number]
  /** Most near the mean. */
  readonly normal?: readonly [mean: number, deviation: number]
  /** In the order of the rows, the first the least: as moments of insertion are. */
  readonly rising?: true
  /** Each value as often as its number says. */
  readonly weights?: Readonly<Record<string, number>>
  /** Goes with another column of dates or timestamps: that moment and at most so many seconds more. */
  readonly after?: readonly [column: string, seconds: number]
}

/** Of one table. */
export interface TableVolumeWish {
  readonly rows?: number
  readonly columns?: Readonly<Record<string, ColumnVolumeWish>>
}
