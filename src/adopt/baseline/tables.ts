/** Tables with their columns, partitions, and the sequences that serial columns bring along. */
import { serialSequences, type SerialSequence } from './sequences.ts'
import { keyOf, type Inline, type Piece, type Source } from './piece.ts'
import type { TableShape } from './table-shapes.ts'
import type { ColumnRow, TableRow } from './tables-sql.ts'

const serialTypes: Readonly<Record<string, string>> = {
  smallint: 'smallserial',
  integer: 'serial',
  bigint: 'bigserial',
}

/** An inherited one is said where the parent does not say it: in a table that is attached afterwards. */
const notNullText = (column: ColumnRow, isAttached = false): readonly string[] => {
  if (!column.notNull || !(column.notNullIsLocal || isAttached) || !column.notNullValid) return []
  const name = column.notNullIsPlain ? '' : `CONSTRAINT ${column.notNullName} `
  return [`${name}NOT NULL${column.notNullNoInherit ? ' NO INHERIT' : ''}`]
}

const identityText = (column: ColumnRow): readonly string[] => {
  if (column.identity === '' || column.sequence === null) return []
  const options =
    column.sequenceOptions === null || column.sequenceOptions === '' ? '' : ` (${column.sequenceOptions})`
  return [`GENERATED ${column.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY${options}`]
}

/** The column that it inherits; of several the one that brings a default. */
const columnAbove = (
  { row, inherits, as }: TableShape,
  tables: ReadonlyMap<number, TableShape>,
  name: string,
): ColumnRow | undefined => {
  const found = (as === 'table' ? row.parents.slice(0, inherits) : row.parents).flatMap(
    ({ oid }) => tables.get(oid)?.columns.filter((column) => column.name === name) ?? [],
  )
  return found.find(({ expression }) => expression !== null) ?? found[0]
}

/** `price numeric(10,2) DEFAULT 0 NOT NULL`. */
const columnLine = (
  column: ColumnRow,
  { isSerial, isAttached }: { readonly isSerial: boolean; readonly isAttached: boolean },
  inline: readonly Inline[],
  above?: ColumnRow,
): string =>
  [
    column.sql,
    isSerial ? (serialTypes[column.type] ?? column.type) : column.type,
    ...(column.foreignOptions === null ? [] : [`OPTIONS (${column.foreignOptions})`]),
    ...(column.compression === null ? [] : [`COMPRESSION ${column.compression}`]),
    ...(column.collation === null ? [] : [`COLLATE ${column.collation}`]),
    ...identityText(column),
    ...inline.filter((part) => part.column === column.number).map((part) => part.text),
    // What parents say otherwise is not taken over, nor refused where they do not say the same.
    ...(column.expression === null && column.identity === '' && above?.expression != null
      ? ['DEFAULT NULL']
      : []),
    ...notNullText(column, isAttached),
  ].join(' ')

/** What a partition says of a column that is not as its parent's. */
const overrideLine = (
  column: ColumnRow,
  parent: ColumnRow | undefined,
  inline: readonly Inline[],
): readonly string[] => {
  const own = inline.filter((part) => part.column === column.number).map((part) => part.text)
  const lost = column.expression === null && parent?.expression != null ? ['DEFAULT NULL'] : []
  const required = column.notNull && !parent?.notNull ? notNullText(column) : []
  const words = [...own, ...lost, ...required]
  return words.length === 0 ? [] : [`${column.sql} ${words.join(' ')}`]
}

const tableLines = (inline: readonly Inline[]): readonly string[] =>
  inline.filter((part) => part.column === null).map((part) => part.text)

const body = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : ` (\n  ${lines.join(',\n  ')}\n)`

const storageClauses = (row: TableRow): string => {
  const options = [
    ...(row.options === null ? [] : [row.options]),
    ...(row.toastOptions === null ? [] : [row.toastOptions.replaceAll(/(^|, )/gu, '$1toast.')]),
  ]
  return [
    ...(row.partitionKey === null ? [] : [`\nPARTITION BY ${row.partitionKey}`]),
    ...(row.server === null ? [] : [`\nSERVER ${row.server}`]),
    ...(row.serverOptions === null ? [] : [` OPTIONS (${row.serverOptions})`]),
    ...(row.method === null ? [] : [`\nUSING ${row.method}`]),
    ...(options.length === 0 ? [] : [`\nWITH (${options.join(', ')})`]),
  ].join('')
}

