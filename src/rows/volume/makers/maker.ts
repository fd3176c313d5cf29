/** What every family of makers gives: the text of value number `i` of a column, in the form that PostgreSQL reads. */
import type { Column } from '../../../catalog/table.ts'
import type { Kin } from './kin.ts'

/** What a maker needs to know of a column; plain data. */
export interface MakerColumn extends Pick<Column, 'name' | 'modifier' | 'labels'> {
  /** Of the value itself, or of an array's elements, without its schema. */
  readonly bareType: string
  readonly isArray: boolean
  /** What the table is called: a `name` in `cities` is that of a city. */
  readonly table: string
}

export interface Maker {
  /** Another number gives another value, below `capacity`. */
  readonly make: (i: number) => string
  /** So many different values there are at most. */
  readonly capacity: number
  /** So many such a column usually has. */
  readonly variety: number
  /** Values near the middle are likelier than those at the ends. */
  readonly isBell?: boolean
  /** Seconds between two numbers, where the values are moments. */
  readonly seconds?: number
  /** What of a whole it is, and what the column's name says before it: `billing` of `billing_city`. */
  readonly kin?: Kin & { readonly of: string }
}

/** One family: a file each with the same verbs. */
export interface MakerFamily {
  readonly serves: (column: MakerColumn) => boolean
  readonly maker: (column: MakerColumn, wish: MakerWish) => Maker
}

export interface MakerWish {
  /** Each row has another value: then the number has to be seen in it. */
  readonly isDistinct: boolean
}

/** Numbers below 100 with two digits: times and cents are put together from them. */
export const twoDigits: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))

/** The words of a name, however they are put together. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
