/** How one side of a key is told from the other: by an expression over the same row, or by the row that it points to. */
import type { ColumnsShape } from '../shape.ts'
import type { Stand } from '../sides.ts'
import type { WalkedTable } from '../walk.ts'

/** Rows of a table that are filled by one statement. */
export interface Fill {
  readonly part: ColumnsShape
  readonly set: readonly { readonly column: string; readonly value: string }[]
  readonly condition: string
}

export interface Teller {
  /** Statements that make the function of a table's trigger. */
  sync(part: ColumnsShape, stand: Stand): readonly string[]
  /** Rows of which the sides do not say the same: the side that follows at this stand is wrong. */
  differing(part: ColumnsShape, stand: Stand): string
  /** Refuse before anything stands. */
  checks(tables: readonly WalkedTable[]): readonly string[]
  /** In their order: what is looked up is filled before. */
  readonly fills: readonly Fill[]
  /** Its triggers read rows of other tables: the columns of all stand before the first of them. */
  readonly readsOthers: boolean
  /** Sentences of the heads of its phases. */
  readonly says: {
    readonly expand: readonly string[]
    readonly switch: readonly string[]
    /** Why nobody misses the new columns. */
    readonly loses: string
  }
}
