/**
 * Rows of a database that is only read, as text: all of a table, some thousand at a time, or a sample of every table
 * with the rows that it refers to.
 */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Row } from './mask-row.ts'

export interface SourceColumn {
  readonly name: string
  /** As SQL names it. */
  readonly type: string
}

export interface SourceTable {
  readonly id: string
  readonly schema: string
  readonly name: string
  /** Its rows are its partitions'. */
  readonly isPartitioned: boolean
  readonly columns: readonly SourceColumn[]
}

/** Texts that do not depend on who asks. */
export const plainTextSql = `
set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; set local timezone = 'UTC';
set local bytea_output = 'hex'; set local extra_float_digits = 3; set local row_security = off`

const batch = 2_000

const valuesOf = (columns: readonly SourceColumn[]): string =>
  columns.map(({ name }) => `rows_.${ident(name)}::pg_catalog.text`).join(', ')

const fromOf = ({ isPartitioned, ...table }: SourceTable): string =>
  `${isPartitioned ? '' : 'only '}${qualified(table)} as rows_`

const rowsOf = async (db: Session, sql: string): Promise<readonly Row[]> => {
  const commands = await db.query(sql)
  return commands.at(-1)?.rows ?? []
}

/** A column list of nothing would be refused by COPY later: a table without columns has rows of nothing. */
export const readAll = async (
  db: Session,
  table: SourceTable,
  take: (rows: readonly Row[]) => Promise<void>,
): Promise<void> => {
  await db.query(
    `declare assay_rows no scroll cursor for select ${valuesOf(table.columns)} from ${fromOf(table)}`,
  )
  for (;;) {
    const rows = await rowsOf(db, `fetch ${batch} from assay_rows`)
    if (rows.length > 0) await take(rows)
    if (rows.length < batch) break
  }
  await db.query('close assay_rows')
}

export interface SourceKey {
  /** Relation ids. */
  readonly child: string
  readonly columns: readonly string[]
  readonly parent: string
  readonly parentColumns: readonly string[]
}

/** About as many as a table has; partitions are counted in. */
export const aboutHowMany = async (db: Session, { schema, name }: SourceTable): Promise<number> => {
  const [row] = await db.json<{ readonly rows: number }>(`
    select coalesce(sum(case when c.reltuples < 0 then 0 else c.reltuples end), 0)::bigint as rows
      from pg_catalog.pg_class c
     where c.oid in (select relid from pg_catalog.pg_partition_tree(${literal(qualified({ schema, name }))}::pg_catalog.regclass)
                     union all select ${literal(qualified({ schema, name }))}::pg_catalog.regclass)
       and c.relkind = 'r'`)
  return Number(row?.rows ?? 0)
}

/** Spread over the table, and the same in another run over the same rows. */
const sampleSql = (table: SourceTable, wished: number, about: number): string => {
  const share = about > 2 * wished ? (150 * wished) / about : null
  const spread = share === null ? '' : ` tablesample bernoulli (${share.toFixed(6)}) repeatable (1)`
  return `select rows_.tableoid::text || rows_.ctid::text, ${valuesOf(table.columns)}
    from ${fromOf(table)}${spread} limit ${wished}`
}

const parentsSql = (table: SourceTable, columns: readonly string[], keys: readonly Row[]): string => {
  const lists = columns.map(
    (_, i) => `array[${keys.map((key) => literal(key[i] ?? '')).join(', ')}]::pg_catalog.text[]`,
  )
  // Compared as its own type, so that the key's index is used.
  const same = columns.map((column, i) => {
    const type = table.columns.find(({ name }) => name === column)?.type ?? 'pg_catalog.text'
    return `rows_.${ident(column)} = wanted.k${i}::${type}`
  })
  return `select rows_.tableoid::text || rows_.ctid::text, ${valuesOf(table.columns)}
    from unnest(${lists.join(', ')}) as wanted(${columns.map((_, i) => `k${i}`).join(', ')})
    join ${fromOf(table)} on ${same.join(' and ')}`
}

/** Of a table: where each of its rows lies, and the row. */
type Taken = Map<string, Row>

const keyOf = (table: SourceTable, columns: readonly string[], row: Row): Row =>
  columns.map((column) => row[table.columns.findIndex(({ name }) => name === column)] ?? null)

/** So many rows of each table, and all that these refer to, at any depth. By relation id. */
export const readSample = async (
  db: Session,
  tables: readonly SourceTable[],
  keys: readonly SourceKey[],
  wished: number,
): Promise<ReadonlyMap<string, readonly Row[]>> => {
  const byId = new Map(tables.map((table) => [table.id, table]))
  const taken = new Map<string, Taken>(tables.map(({ id }) => [id, new Map()]))
  const asked = new Map<string, Set<string>>()
  const open: { readonly table: SourceTable; readonly rows: readonly Row[] }[] = []
  const take = (table: SourceTable, found: readonly Row[]): void => {
    const own = taken.get(table.id) ?? new Map()
    const fresh = found.filter(([place]) => !own.has(place ?? ''))
    for (const [place, ...row] of fresh) own.set(place ?? '', row)
    if (fresh.length > 0) open.push({ table, rows: fresh.map(([, ...row]) => row) })
  }
  for (const table of tables)
    take(table, await rowsOf(db, sampleSql(table, wished, await aboutHowMany(db, table))))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { table, rows } = next
    for (const key of keys.filter(({ child }) => child === table.id)) {
      const parent = byId.get(key.parent)
      if (parent === undefined) continue
      const name = JSON.stringify([key.parent, key.parentColumns])
      const known = asked.get(name) ?? new Set<string>()
      asked.set(name, known)
      const wanted = rows
        .map((row) => keyOf(table, key.columns, row))
        .filter((values) => {
          const text = JSON.stringify(values)
          if (values.includes(null) || known.has(text)) return false
          known.add(text)
          return true
        })
      for (let from = 0; from < wanted.length; from += batch)
        take(
          parent,
          await rowsOf(db, parentsSql(parent, key.parentColumns, wanted.slice(from, from + batch))),
        )
    }
  }
  return new Map([...taken].map(([id, rows]) => [id, [...rows.values()]]))
}
