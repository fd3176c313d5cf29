/** What is wished of a filling: sizes, and how the values of single columns are spread. Pure values. */
import type { ColumnVolumeWish } from '../../architecture/volume.ts'

export interface VolumeWish {
  readonly seed: number
  /** Rows by relation id; tables that they need get sizes of their own. Empty: every table is filled. */
  readonly sizes: ReadonlyMap<string, number>
  /** By relation id, then by column. */
  readonly columns: ReadonlyMap<string, Readonly<Record<string, ColumnVolumeWish>>>
  /** Rows of tables that nothing points to, when no size is named. */
  readonly usual: number
  /** Tables that get no rows, unless they are named or others need them. */
  readonly leave: ReadonlySet<string>
  /** Rows of one transaction. */
  readonly chunk: number
}

const usualChunk = 20_000
const usualRows = 1_000

export const makeWish = (wish: Partial<VolumeWish> = {}): VolumeWish => ({
  seed: 1,
  sizes: new Map(),
  columns: new Map(),
  usual: usualRows,
  leave: new Set(),
  chunk: usualChunk,
  ...wish,
})
