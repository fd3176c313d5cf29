/** CHECKs and foreign keys. (Keys stand with indexes; NOT NULL stands with its column.) */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece, type Source } from './piece.ts'
import { quotedName } from '../../catalog/quoted-sql.ts'

interface ConstraintRow {
  readonly oid: number
  readonly table: number
  readonly schema: string
  readonly tableName: string
  readonly on: string
  readonly type: 'c' | 'f'
  readonly name: string
  readonly sql: string
  readonly text: string
  readonly isLocal: boolean
  readonly validated: boolean
  readonly index: number
}

/** The foreign keys of partitions come from their parent's. */
const constraintsSql = `
  select k.oid::bigint as oid, k.conrelid::bigint as table, n.nspname as schema, c.relname as "tableName",
    ${quotedName('n', 'c.relname')} as on, k.contype as type, k.conname as name, pg_catalog.quote_ident(k.conname) as sql,
    pg_catalog.pg_get_constraintdef(k.oid) as text, k.conislocal as "isLocal",
    k.convalidated or pg_catalog.pg_get_constraintdef(k.oid) like '% NOT ENFORCED' as validated, k.conindid::bigint as index
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where (k.contype = 'c' or (k.contype = 'f' and k.conparentid = 0)) and c.relkind in ('r', 'p', 'f')
    and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

const toPiece = (row: ConstraintRow, { tables }: Source): Piece => {
  const table = keyOf('pg_class', row.table)
  const shape = tables.get(row.table)
  const isForeignKey = row.type === 'f'
  const piece: Piece = {
    key: keyOf('pg_constraint', row.oid),
    name: `${isForeignKey ? 'foreign key' : 'check'} ${row.sql} on ${row.on}`,
    section: isForeignKey ? 'Foreign keys' : 'Keys and checks',
    sort: [row.schema, row.tableName, row.name],
    statements: [
      `ALTER ${shape?.row.kind === 'f' ? 'FOREIGN ' : ''}TABLE ${row.on} ADD CONSTRAINT ${row.sql} ${row.text}`,
    ],
    // The key that it leads to may stand in the partitions of its table too.
    on: [table, ...(isForeignKey ? [`whole/${row.index}`] : [])],
  }
  if (isForeignKey) return piece
  // A table that is attached to its parent has to have the parent's checks before.
  if (!row.isLocal && shape?.as !== 'attached') return { ...piece, statements: [] }
  if (!row.validated) return piece
  return { ...piece, inline: { table, column: null, text: `CONSTRAINT ${row.sql} ${row.text}` } }
}

export const readConstraints: Family = async (source) =>
  (await source.db.json<ConstraintRow>(constraintsSql)).map((row) => toPiece(row, source))
