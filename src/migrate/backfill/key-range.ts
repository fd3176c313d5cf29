/** Ranges of a key as SQL conditions; keys are rows of text, as JSON gives them. */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { KeyColumn, KeyedTable } from './keyed-table.ts'

/** One value per column of the key. */
export type Key = readonly string[]

const row = (parts: readonly string[]): string => `(${parts.join(', ')})`

const values = (columns: readonly KeyColumn[], key: Key): string =>
  row(columns.map(({ type }, i) => `${literal(key[i] ?? null)}::${type}`))

/** `("t"."a", "t"."b") > ('1'::integer, 'x'::text) and (…) <= (…)`; null: from the first, to the last. */
export const rangeCondition = (
  columns: readonly KeyColumn[],
  nameOf: (column: string) => string,
  { after, upTo }: { readonly after: Key | null; readonly upTo: Key | null },
): string => {
  const names = row(columns.map(({ name }) => nameOf(name)))
  const parts = [
    ...(after === null ? [] : [`${names} > ${values(columns, after)}`]),
    ...(upTo === null ? [] : [`${names} <= ${values(columns, upTo)}`]),
  ]
  return parts.length === 0 ? 'true' : parts.join(' and ')
}

/** JSON writes dates and times the same whatever DateStyle says; arrays and composite values it writes its own way. */
const textOf = (column: string): string =>
  `case when pg_catalog.json_typeof(pg_catalog.to_json(${column})) in ('array', 'object') then ${column}::text
    else pg_catalog.to_json(${column}) operator(pg_catalog.#>>) '{}' end`

const keyOf = ({ key }: KeyedTable): string =>
  `pg_catalog.json_build_array(${key.map(({ name }) => textOf(ident(name))).join(', ')}) as key`

const columnsOf = ({ key }: KeyedTable, direction: '' | ' desc' = ''): string =>
  key.map(({ name }) => `${ident(name)}${direction}`).join(', ')

const behind = (table: KeyedTable, after: Key | null): string =>
  `${qualified(table.relation)} where ${rangeCondition(table.key, ident, { after, upTo: null })}`

/** The key that stands `size` rows behind another one: one row, or none where fewer are left. */
export const keyBehindSql = (table: KeyedTable, after: Key | null, size: number): string =>
  // Written as text outside: it would be written for every row that is passed over.
  `select ${keyOf(table)} from (select ${columnsOf(table)} from ${behind(table, after)}
    order by ${columnsOf(table)} offset ${size - 1} limit 1) found`

/** The last key of all and how many stand up to it: one row, or none where nothing is left. */
export const lastKeySql = (table: KeyedTable, after: Key | null): string =>
  `select ${keyOf(table)}, (select count(*)::int from ${behind(table, after)}) as rows
    from (select ${columnsOf(table)} from ${behind(table, after)} order by ${columnsOf(table, ' desc')} limit 1) found`
