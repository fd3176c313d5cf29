/** Sequences of their own, those that belong to a column, and those that a serial column brings along by itself. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece, type Source } from './piece.ts'
import { quotedName } from '../../catalog/quoted-sql.ts'
import { sequenceOptions } from './tables-sql.ts'

interface SequenceRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly type: string
  readonly unlogged: boolean
  readonly options: string | null
  readonly table: number | null
  readonly tableName: string | null
  readonly tableSchema: string | null
  readonly number: number | null
  readonly column: string | null
}

const sequencesSql = `
  select c.oid::bigint as oid, n.nspname as schema, c.relname as name, ${quotedName('n', 'c.relname')} as sql,
    pg_catalog.format_type(s.seqtypid, null) as type, c.relpersistence = 'u' as unlogged,
    nullif(${sequenceOptions('s')}, '') as options,
    d.refobjid::bigint as table, t.relname as "tableName", tn.nspname as "tableSchema", d.refobjsubid as number, a.attname as column
  from pg_catalog.pg_sequence s
  join pg_catalog.pg_class c on c.oid = s.seqrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'a'
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  left join pg_catalog.pg_class t on t.oid = d.refobjid
  left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
    and not exists (select from pg_catalog.pg_depend i
      where i.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and i.objid = c.oid and i.deptype = 'i')`

export interface SerialSequence {
  readonly oid: number
  readonly table: number
  readonly defaultOid: number
}

/** A sequence that is just what `bigserial` makes: its name, its type, nothing set, and the default that draws from it. */
const isSerial = (row: SequenceRow, { tables }: Source): SerialSequence | null => {
  const shape = tables.get(row.table ?? 0)
  const column = shape?.columns.find((c) => c.number === row.number)
  if (!shape || !column || shape.as !== 'table' || shape.row.ofType !== null || column.defaultOid === null)
    return null
  const name = `${shape.row.name}_${column.name}_seq`
  const isPlain = row.name === name && row.schema === shape.row.schema && row.options === null
  const draws = column.expression === `nextval('${row.sql.replaceAll("'", "''")}'::regclass)`
  const fits =
    row.type === column.type && column.notNull && column.notNullValid && row.unlogged === shape.row.unlogged
  if (!isPlain || !draws || !fits || !column.isLocal || column.inherited || shape.row.kind === 'f')
    return null
  return { oid: row.oid, table: shape.row.oid, defaultOid: column.defaultOid }
}

/** By `table.column` as numbers. */
export const serialSequences = async (source: Source): Promise<ReadonlyMap<string, SerialSequence>> =>
  new Map(
    (await source.db.json<SequenceRow>(sequencesSql)).flatMap((row) => {
      const serial = isSerial(row, source)
      return serial ? [[`${serial.table}.${row.number}`, serial] as const] : []
    }),
  )

const create = (row: SequenceRow): string =>
  [
    `CREATE ${row.unlogged ? 'UNLOGGED ' : ''}SEQUENCE ${row.sql}`,
    ...(row.type === 'bigint' ? [] : [`AS ${row.type}`]),
    ...(row.options === null ? [] : [row.options]),
  ].join(' ')

export const readSequences: Family = async (source) =>
  (
    await source.db.json<SequenceRow & { owned: string | null }>(`
    select s.*, case when s.table is not null then pg_catalog.format('%I.%I.%I', s."tableSchema", s."tableName", s.column) end as owned from (${sequencesSql}) s`)
  ).flatMap((row): Piece[] => {
    if (isSerial(row, source)) return []
    const key = keyOf('pg_class', row.oid)
    const piece: Piece = {
      key,
      name: `sequence ${row.sql}`,
      section: 'Sequences',
      sort: [row.schema, row.name],
      statements: [create(row)],
    }
    if (row.table === null) return [piece]
    const owned: Piece = {
      key: `owned/${row.oid}`,
      name: `owner of sequence ${row.sql}`,
      section: 'Tables',
      sort: [row.tableSchema ?? '', row.tableName ?? '', 'sequence', row.name],
      statements: [`ALTER SEQUENCE ${row.sql} OWNED BY ${row.owned}`],
      on: [key, keyOf('pg_class', row.table)],
    }
    return [piece, owned]
  })
