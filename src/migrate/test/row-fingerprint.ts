/**
 * What the rows of a database are, in one query a table: a digest of the whole rows and one of every column, whatever
 * the order in which rows and columns stand. Values are compared as PostgreSQL prints them.
 */
import { withCanonicalSettings } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

/** Hashes of single values in their order, or (of many rows) one sum of them. */
export type Digest = readonly string[] | string

export interface ColumnRows {
  readonly type: string
  /** Rows in which it is not null. */
  readonly filled: number
  readonly digest: Digest
}

export interface TableRows {
  readonly rows: number
  /** Of whole rows, columns in order of their names. */
  readonly whole: Digest
  readonly columns: ReadonlyMap<string, ColumnRows>
}

export interface SequencePlace {
  readonly value: bigint
  readonly increment: bigint
}

export interface RowFingerprint {
  /** By relation id; partitions are counted with their table. */
  readonly tables: ReadonlyMap<string, TableRows>
  /** By relation id: what each has given out so far. */
  readonly sequences: ReadonlyMap<string, SequencePlace>
}

/** Up to so many rows every hash is kept, so that it can be told how many rows differ. */
const mostKept = 4_000

const hash = (text: string): string => `pg_catalog.hashtextextended(${text}, 0)`

/** Sorting the hashes of many rows would cost more than all else, column by column. */
const digestSql = (text: string, isMany: boolean): string =>
  isMany
    ? `'sum ' || pg_catalog.sum(${hash(text)})`
    : `pg_catalog.array_to_string(pg_catalog.array_agg(${hash(text)} order by ${hash(text)}), ',')`

const asText = (column: Column): string => `rows_.${ident(column.name)}::pg_catalog.text`

const inNameOrder = (table: Table): readonly Column[] =>
  table.columns.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

/** The rows of a partitioned table are its partitions'; those of an inheritance child are its own. */
const fromSql = (table: Table): string =>
  `${table.kind === 'partitioned' ? '' : 'only '}${qualified(table)} as rows_`

const isManySql = (table: Table): string =>
  `select pg_catalog.count(*) > ${mostKept} from (select from ${fromSql(table)} limit ${mostKept + 1}) as found`

const tableSql = (table: Table, isMany: boolean): string => {
  const columns = inNameOrder(table)
  const answers = [
    'pg_catalog.count(*)',
    digestSql(`row(${columns.map(asText).join(', ')})::pg_catalog.text`, isMany),
    ...columns.flatMap((column) => [
      `pg_catalog.count(*) filter (where ${asText(column)} is not null)`,
      digestSql(`coalesce('=' || ${asText(column)}, '')`, isMany),
    ]),
  ]
  return `select ${answers.join(',\n  ')}\n  from ${fromSql(table)}`
}

const toDigest = (text: string | null | undefined): Digest => {
  if (text === null || text === undefined || text === '') return []
  return text.startsWith('sum ') ? text : text.split(',')
}

/** Foreign tables hold rows of another database; partitions are read with the table that they belong to. */
const hasOwnRows = (table: Table, catalog: Catalog): boolean =>
  table.kind === 'partitioned'
    ? catalog.tables.get(table.partitionOf ?? '')?.kind !== 'partitioned'
    : table.kind === 'table' && catalog.tables.get(table.partitionOf ?? '')?.kind !== 'partitioned'

const toTableRows = (table: Table, answers: readonly (string | null)[]): TableRows => ({
  rows: Number(answers[0]),
  whole: toDigest(answers[1]),
  columns: new Map(
    inNameOrder(table).map(({ name, type }, i): [string, ColumnRows] => [
      name,
      { type, filled: Number(answers[2 + 2 * i]), digest: toDigest(answers[3 + 2 * i]) },
    ]),
  ),
})

const sequencesSql = `
  select n.nspname as schema, c.relname as name, s.seqincrement::text as increment
  from pg_catalog.pg_sequence s
  join pg_catalog.pg_class c on c.oid = s.seqrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_'
  order by n.nspname collate "C", c.relname collate "C"`

interface SequenceRow {
  readonly schema: string
  readonly name: string
  readonly increment: string
}

/** The last number that was given out; before the first one, what stands before it. */
const sequenceSql = (sequence: SequenceRow): string =>
  `select (last_value - case when is_called then 0 else ${sequence.increment} end)::pg_catalog.text from ${qualified(sequence)}`

/** `catalog` is that of the database as it is now. The session must see every row. Throws PgError. */
export const readRowFingerprint = (db: Session, catalog: Catalog): Promise<RowFingerprint> =>
  withCanonicalSettings(db, async () => {
    const tables = [...catalog.tables.values()].filter((table) => hasOwnRows(table, catalog))
    const found: [string, TableRows][] = []
    for (const table of tables) {
      const many = await db.query(isManySql(table))
      const commands = await db.query(tableSql(table, many.at(-1)?.rows[0]?.[0] === 't'))
      found.push([table.id, toTableRows(table, commands.at(-1)?.rows[0] ?? [])])
    }
    const sequences: [string, SequencePlace][] = []
    for (const sequence of await db.json<SequenceRow>(sequencesSql)) {
      const commands = await db.query(sequenceSql(sequence))
      const value = BigInt(commands.at(-1)?.rows[0]?.[0] ?? '0')
      sequences.push([
        `${sequence.schema}.${sequence.name}`,
        { value, increment: BigInt(sequence.increment) },
      ])
    }
    return { tables: new Map(found), sequences: new Map(sequences) }
  })
