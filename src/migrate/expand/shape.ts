/**
 * A change of shape that two applications live through at once: what goes, what comes, and how each is told from the
 * other. It is what `phase.json` beside each of its migrations says.
 */
import type { RelationName } from '../../ground/names.ts'

export const phases = ['expand', 'backfill', 'switch', 'contract', 'forget'] as const
export type Phase = (typeof phases)[number]

/** A column of one side, and its value as SQL over the columns of the other. */
export interface SideColumn {
  readonly name: string
  readonly type: string
  readonly sql: string
  /** What stands where it is left out; of a new column only what is the same for every row. Absent: nothing. */
  readonly default?: string
  /** Where it is left out it draws a number, or another value that no second row has. */
  readonly isDrawn?: true
}

interface Named {
  /** `orders_code_to_slug`: its migrations, its trigger and its function are called so. */
  readonly name: string
  /** As the table is called in the end. */
  readonly table: RelationName
}

/** Columns beside columns: both sides have names of their own, or one and the same. */
export interface ColumnsShape extends Named {
  readonly kind: 'rename' | 'type' | 'reshape'
  readonly olds: readonly SideColumn[]
  readonly news: readonly SideColumn[]
  /** Types that the new columns have and that nobody has made yet. */
  readonly types: readonly TypeToMake[]
}

export interface TypeToMake {
  readonly create: string
  readonly drop: string
}

/** A column that may be missing, and shall not: what fills it for whoever leaves it out. */
export interface RequiredShape extends Named {
  readonly kind: 'required'
  readonly column: string
  readonly fill: string
}

/** A column that is required, and may be missing from now on. */
export interface OptionalShape extends Named {
  readonly kind: 'optional'
  readonly column: string
}

/** A table under another name, and a view under the old one. */
export interface TableShape extends Named {
  readonly kind: 'rename-table'
  readonly from: RelationName
}

/** A key and all columns that point to it, of another type under their names; what is pointed to comes first. */
export interface KeyShape extends Named {
  readonly kind: 'key'
  /** One for each table. */
  readonly parts: readonly ColumnsShape[]
}

export type Shape = ColumnsShape | RequiredShape | OptionalShape | TableShape | KeyShape

/** Two sides under one name change places in the switch; others stand beside each other until the old one goes. */
export const isSwapped = ({ olds, news }: Pick<ColumnsShape, 'olds' | 'news'>): boolean =>
  olds.some((old) => news.some(({ name }) => name === old.name))

/** One phase as it is written: an ordinary migration. */
export interface PhaseText {
  readonly phase: Phase
  readonly up: string
  /** null: it says itself that there is no way back. */
  readonly down: string | null
  /** Further files beside them, by name. */
  readonly files: Readonly<Record<string, string>>
  /** Ids of structures that stand only while the change lasts. */
  readonly temporary: readonly string[]
}
