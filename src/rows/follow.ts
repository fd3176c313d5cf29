/**
 * Rows in which one value changes, and what CHECKs say follows from it follows: `ends = starts + '3 months'` with
 * `year = extract(year from starts)`. Several columns change at once, to values that no list of candidates holds.
 */
import type { Column } from '../catalog/table.ts'
import { literal } from '../postgres/quote.ts'
import { comparisonsIn, deriveValues } from './derived.ts'
import type { TableFacts } from './facts.ts'
import { isRelative } from './mending.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import type { Variable } from './search.ts'

/** Of a column's options, and rows in all. */
const mostOptions = 12
const mostRows = 96
/** What follows may have followers of its own. */
const rounds = 2

const months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, -1, -12]
const days = [1, 7, -1]

/** The date moved on, in the years that other columns have as numbers too: what is computed of a date hangs on its parts. */
const movedDates = (column: Column, sql: string | undefined, row: Row): readonly string[] => {
  if (!/^(?:date|timestamp)/u.test(column.baseType) || sql === undefined) return []
  const found = /^'(\d{4})-(\d\d)-(\d\d)([^']*)'(?:::.+)?$/u.exec(sql)
  if (!found) return []
  const [year, month, day] = [found[1], found[2], found[3]].map(Number) as [number, number, number]
  const at = (y: number, m: number, d: number): string => {
    const text = new Date(Date.UTC(y, m - 1, d)).toISOString().slice(0, 10)
    return literal(`${text}${found[4] ?? ''}`)
  }
  const years = Object.values(row).filter((value) => /^[1-9]\d{3}$/u.test(value) && Number(value) !== year)
  return [
    ...new Set([
      ...years.map((y) => at(Number(y), month, day)),
      ...months.map((n) => at(year, month + n, day)),
      ...days.map((n) => at(year, month, day + n)),
    ]),
  ]
}

/** `pinned`: columns that stay as they are. Nothing is judged: PostgreSQL is to be asked of each row. */
export const followingRows = async (
  ground: RowGround,
  facts: TableFacts,
  row: Row,
  {
    pinned,
    variables,
    expressions,
  }: {
    readonly pinned: ReadonlySet<string>
    readonly variables: readonly Variable[]
    readonly expressions: readonly string[]
  },
): Promise<readonly Row[]> => {
  const equal = comparisonsIn(expressions).filter((c) => c.equality && c.direct && c.columns.length > 0)
  const sources = new Set(equal.flatMap((c) => c.columns))
  const following = new Set(equal.map((c) => c.column).filter((name) => !pinned.has(name)))
  const changes = variables.flatMap(({ columns: [column, ...more], options }) => {
    if (!column || more.length > 0 || !sources.has(column.name)) return []
    const values = [
      ...options.slice(0, mostOptions).map(([value]) => value!),
      ...movedDates(column, row[column.name], row),
    ]
    return (
      [...new Set(values)]
        // What is computed of today is another value tomorrow.
        .filter((value) => value !== row[column.name] && !isRelative(value))
        .map((value) => ({ name: column.name, value }))
    )
  })
  let rows = changes.slice(0, mostRows).map(({ name, value }): Row => ({ ...row, [name]: value }))
  for (let round = 0; round < rounds && rows.length > 0; round++) {
    const derived = await deriveValues(ground, facts, rows, expressions)
    rows = rows.map((one, i) => {
      const taken = [...following].flatMap((name) => {
        const value = derived[i]?.get(name)?.direct[0]
        return value === undefined || name === changes[i]!.name ? [] : [[name, value] as const]
      })
      return { ...one, ...Object.fromEntries(taken) }
    })
  }
  return rows
}