const words = (row: TableRow): string =>
  `CREATE ${row.unlogged ? 'UNLOGGED ' : ''}${row.kind === 'f' ? 'FOREIGN ' : ''}TABLE`

const createTable = (
  shape: TableShape,
  tables: ReadonlyMap<number, TableShape>,
  serials: ReadonlyMap<string, SerialSequence>,
  inline: readonly Inline[],
): string => {
  const { row, columns, as } = shape
  if (as === 'partition') {
    const parent = tables.get(row.parents[0]?.oid ?? 0)
    const lines = columns.flatMap((column, i) => overrideLine(column, parent?.columns[i], inline))
    const all = [...lines, ...tableLines(inline)]
    return `${words(row)} ${row.sql} PARTITION OF ${parent?.row.sql}${body(all)}\n${row.bound}${storageClauses(row)}`
  }
  const isSerial = (column: ColumnRow): boolean => serials.has(`${row.oid}.${column.number}`)
  if (row.ofType !== null)
    return `${words(row)} ${row.sql} OF ${row.ofType}${body(tableLines(inline))}${storageClauses(row)}`
  const listed = columns.filter((column) => column.isLocal || as === 'attached')
  const lines = [
    ...listed.map((column) =>
      columnLine(
        column,
        { isSerial: isSerial(column), isAttached: as === 'attached' },
        inline,
        as === 'table' ? columnAbove(shape, tables, column.name) : undefined,
      ),
    ),
    ...tableLines(inline),
  ]
  const parents = row.parents.slice(0, shape.inherits)
  const inherits = parents.length > 0 ? `\nINHERITS (${parents.map(({ sql }) => sql).join(', ')})` : ''
  return `${words(row)} ${row.sql}${lines.length === 0 ? ' ()' : body(lines)}${inherits}${storageClauses(row)}`
}

const setColumn = (row: TableRow, column: ColumnRow, what: string): string =>
  `ALTER ${row.kind === 'f' ? 'FOREIGN ' : ''}TABLE ONLY ${row.sql} ALTER COLUMN ${column.sql} ${what}`

/** What CREATE TABLE does not say of columns that are written, and all of what inherited ones have of their own. */
const alterations = (shape: TableShape, tables: ReadonlyMap<number, TableShape>): readonly string[] => {
  const { row, columns, as } = shape
  return columns.flatMap((column) => {
    const above = columnAbove(shape, tables, column.name)
    const isWritten = as === 'attached' || (as === 'table' && column.isLocal && row.ofType === null)
    const ownStorage = isWritten ? column.storage !== null : (above?.storage ?? null) !== column.storage
    const lostDefault =
      as === 'table' && !isWritten && column.expression === null && above?.expression != null
    const isRequired =
      as === 'table' &&
      !isWritten &&
      column.notNull &&
      column.notNullIsLocal &&
      column.notNullValid &&
      // PostgreSQL 18 keeps apart what is inherited and what the table says again itself.
      (column.notNullName !== null || !(above?.notNull ?? false))
    const ownIdentity = as === 'table' && !isWritten ? identityText(column) : []
    return [
      ...(ownStorage ? [setColumn(row, column, `SET STORAGE ${column.storage ?? 'DEFAULT'}`)] : []),
      ...(column.statistics === null ? [] : [setColumn(row, column, `SET STATISTICS ${column.statistics}`)]),
      ...(column.options === null ? [] : [setColumn(row, column, `SET (${column.options})`)]),
      ...(lostDefault ? [setColumn(row, column, 'DROP DEFAULT')] : []),
      ...(isRequired ? [setColumn(row, column, 'SET NOT NULL')] : []),
      ...ownIdentity.map((text) => setColumn(row, column, `ADD ${text}`)),
      ...(column.sequenceType === null ? [] : [`ALTER SEQUENCE ${column.sequenceType}`]),
      ...(column.notNullValid
        ? []
        : [`ALTER TABLE ${row.sql} ADD CONSTRAINT ${column.notNullName} NOT NULL ${column.sql} NOT VALID`]),
    ]
  })
}

const replicaIdentities: Readonly<Record<string, string>> = { n: 'NOTHING', f: 'FULL' }

