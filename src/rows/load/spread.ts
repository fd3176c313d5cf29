/** How the values of a column repeat among the loaded rows, from the part that it plays in the table's keys. */
import type { Column, Table } from '../../catalog/table.ts'
import type { LoadKey } from './keys.ts'
import type { NumberSql } from './values.ts'

/** `distinct`: every row another value, rising with the row's number; a number: that many values, scattered. */
export type Spread = 'distinct' | number

/**
 * Values of a leading key column: fifty of 10,000 rows share one. Enough that rows of one value are not found as
 * cheaply by reading another index in its order, few enough that the order among them is worth an index.
 */
const leadingValues = 200
/** Values of what gin, gist, spgist and hash find: about ten rows share one. */
const searchedValues = 1_000

/** Booleans and enums have too few values to keep the rows of a key apart. */
const canBeMany = (column: Column | undefined): boolean =>
  column !== undefined && column.labels === null && column.baseType !== 'boolean'

/** The column that keeps a unique key's rows apart: its last that has enough values. */
const carrierOf = (table: Table, key: LoadKey, taken: ReadonlySet<string>): string | undefined =>
  key.parts
    .flatMap((part) => part.columns)
    .findLast((name) => !taken.has(name) && canBeMany(table.columns.find((c) => c.name === name)))

/** What statements need of the rows that they are planned on. */
export interface Repeats {
  /**
   * By relation id and column: how many values come again and again, for the sake of statements that ask for one of
   * them. `inTurn`: row by row, so that columns of one row and of rows that reference each other go together.
   * `isDeclared`: statistics that say so are proven, and nobody else tells the planner.
   */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, Repeat>>
  /** By relation id: conditions over its columns that statements and policies state; some rows have to meet them. */
  readonly conditions: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Repeat {
  readonly values: number
  readonly inTurn: boolean
  readonly isDeclared?: true
}

/** The spread of every column; `taken` columns have their values from elsewhere. */
export const spreadsOf = (
  table: Table,
  keys: readonly LoadKey[],
  taken: ReadonlySet<string>,
  repeats?: Repeats,
): ReadonlyMap<string, Spread> => {
  const spreads = new Map<string, Spread>()
  // The first word stands: a later key only says something of columns that none before it spoke of.
  const say = (column: string | undefined, spread: Spread): void => {
    if (column !== undefined && !spreads.has(column)) spreads.set(column, spread)
  }
  for (const key of keys.filter((k) => k.isUnique)) say(carrierOf(table, key, taken), 'distinct')
  for (const [column, { values }] of repeats?.columns.get(table.id) ?? []) say(column, values)
  for (const key of keys.filter((k) => k.method === 'brin')) {
    for (const column of key.parts.flatMap((p) => p.columns)) say(column, 'distinct')
  }
  for (const key of keys) {
    const [leading] = key.parts
    const values = key.method === 'btree' ? leadingValues : searchedValues
    for (const column of leading?.columns ?? []) say(column, values)
  }
  for (const key of keys.filter((k) => k.method !== 'btree')) {
    for (const column of key.parts.flatMap((p) => p.columns)) say(column, searchedValues)
  }
  for (const key of keys.filter((k) => k.parts.length > 1)) {
    for (const column of key.parts.at(-1)?.columns ?? []) say(column, 'distinct')
  }
  for (const column of table.columns) say(column.name, leadingValues)
  return spreads
}

/** A prime beyond every row number, so that scattering repeats no number. */
const prime = 1_000_003

/** The number of a row's value, over `n`. `salt` keeps columns apart: their values go together by chance only. */
export const spreadNumber = (spread: Spread, salt: number): NumberSql =>
  spread === 'distinct' ? 'n' : `(n * ${48_271 + 7_919 * salt} % ${prime} % ${spread})`

/** The same without scattering: row after row. */
export const numberInTurn = (spread: Spread): NumberSql => (spread === 'distinct' ? 'n' : `(n % ${spread})`)
