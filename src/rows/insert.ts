/** A row as the statement that inserts it, and as the predicate that finds it again. */
import type { Column, Table } from '../catalog/table.ts'
import { ident, identList, qualified } from '../postgres/quote.ts'
import type { TableFacts } from './facts.ts'
import type { Equality, Row } from './rows.ts'

const writable = (table: Table, rows: readonly Row[]): readonly Column[] =>
  table.columns.filter((c) => c.generated === null && rows.some((row) => row[c.name] !== undefined))

/** `insert into … values (…), (…)`; a column that only some of the rows give is DEFAULT in the others. */
export const insertRows = (table: Table, rows: readonly Row[]): string => {
  const columns = writable(table, rows)
  if (columns.length === 0) return `insert into ${qualified(table)} default values`
  const overriding = columns.some((c) => c.identity === 'always') ? ' overriding system value' : ''
  const values = rows.map((row) => `(${columns.map((c) => row[c.name] ?? 'default').join(', ')})`)
  return `insert into ${qualified(table)} (${identList(columns.map((c) => c.name))})${overriding} values ${values.join(', ')}`
}

/**
 * Behind an insert: rows that stand already are left out. Beside a key that may wait PostgreSQL wants to be told which
 * other one is meant; where there is none, what stands is refused.
 */
export const unlessThere = ({ keys, exclusions }: Pick<TableFacts, 'keys' | 'exclusions'>): string => {
  if (![...keys, ...exclusions].some(({ deferrable }) => deferrable)) return ' on conflict do nothing'
  const meant = keys
    .toSorted((a, b) => Number(b.primary) - Number(a.primary))
    .find((key) => key.plain !== null && key.predicate === null && !key.deferrable)
  return meant?.plain ? ` on conflict (${identList(meant.plain)}) do nothing` : ''
}

/** Types whose values PostgreSQL cannot compare with `=`. */
const incomparable = /^(?:json|xml|point|line|polygon|path|lseg|box|circle)(?:\[\])?$/u

const equals = (column: Column, sql: string, equality: Equality): string => {
  const name = ident(column.name)
  if (sql === 'null') return `${name} is null`
  const type = column.typeKind === 'domain' ? column.baseType : column.type
  if (incomparable.test(type)) return `${name}::text ${equality} cast(${sql} as ${type})::text`
  return `${name} ${equality} ${/^\(|^[\w.]+$|^'[^']*'$/u.test(sql) ? sql : `(${sql})`}`
}

const byColumns = (table: Table, row: Row, columns: readonly string[], equality: Equality): string =>
  columns
    .flatMap((name) => {
      const column = table.columns.find((c) => c.name === name)
      return column ? [equals(column, row[name] ?? 'null', equality)] : []
    })
    .join(' and ')

/** Its primary key, else a unique key without nulls, else every column that it gives. */
export const whereRow = (facts: TableFacts, row: Row, equality: Equality = '='): string => {
  const given = (columns: readonly string[]): boolean =>
    columns.length > 0 &&
    columns.every((c) => row[c] !== undefined && row[c] !== 'null' && row[c] !== 'default')
  const keys = facts.keys.toSorted((a, b) => Number(b.primary) - Number(a.primary))
  const key = keys.find((k) => k.plain !== null && k.predicate === null && given(k.plain))
  if (key?.plain) return byColumns(facts.table, row, key.plain, equality)
  const all = facts.table.columns.filter(
    (c) => c.generated === null && row[c.name] !== undefined && row[c.name] !== 'default',
  )
  return all.length === 0
    ? 'true'
    : byColumns(
        facts.table,
        row,
        all.map((c) => c.name),
        equality,
      )
}
