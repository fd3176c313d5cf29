/** Phrases that the sentences and titles of several kinds share. */
import type { RelationName } from '../ground/names.ts'

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

/** An SQL expression short enough for a title. */
export const shortened = (sql: string, limit = 60): string => {
  const line = sql.replaceAll(/\s+/gu, ' ')
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`
}

/** `price 5, name 'x'`: the columns of a row that a title speaks of. */
export const pictured = (row: Readonly<Record<string, string>>, columns: readonly string[]): string =>
  columns.map((c) => `${c} ${shortened(row[c] ?? 'left out', 40)}`).join(', ')

/** A relation id without its schema, for a noun: `order_items` → `order items`. */
export const noun = (table: RelationName | string): string =>
  (typeof table === 'string' ? table.replace(/^.*\./u, '').replaceAll('"', '') : table.name).replaceAll(
    '_',
    ' ',
  )
