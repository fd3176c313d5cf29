/** Values as the `pg` driver hands them to an application: numbers, dates and JSON parsed, bigint and numeric as text. */
import pg from 'pg'

interface Answer {
  readonly columns: readonly string[]
  readonly types: readonly number[]
  readonly rows: readonly (readonly (string | null)[])[]
}

const unknownType = 705

export const driverRows = ({
  columns,
  types,
  rows,
}: Answer): readonly Readonly<Record<string, unknown>>[] => {
  const parsers = columns.map((_, i) => pg.types.getTypeParser(types[i] ?? unknownType, 'text'))
  return rows.map((row) =>
    Object.fromEntries(
      columns.map((name, i) => {
        const text = row[i] ?? null
        return [name, text === null ? null : (parsers[i]!(text) as unknown)]
      }),
    ),
  )
}

const textArray = 1009

/** The items of an array as PostgreSQL prints it, as text. */
export const arrayItems = (text: string): readonly (string | null)[] =>
  pg.types.getTypeParser(textArray as number as never, 'text')(text) as unknown as readonly (string | null)[]
