/** The table of a backfill and the key along which it is walked: its primary key, or another that has no nulls. */
import { AssayError } from '../../ground/errors.ts'
import { relationId, type RelationName } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { BackfillStatement } from './statement.ts'
import type { NamedTable } from './statement-parts.ts'

export interface KeyColumn {
  readonly name: string
  /** As SQL writes it. */
  readonly type: string
}

export interface KeyedTable {
  readonly relation: RelationName
  readonly key: readonly KeyColumn[]
  /** As PostgreSQL estimates them, of all its partitions; null: it was never counted. */
  readonly rows: number | null
}

interface Found {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly rows: number | null
}

interface FoundKey {
  readonly index: string
  readonly columns: readonly KeyColumn[]
  readonly nullable: readonly string[]
}

const tableSql = (name: string): string => `
  select c.oid::bigint::int8 as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
    (select case when bool_or(l.reltuples < 0) then null else sum(l.reltuples)::bigint end
       from pg_catalog.pg_class l
      where l.oid in (select p.relid from pg_catalog.pg_partition_tree(c.oid) p where p.isleaf union select c.oid)
        and l.relkind = 'r') as rows
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.oid = pg_catalog.to_regclass(${literal(name)})`

/** Whole, valid, checked at once, of plain columns; the primary key first, then the one of fewest columns. */
const keysSql = (oid: number): string => `
  select i.indexrelid::regclass::text as index,
    (select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod)) order by k.n)
       from unnest(i.indkey::int2[]) with ordinality k(attnum, n)
       join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where k.n <= i.indnkeyatts) as columns,
    coalesce((select json_agg(a.attname order by k.n)
       from unnest(i.indkey::int2[]) with ordinality k(attnum, n)
       join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where k.n <= i.indnkeyatts and not a.attnotnull), '[]') as nullable
  from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = x.relam
  where i.indrelid = ${oid} and i.indisunique and i.indisvalid and i.indimmediate
    and i.indpred is null and i.indexprs is null and m.amname = 'btree'
  order by i.indisprimary desc, i.indnkeyatts, x.relname`

const written = ({ schema, name }: NamedTable): string =>
  schema === null ? ident(name) : qualified({ schema, name })

const refuseTable = (statement: BackfillStatement, found: string, mend: string): AssayError =>
  new AssayError('The table of this backfill cannot be walked through.', {
    code: 'backfill.table',
    exit: 2,
    asked: statement.text,
    found,
    why: 'each batch goes on after the last key of the one before it',
    mend,
  })

const keyed = (
  statement: BackfillStatement,
  found: Found,
  keys: readonly FoundKey[],
  wish: readonly string[] | null,
): FoundKey => {
  const id = relationId(found)
  if (wish === null) {
    const key = keys.find(({ nullable }) => nullable.length === 0)
    if (key) return key
    throw refuseTable(
      statement,
      `${id} has no primary key, and no unique key whose columns are all NOT NULL`,
      `Give it one first: alter table ${qualified(found)} add column id bigint generated always as identity primary key; (it rewrites the table)`,
    )
  }
  const same = keys.find(({ columns }) => columns.map(({ name }) => name).join('\0') === wish.join('\0'))
  if (same && same.nullable.length === 0) return same
  throw refuseTable(
    statement,
    same
      ? `${same.nullable.join(', ')} may be null, and rows without a key would never be reached`
      : `${id} has no unique index on ${wish.join(', ')}`,
    `Leave --key out, or name one of: ${keys.map(({ columns }) => columns.map(({ name }) => name).join(',')).join('; ') || 'none is there'}`,
  )
}

/**
 * Reads the table that the statement names, by the session's search_path, and its key. Throws AssayError `backfill.table`
 * (exit 2) when there is none, when the statement
 * sets a column of the key, and when it fills the table that it walks.
 */
export const readKeyedTable = async (
  db: Session,
  statement: BackfillStatement,
  wish: readonly string[] | null = null,
): Promise<KeyedTable> => {
  const name = written(statement.table)
  const [found] = await db.json<Found>(tableSql(name))
  if (!found)
    throw refuseTable(statement, `no relation ${name}`, 'Correct the name, or write its schema with it.')
  if (found.kind !== 'r' && found.kind !== 'p')
    throw refuseTable(statement, `${relationId(found)} is no table`, 'Name the table that has the rows.')
  if (statement.into !== null) {
    const [target] = await db.json<{ readonly is: boolean }>(
      `select pg_catalog.to_regclass(${literal(written(statement.into))}) = ${found.oid}::oid as is`,
    )
    if (target?.is === true)
      throw refuseTable(
        statement,
        `it inserts into ${relationId(found)}, which it walks through`,
        'The rows that it makes would be met again. Insert into another table.',
      )
  }
  const { columns } = keyed(statement, found, await db.json<FoundKey>(keysSql(found.oid)), wish)
  const moved = columns.find((column) => statement.sets.includes(column.name))
  if (moved)
    throw refuseTable(
      statement,
      `it sets ${moved.name}, which is part of the key`,
      'A row whose key changes would be met twice or never. Walk along another key with --key, or change keys by a new column.',
    )
  return { relation: { schema: found.schema, name: found.name }, key: columns, rows: found.rows }
}