const tablePiece = (
  shape: TableShape,
  tables: ReadonlyMap<number, TableShape>,
  serials: ReadonlyMap<string, SerialSequence>,
): Piece => {
  const { row, columns } = shape
  const own = [...serials.values()].filter((serial) => serial.table === row.oid)
  const identity = row.kind === 'f' ? undefined : replicaIdentities[row.replicaIdentity]
  return {
    key: keyOf('pg_class', row.oid),
    rows: [
      ...row.types.map((oid) => keyOf('pg_type', oid)),
      ...columns.flatMap(({ sequence }) => (sequence === null ? [] : [keyOf('pg_class', sequence)])),
      ...own.flatMap(({ oid, defaultOid }) => [keyOf('pg_class', oid), keyOf('pg_attrdef', defaultOid)]),
    ],
    name: `${row.kind === 'f' ? 'foreign table' : 'table'} ${row.sql}`,
    section: 'Tables',
    sort: [row.schema, row.name],
    statements: (inline) => [
      createTable(shape, tables, serials, inline),
      ...alterations(shape, tables),
      ...(identity === undefined ? [] : [`ALTER TABLE ONLY ${row.sql} REPLICA IDENTITY ${identity}`]),
    ],
  }
}

const attachPiece = ({ row }: TableShape): Piece => ({
  key: `attached/${row.oid}`,
  name: `partition ${row.sql}`,
  section: 'Tables',
  sort: [row.schema, row.name, 'attached'],
  statements: [`ALTER TABLE ONLY ${row.parents[0]?.sql} ATTACH PARTITION ${row.sql} ${row.bound}`],
  on: [keyOf('pg_class', row.oid), keyOf('pg_class', row.parents[0]?.oid ?? 0)],
})

const inheritPiece = ({ row, inherits }: TableShape): Piece => ({
  key: `attached/${row.oid}`,
  name: `inheritance of ${row.sql}`,
  section: 'Tables',
  sort: [row.schema, row.name, 'attached'],
  statements: row.parents
    .slice(inherits)
    .map((parent) => `ALTER ${row.kind === 'f' ? 'FOREIGN ' : ''}TABLE ${row.sql} INHERIT ${parent.sql}`),
  on: [row, ...row.parents].map(({ oid }) => keyOf('pg_class', oid)),
})

/** Where the default reads: in the column, in a statement of its own, or (as its parent's, or a serial's) nowhere. */
const defaultPieces = (
  shape: TableShape,
  tables: ReadonlyMap<number, TableShape>,
  serials: ReadonlyMap<string, SerialSequence>,
): readonly Piece[] => {
  const { row, columns, as } = shape
  return columns.flatMap((column): Piece[] => {
    const { defaultOid, expression, generated } = column
    if (defaultOid === null || expression === null || serials.has(`${row.oid}.${column.number}`)) return []
    const above = columnAbove(shape, tables, column.name)
    const isGiven = as === 'partition' || (as === 'table' && !column.isLocal)
    const isSame = isGiven && above?.expression === expression && above.generated === generated
    const table = keyOf('pg_class', row.oid)
    const text =
      generated === ''
        ? `DEFAULT ${expression}`
        : `GENERATED ALWAYS AS (${expression}) ${generated === 's' ? 'STORED' : 'VIRTUAL'}`
    const piece = {
      key: keyOf('pg_attrdef', defaultOid),
      name: `default of ${row.sql}.${column.sql}`,
      section: 'Tables' as const,
      sort: [row.schema, row.name, column.name],
    }
    if (isSame) return [{ ...piece, statements: [], on: [table] }]
    const statements = [setColumn(row, column, `SET ${text}`)]
    const isWritten = (as !== 'table' || column.isLocal) && row.ofType === null
    if (!isWritten) return [{ ...piece, statements, on: [table] }]
    return [
      { ...piece, statements, inline: { table, column: column.number, text, isRequired: generated !== '' } },
    ]
  })
}

export const readTablePieces = async (source: Source): Promise<readonly Piece[]> => {
  const serials = await serialSequences(source)
  const shapes = [...source.tables.values()]
  return [
    ...shapes.map((shape) => tablePiece(shape, source.tables, serials)),
    ...shapes.filter(({ as }) => as === 'attached').map(attachPiece),
    ...shapes
      .filter(({ as, row, inherits }) => as === 'table' && row.parents.length > inherits)
      .map(inheritPiece),
    ...shapes.flatMap((shape) => defaultPieces(shape, source.tables, serials)),
  ]
}
