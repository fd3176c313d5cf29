/**
 * What rows a database is filled with, as plain data: every value of every row is a function of the seed, the table and
 * the row's number, counted from 0. compile.ts makes the functions.
 */
import type { RelationName } from '../../ground/names.ts'
import type { Kin } from './makers/kin.ts'
import type { MakerColumn } from './makers/maker.ts'

/** How numbers below some bound are drawn: all alike, most near the middle, or the first ones most often. */
export type Law =
  | { readonly kind: 'even' }
  | { readonly kind: 'bell'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'zipf'; readonly exponent: number }

/** A number that no other column has a say in. */
export type WholeNumber =
  /** Row 0 has `offset`, each later one `stride` more. */
  | { readonly kind: 'row'; readonly stride: number; readonly offset: number }
  /** The row's number in another order. */
  | { readonly kind: 'shuffled' }
  | { readonly kind: 'drawn'; readonly from: number; readonly variety: number; readonly law: Law }

/** Numbers that count: of all rows, or of those of one parent. */
export type CountedNumber =
  | Extract<WholeNumber, { readonly kind: 'row' }>
  /** The row's place among those of its parent. */
  | { readonly kind: 'rank'; readonly link: number }

/** The number that a column's maker is given. */
export type NumberSource =
  | WholeNumber
  | CountedNumber
  /** Of each `period` numbers only those at the places that are kept. */
  | {
      readonly kind: 'comb'
      readonly of: CountedNumber
      readonly period: number
      readonly kept: readonly number[]
    }
  /** That of another column of moments, and up to `most` seconds more. */
  | { readonly kind: 'after'; readonly column: string; readonly most: number }
  /** A part of a whole that other columns of the row have parts of: they share its salt, and so its number. */
  | { readonly kind: 'part'; readonly kin: Kin; readonly salt: string; readonly of: WholeNumber }
  /** The least in the first row, the greatest in the last. */
  | { readonly kind: 'rising'; readonly from: number; readonly variety: number }
  /** One digit of the row's number, written with other bases than ten: columns that are only distinct together. */
  | { readonly kind: 'digit'; readonly unit: number; readonly base: number }

export type Source =
  | { readonly kind: 'none' }
  | { readonly kind: 'made'; readonly number: NumberSource; readonly isDistinct: boolean }
  /** Column `at` of one of the table's pools: columns that share a pool are of one tuple. */
  | { readonly kind: 'pool'; readonly pool: number; readonly at: number }
  | { readonly kind: 'link'; readonly link: number; readonly column: string }
  /** The row's place among those of its parent. */
  | { readonly kind: 'rank'; readonly link: number }
  /** A text that is taken, with the row's number at one place. */
  | { readonly kind: 'numbered'; readonly before: string; readonly after: string; readonly digits: number }
  /** A text of which each place has one of some letters: all combinations, each once. */
  | { readonly kind: 'lettered'; readonly letters: readonly (readonly string[])[] }

export interface ColumnVolume {
  readonly column: MakerColumn
  readonly source: Source
  /** Share of rows that have none. */
  readonly nulls: number
}

/** Which row of another table a row points to. */
export type Pick =
  /** Some parents have more children than others: Zipf's law with this exponent, 0 for none. */
  | { readonly kind: 'spread'; readonly skew: number; readonly isOrdered: boolean }
  /** Each parent once. */
  | { readonly kind: 'once' }
  /** Pairs of different rows, each once: one of two links leads to the earlier, the other to the later row. */
  | { readonly kind: 'pair'; readonly isHigh: boolean }
  /** Each row of one parent another one. */
  | { readonly kind: 'ranked'; readonly by: number }
  /**
   * One that has the same ancestor as the row that link `by` leads to: `up` are the links from there to the ancestor,
   * `down` those that are walked back to the target, the ancestor's children first.
   */
  | {
      readonly kind: 'within'
      readonly by: number
      readonly up: readonly { readonly table: string; readonly link: number }[]
      readonly down: readonly { readonly table: string; readonly link: number }[]
    }
  /** An earlier row of the same chunk, and block; the first row of a block points to itself, or is null. */
  | { readonly kind: 'earlier'; readonly fan: number; readonly block?: number }
  /** An earlier row of the same chunk that has the same parent by another link, which lays its children side by side. */
  | { readonly kind: 'sibling'; readonly by: number; readonly fan: number }
  /** The row of a table of the same circle that stands beside it: written in the same chunk, or in an earlier one. */
  | { readonly kind: 'beside' }
  /** A row of which this one is the ancestor; `down` as above. */
  | { readonly kind: 'below'; readonly down: readonly { readonly table: string; readonly link: number }[] }

export interface Link {
  readonly name: string
  readonly target: string
  readonly pick: Pick
  readonly nulls: number
  /** The columns are null at first: the target is filled later. */
  readonly isLater?: true
}

/** Columns that are null at first, and are set when the rows that they name are there. */
export interface LaterVolume {
  /** Of the table's links. */
  readonly link: number
  /** Columns by which a row is found again. */
  readonly key: readonly string[]
  readonly columns: readonly ColumnVolume[]
}

/** Tuples that PostgreSQL has taken, as it writes them. */
export interface Pool {
  readonly columns: readonly string[]
  readonly tuples: readonly (readonly (string | null)[])[]
  /** By the row's number, or by its place among those of its parent (the link's number): then none comes twice. */
  readonly by: 'chance' | 'row' | number
  /** Of each tuple; null: all alike. */
  readonly weights: readonly number[] | null
}

export interface TableVolume extends RelationName {
  readonly id: string
  readonly count: number
  /** Its rows were there before: they are pointed to, and none is added. */
  readonly stands?: true
  /** Generated columns are left out. */
  readonly columns: readonly ColumnVolume[]
  readonly links: readonly Link[]
  readonly pools: readonly Pool[]
  readonly later?: readonly LaterVolume[]
}

export interface VolumePlan {
  readonly seed: number
  /** Rows of one transaction. */
  readonly chunk: number
  /** In the order in which they are filled: parents first. */
  readonly tables: readonly TableVolume[]
  /** Tables that require one another: their rows are written together. */
  readonly circles?: readonly (readonly string[])[]
}
