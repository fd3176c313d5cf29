/**
 * How the outcome of an observed write is asked for: which rows were written (their place in the table tells), and
 * whether they hold what is expected. A row that does is shown in the declaration's words, any other in its own.
 */
import { isTest, type ObservedRule } from '../../architecture/kinds/observed.ts'
import type { Column, Table } from '../../catalog/table.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { sameText } from './stage.ts'
import { shortened } from '../sentence.ts'

const place = 'seen.tableoid::text || seen.ctid::text'

const before = (at: number): string => `pg_catalog.current_setting('assay.before_${at}')::text[]`

/** Keeps where the rows of each table stand, in settings of the transaction. */
export const keepPlaces = (tables: readonly Table[]): readonly string[] =>
  tables.map(
    (table, at) =>
      `select pg_catalog.set_config('assay.before_${at}', (select coalesce(array_agg(${place}), '{}')::text from ${qualified(table)} seen), true)`,
  )

/** Rows of a kept table that are new or changed. */
export const writtenRows = (table: Table, at: number): string =>
  `from ${qualified(table)} seen where ${place} <> all (${before(at)})`

/** How many rows fewer a kept table has. */
export const fewerRows = (table: Table, at: number): string =>
  `cardinality(${before(at)}) - (select count(*) from ${qualified(table)})`

/** Values of these types are the same on another day, if nothing but the declaration makes them. */
const isSteady = ({ type, default: byDefault }: Column): boolean =>
  /^(?:smallint|integer|bigint|numeric|boolean|text|character)/u.test(type) && !byDefault?.includes('(')

const label = (row: Row): string =>
  Object.keys(row).length === 0
    ? 'a row'
    : Object.entries(row)
        .map(([column, sql]) => `${column} ${isTest(sql) ? '' : '= '}${shortened(sql)}`)
        .join(', ')

const other = (table: Table, columns: readonly string[]): string => {
  const parts = columns.map((name) => {
    const column = table.columns.find((c) => c.name === name)
    const value =
      column && isSteady(column) ? `coalesce(seen.${ident(name)}::text, 'null')` : `'another value'`
    return `${literal(`${name} = `)} || ${value}`
  })
  return parts.length === 0 ? `'a row'` : parts.join(` || ', ' || `)
}

interface Part {
  readonly sql: string
  readonly lines: readonly string[]
}

const rowsPart = (table: Table, at: number, expected: readonly Row[]): Part => {
  const distinct = [...new Map(expected.map((row) => [JSON.stringify(row), row])).values()]
  const labels = new Map<string, string>()
  for (const row of distinct) {
    const text = label(row)
    const taken = [...labels.values()].filter((l) => l === text || l.startsWith(`${text} (`)).length
    labels.set(JSON.stringify(row), taken === 0 ? text : `${text} (${taken + 1})`)
  }
  const line = (text: string): string => `${table.id}: ${text}`
  const cases = distinct.map((row) => {
    const same = Object.entries(row).map(([column, sql]) =>
      isTest(sql) ? `seen.${ident(column)} ${sql}` : sameText(table, column, sql, 'seen.'),
    )
    return `when ${same.length === 0 ? 'true' : same.join(' and ')} then ${literal(line(labels.get(JSON.stringify(row))!))}`
  })
  const columns = [...new Set(expected.flatMap((row) => Object.keys(row)))]
  const others = `${literal(`${table.id}: `)} || ${other(table, columns)}`
  const text = cases.length === 0 ? others : `case ${cases.join(' ')} else ${others} end`
  const lines = expected.map((row) => line(labels.get(JSON.stringify(row))!))
  return { sql: `select ${at} as at, ${text} as line ${writtenRows(table, at)}`, lines }
}

const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

export interface Look {
  /** Run before the write. */
  readonly keep: readonly string[]
  /** One line per written row and per table that lost rows. */
  readonly select: string
  readonly lines: readonly string[]
}

/** Null when the rule says nothing of any row; a table that the catalog lacks is named. */
export const lookOf = (
  rule: Pick<ObservedRule, 'table' | 'leaves' | 'elsewhere' | 'removes'>,
  catalog: Catalog,
): Look | { readonly missing: string } | null => {
  const written = [
    ...(rule.leaves === null ? [] : [[rule.table, rule.leaves] as const]),
    ...Object.entries(rule.elsewhere),
  ]
  const removed = Object.entries(rule.removes)
  const ids = [...new Set([...written.map(([id]) => id), ...removed.map(([id]) => id)])]
  const missing = ids.find((id) => !catalog.tables.has(id))
  if (missing !== undefined) return { missing }
  if (ids.length === 0) return null
  const tables = ids.map((id) => catalog.tables.get(id)!)
  const parts = [
    ...written.map(([id, rows]) => rowsPart(catalog.tables.get(id)!, ids.indexOf(id), rows)),
    ...removed.map(([id, count], n): Part => {
      const table = catalog.tables.get(id)!
      const fewer = `(${fewerRows(table, ids.indexOf(id))})::text`
      return {
        sql: `select ${ids.length + n}, ${literal(`${id}: `)} || ${fewer} || ' fewer'`,
        lines: [`${id}: ${count} fewer`],
      }
    }),
  ]
  return {
    keep: keepPlaces(tables),
    select: `select line from (${parts.map((part) => part.sql).join(' union all ')}) looked(at, line) order by at, line collate "C"`,
    lines: parts.flatMap((part) => part.lines.toSorted(inBytes)),
  }
}
