/**
 * What the rows of a table are, whatever their order: a number and a sum of hashes, over the whole table or a range of
 * its key. Both servers print values under the same settings, so that different major versions agree.
 */
import { withCanonicalSettings } from '../../catalog/read-catalog.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { sentTables } from './facts.ts'

export interface SentColumn {
  readonly name: string
  /** As SQL text. */
  readonly type: string
  readonly isCollatable: boolean
}

export interface SentTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly SentColumn[]
  /** Names of the key’s columns; none: rows have no name. */
  readonly key: readonly string[]
  readonly bytes: number
}

/** Small ones first: a difference is found early. Views of text with a nondeterministic collation hash as bytes. */
export const sentTablesSql = `
  select n.nspname as schema, c.relname as name, pg_catalog.pg_table_size(c.oid) as bytes,
    coalesce((select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'isCollatable', a.attcollation <> 0) order by a.attname collate "C")
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]'::json) as columns,
    coalesce((select json_agg(a.attname order by k.at) from pg_catalog.pg_index i,
        unnest(i.indkey::smallint[]) with ordinality k(num, at) join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.num
      where i.indrelid = c.oid and i.indisprimary and k.at <= i.indnkeyatts), '[]'::json) as key
  ${sentTables} and c.relkind = 'r'
  order by bytes, n.nspname collate "C", c.relname collate "C"`

export interface TableSum {
  readonly rows: number
  readonly checksum: string
}

const rowText = ({ columns }: SentTable): string =>
  columns.length === 0
    ? `''`
    : `row(${columns.map(({ name }) => `rows_.${ident(name)}::pg_catalog.text`).join(', ')})::pg_catalog.text`

const rowHash = (table: SentTable): string => `pg_catalog.hashtextextended(${rowText(table)} collate "C", 0)`

const from = (table: SentTable): string => `from only ${qualified(table)} as rows_`

const sumSql = (table: SentTable, where = 'true'): string =>
  `select pg_catalog.count(*)::bigint as rows, coalesce(pg_catalog.sum(${rowHash(table)}), 0)::pg_catalog.text as checksum ${from(table)} where ${where}`

export const readSum = async (db: Session, table: SentTable, where?: string): Promise<TableSum> => {
  const [sum] = await db.json<TableSum>(sumSql(table, where))
  return sum ?? { rows: 0, checksum: '0' }
}

export const isEqual = (a: TableSum, b: TableSum): boolean => a.rows === b.rows && a.checksum === b.checksum

/** Money is printed by the language of the server. */
export const withSameText = <T>(db: Session, work: () => Promise<T>): Promise<T> =>
  withCanonicalSettings(db, async () => {
    await db.query(`set lc_monetary = 'C'`)
    return work()
  })

/** A key’s columns in an order that no locale decides. */
const keyColumns = (table: SentTable): readonly string[] =>
  table.key.map((name) => {
    const isText = table.columns.find((column) => column.name === name)?.isCollatable === true
    return `rows_.${ident(name)}${isText ? ' collate "C"' : ''}`
  })

/** A key as texts, in order of its columns. */
export type Key = readonly string[]

export interface KeyRange {
  /** null: from the first, to the last. */
  readonly from: Key | null
  readonly to: Key | null
}

const keyLiteral = (table: SentTable, key: Key): string =>
  `(${table.key
    .map((name, i) => {
      const type = table.columns.find((column) => column.name === name)?.type ?? 'text'
      return `${literal(key[i] ?? null)}::${type}`
    })
    .join(', ')})`

/** From and with `from`, to and without `to`. */
export const rangeSql = (table: SentTable, range: KeyRange): string => {
  const columns = `(${keyColumns(table).join(', ')})`
  const parts = [
    ...(range.from === null ? [] : [`${columns} >= ${keyLiteral(table, range.from)}`]),
    ...(range.to === null ? [] : [`${columns} < ${keyLiteral(table, range.to)}`]),
  ]
  return parts.length === 0 ? 'true' : parts.join(' and ')
}

const keyTexts = (table: SentTable): string =>
  `pg_catalog.jsonb_build_array(${table.key.map((name) => `rows_.${ident(name)}::pg_catalog.text`).join(', ')})`

/** Where equal parts of a range begin, without its own beginning. */
export const boundsSql = (table: SentTable, range: KeyRange, parts: number): string => {
  const order = keyColumns(table).join(', ')
  return `select key from (
    select ${keyTexts(table)} as key, part, pg_catalog.lag(part) over (order by ${order}) as before
    from (select rows_.*, pg_catalog.ntile(${parts}) over (order by ${order}) as part ${from(table)} where ${rangeSql(table, range)}) rows_
  ) parted where before is not null and before <> part order by part`
}

/** Key and hash of each row of a range. */
export const hashesSql = (table: SentTable, range: KeyRange): string =>
  `select ${keyTexts(table)} as key, (${rowHash(table)})::pg_catalog.text as hash ${from(table)} where ${rangeSql(table, range)}`
