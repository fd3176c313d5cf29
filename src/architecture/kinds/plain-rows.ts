/** Rows as an architecture writes them for observed proofs: column → SQL in quotes; and how a value that is none is refused. */
import { declarationFault, type RulePlace } from '../rule-set.ts'

/** Column → SQL expression. */
export type PlainRow = Readonly<Record<string, string>>

/** One row of a table, or several. */
export type RowsByTable = Readonly<Record<string, PlainRow | readonly PlainRow[]>>

/** `said`: how a fault begins, table or routine first. */
export interface Reader {
  readonly place: Pick<RulePlace, 'at' | 'refuse'>
  readonly said: string
}

export const refuse = ({ place, said }: Reader, code: string, what: string, mend: string): void => {
  place.refuse(declarationFault(place, code, `${said}: ${what}`, mend))
}

export const toRow = (reader: Reader, row: unknown): PlainRow => {
  const entries: readonly (readonly [string, unknown])[] = Object.entries((row ?? {}) as object)
  return Object.fromEntries(
    entries.flatMap(([column, value]) => {
      if (value === undefined) return []
      if (typeof value === 'string') return [[column, value]]
      refuse(
        reader,
        'row-value',
        `the value of "${column}" is ${JSON.stringify(value)}, not SQL in quotes.`,
        `Write it as PostgreSQL shall read it: { ${column}: '${value === null ? 'null' : JSON.stringify(value)}' }.`,
      )
      return []
    }),
  )
}

export const toRows = (reader: Reader, rows: unknown): readonly PlainRow[] =>
  (Array.isArray(rows) ? (rows as readonly unknown[]) : [rows]).map((row) => toRow(reader, row))

export const toTables = (
  reader: Reader,
  tables: RowsByTable | undefined,
): Readonly<Record<string, readonly PlainRow[]>> =>
  Object.fromEntries(Object.entries(tables ?? {}).map(([table, rows]) => [table, toRows(reader, rows)]))

/** A refusal that is none, and what cannot be beside one. `left`: options that say what was left behind. */
export const checkRefused = (
  reader: Reader,
  refused: string | undefined,
  left: readonly unknown[],
  outcome: { readonly example: string; readonly code: string; readonly what: string; readonly mend: string },
): void => {
  if (refused === undefined) return
  if (!/^[0-9A-Z]{5}$/u.test(refused))
    refuse(
      reader,
      'sqlstate',
      `it expects SQLSTATE "${refused}", which is none.`,
      `Give the five characters that PostgreSQL answers with, such as ${outcome.example} or P0001.`,
    )
  if (left.some((one) => one !== undefined)) refuse(reader, outcome.code, outcome.what, outcome.mend)
}
