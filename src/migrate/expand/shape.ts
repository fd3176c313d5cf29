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
  /** Of a domain over texts what its values are cast to: a cast to the domain itself would cut them off. Absent: the type. */
  readonly cast?: string
  /** What stands where it is left out; of a new column only what is the same for every row. Absent: nothing. */
  readonly default?: string
  /** Where it is left out it draws a number, or another value that no second row has. */
  readonly isDrawn?: true
  /** The expression by which PostgreSQL computes the one of both that stands: nobody writes it. */
  readonly computed?: string
}

interface Named {
  /** `orders_code_to_slug`: its migrations, its trigger and its function are called so. */
  readonly name: string
  /** As the table is called in the end. */
  readonly table: RelationName
}

/**
 * Columns beside columns: both sides have names of their own, or one and the same. In place: the columns that stand get the
 * new names in the switch, with all that stands on them, and those beside them the old ones.
 */
export interface ColumnsShape extends Named {
  readonly kind: 'rename' | 'rename-in-place' | 'type' | 'reshape'
  readonly olds: readonly SideColumn[]
  readonly news: readonly SideColumn[]
  /** Types that the new columns have and that nobody has made yet. */
  readonly types: readonly TypeToMake[]
  /** Columns of each key that stands twice while the change lasts, by their old names. Absent: none. */
  readonly keys?: readonly (readonly string[])[]
  /** Where the new columns are null, the old ones say otherwise: `array[lat, lon]` of two nulls is a value. */
  readonly nullComesBack?: true
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
  /** Absent: each side of a row is told from the other by an expression. */
  readonly drawn?: DrawnKey
  /** Views that are made anew beside the old ones, and change names with the columns; what is read comes first. Absent: none. */
  readonly views?: readonly TwinView[]
}

export interface TwinView extends RelationName {
  readonly materialized: boolean
}

/** Values of which none is told by the other: drawn where the row is made, looked up wherever it is pointed to. */
export interface DrawnKey {
  readonly heads: readonly DrawnHead[]
  /** In the order in which they can be looked up. */
  readonly followers: readonly Follower[]
}

/** A column whose values are drawn, each side by itself. */
export interface DrawnHead {
  readonly table: RelationName
  readonly column: string
  /** SQL that draws a value of the side. */
  readonly olds: string
  readonly news: string
  /** What the new column is declared to draw by itself; null: applications bring its values. */
  readonly preset: string | null
}

/** A column whose value another row says. */
export interface Follower {
  readonly table: RelationName
  readonly column: string
  readonly target: RelationName
  /** The column of that row whose value it has. */
  readonly says: string
  /** Which row it is: columns of both, equal on either side. */
  readonly by: readonly KeyPair[]
  /** Of its foreign key: without a null in them it has to point to a row. */
  readonly pointing: readonly string[]
  /** How far it is from where the value is drawn: 1 reads it there. */
  readonly step: number
}

export interface KeyPair {
  readonly own: string
  readonly target: string
  /** Types of the target's column. */
  readonly olds: string
  readonly news: string
}

/** A column that stands in one table before the change and in the other one after it, of the same type. */
export interface MovedColumn {
  /** Its name in the table that stays, and in the one that comes or goes. */
  readonly home: string
  readonly other: string
  readonly type: string
  /** What the column at home has where it is left out, the same in every row. */
  readonly homeDefault?: string
  /** The same of the other column. */
  readonly otherDefault?: string
  /** What the other table puts where it has nothing and may not: another value for each row, perhaps. */
  readonly otherFill?: string
}

export interface CopiedColumn extends SideColumn {
  /** Columns at home that its expression names. */
  readonly reads: readonly { readonly name: string; readonly type: string }[]
}

/** Columns that move to a table of their own, which has at most one row for each row of the first; or back from there. */
export interface MoveShape extends Named {
  readonly kind: 'move'
  /** The table that comes (`out`) or goes (`in`); `table` is the one that stays. */
  readonly other: RelationName
  readonly direction: 'out' | 'in'
  /** The key of both tables, column by column. */
  readonly key: readonly { readonly home: string; readonly other: string }[]
  readonly columns: readonly MovedColumn[]
  /** Columns of the other table, by that name, without which it has no row; none: a row stands where any is not null. */
  readonly required: readonly string[]
  /** Whether the other row may be inserted before the one at home: its foreign key can be deferred. */
  readonly mayComeFirst: boolean
  /** Whether the other row goes with the one at home by its own foreign key: no trigger does what a rule asks of that. */
  readonly isTakenAlong: boolean
  /** Further columns of the other table that are told from a row at home, one way. */
  readonly copies: readonly CopiedColumn[]
  /** Further columns of the other table, and what stands there where nobody wrote. */
  readonly untouched: readonly { readonly column: string; readonly type: string; readonly sql: string }[]
  /** Whether row-level security says who sees which row: then what is copied is what it goes by. */
  readonly isGuarded: boolean
  /** Those of both tables whose row-level security binds their owner, too. */
  readonly bound: readonly RelationName[]
  readonly types: readonly TypeToMake[]
}

export type Shape = ColumnsShape | RequiredShape | OptionalShape | TableShape | KeyShape | MoveShape

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

/** Tables of two schemas may have one name, and so what becomes of them. */
export const changeKey = ({ table, name }: Shape): string => JSON.stringify([table.schema, name])
