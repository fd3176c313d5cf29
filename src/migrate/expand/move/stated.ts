/** `--move users.bio=profiles.bio` as it was written, and the columns that it names. Names may hold dots and equals signs. */
import { AssayError } from '../../../ground/errors.ts'
import { didYouMean } from '../../../ground/nearest-name.ts'
import { unquoted } from '../../../postgres/quote.ts'
import type { Declaration } from './candidates.ts'

export interface ColumnAt {
  /** Relation id. */
  readonly table: string
  readonly column: string
}

export interface StatedMove {
  readonly text: string
  readonly from: ColumnAt
  readonly to: ColumnAt
}

interface KnownTable {
  readonly id: string
  readonly columns: readonly { readonly name: string }[]
}

/** The longest name of a table that fits is meant. */
const placeOf = (tables: readonly KnownTable[], text: string): ColumnAt | null => {
  const [table] = tables
    .filter(({ id }) => text.startsWith(`${id}.`))
    .toSorted((a, b) => b.id.length - a.id.length)
  if (table === undefined) return null
  const column = unquoted(text.slice(table.id.length + 1))
  return table.columns.some(({ name }) => name === column) ? { table: table.id, column } : null
}

const splitAt = (text: string): readonly (readonly [string, string])[] =>
  [...text.matchAll(/=/gu)].map(({ index }) => [text.slice(0, index).trim(), text.slice(index + 1).trim()])

const notRead = (text: string, found: string, near: string): AssayError =>
  new AssayError(`--move does not say which column it means.${near}`, {
    code: 'expand.option',
    exit: 2,
    asked: text,
    found,
    mend: 'Write the column as it stands in the database, an equals sign, and the column as it is declared:\n--move users.bio=profiles.bio',
  })

export const readMove = (text: string, { architecture, catalog }: Declaration): StatedMove => {
  const standing: readonly KnownTable[] = [...catalog.tables.values()]
  const parts = splitAt(text)
  for (const [left, right] of parts) {
    const [from, to] = [placeOf(standing, left), placeOf(architecture.tables, right)]
    if (from !== null && to !== null) return { text, from, to }
  }
  const [left = text, right = ''] = parts[0] ?? []
  if (parts.length === 0) throw notRead(text, 'no equals sign', '')
  const names = (tables: readonly KnownTable[]): readonly string[] =>
    tables.flatMap(({ id, columns }) => columns.map(({ name }) => `${id}.${name}`))
  if (placeOf(standing, left) === null)
    throw notRead(text, `no column ${left} in the database`, didYouMean(left, names(standing)))
  throw notRead(text, `no column ${right} in the declaration`, didYouMean(right, names(architecture.tables)))
}
