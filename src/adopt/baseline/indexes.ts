/** Primary keys, unique and exclusion constraints and indexes; on partitioned tables with the indexes of the partitions. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Inline, type Piece, type Source } from './piece.ts'
import { assignedOptions, quotedName } from '../../catalog/quoted-sql.ts'

interface IndexRow {
  readonly oid: number
  readonly table: number
  readonly schema: string
  readonly tableSchema: string
  readonly tableName: string
  readonly tableKind: 'r' | 'p' | 'm'
  readonly on: string
  readonly name: string
  readonly sql: string
  /** The name alone: CREATE INDEX takes no schema. */
  readonly bare: string
  readonly unique: boolean
  /** `USING btree (…)` and what follows. */
  readonly rest: string
  readonly options: string | null
  readonly constraint: number | null
  readonly constraintType: 'p' | 'u' | 'x' | null
  readonly text: string | null
  readonly parent: number | null
  readonly isPartitioned: boolean
  /** The name that PostgreSQL gives to the index of a partition by itself; null where it would have to be cut. */
  readonly ownName: string | null
  /** Foreign keys stand on it, and not on another key of the same columns: they take the one that is made first. */
  readonly isPreferred: boolean
  readonly isClustered: boolean
  readonly isReplicaIdentity: boolean
  readonly statistics: readonly { readonly column: number; readonly target: number }[]
}

const indexesSql = `
  select c.oid::bigint as oid, i.indrelid::bigint as table, n.nspname as schema, tn.nspname as "tableSchema", t.relname as "tableName",
    t.relkind as "tableKind", ${quotedName('tn', 't.relname')} as on, c.relname as name, ${quotedName('n', 'c.relname')} as sql,
    pg_catalog.quote_ident(c.relname) as bare, i.indisunique as unique,
    substr(pg_catalog.pg_get_indexdef(c.oid), 2 + length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I',
      case when i.indisunique then 'UNIQUE ' else '' end, c.relname,
      case when c.relkind = 'I' then 'ONLY ' else '' end, tn.nspname, t.relname))) as rest,
    ${assignedOptions('c.reloptions')} as options,
    k.oid::bigint as constraint, k.contype as "constraintType", pg_catalog.pg_get_constraintdef(k.oid) as text,
    (select h.inhparent::bigint from pg_catalog.pg_inherits h where h.inhrelid = c.oid) as parent,
    c.relkind = 'I' as "isPartitioned",
    (select case when octet_length(o.name) < 64 then o.name end from (select t.relname || coalesce(case when k.contype = 'p' then '' else
        (select '_' || string_agg(a.attname, '_' order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = c.oid) end, '')
      || case k.contype when 'p' then '_pkey' when 'u' then '_key' when 'x' then '_excl' else '_idx' end as name) o) as "ownName",
    exists (select from pg_catalog.pg_constraint f where f.contype = 'f' and f.conindid = c.oid)
      and exists (select from pg_catalog.pg_index twin where twin.indrelid = i.indrelid and twin.indexrelid <> c.oid and twin.indisunique
        and twin.indnkeyatts = i.indnkeyatts
        and not exists (select from generate_series(0, i.indnkeyatts - 1) at where i.indkey[at] <> all (twin.indkey::int2[]))) as "isPreferred",
    i.indisclustered as "isClustered", i.indisreplident as "isReplicaIdentity",
    (select coalesce(json_agg(json_build_object('column', a.attnum, 'target', a.attstattarget) order by a.attnum), '[]'::json)
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and coalesce(a.attstattarget, -1) >= 0) as statistics
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class t on t.oid = i.indrelid and t.relkind in ('r', 'p', 'm')
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  left join pg_catalog.pg_constraint k on k.conindid = c.oid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
  where ${userSchema('tn')} and ${notOfExtension('pg_class', 't.oid')}`

interface Tree {
  readonly children: ReadonlyMap<number, readonly IndexRow[]>
  /** Of every index of a tree: whether PostgreSQL makes the partitions' indexes by itself, names and all. */
  readonly isGiven: (row: IndexRow) => boolean
}

const treeOf = (rows: readonly IndexRow[], partitions: ReadonlyMap<number, readonly number[]>): Tree => {
  const byOid = new Map(rows.map((row) => [row.oid, row]))
  const children = new Map<number, IndexRow[]>()
  for (const row of rows) {
    if (row.parent === null) continue
    const list = children.get(row.parent)
    if (list) list.push(row)
    else children.set(row.parent, [row])
  }
  const rootOf = (row: IndexRow): IndexRow => {
    const parent = row.parent === null ? undefined : byOid.get(row.parent)
    return parent ? rootOf(parent) : row
  }
  /** An index that was made for the parent alone has none in some partition. */
  const isWhole = (row: IndexRow): boolean =>
    (children.get(row.oid) ?? []).length === (partitions.get(row.table) ?? []).length
  const isPlain = (row: IndexRow, root: IndexRow): boolean =>
    (!row.isPartitioned || isWhole(row)) &&
    (children.get(row.oid) ?? []).every(
      (child) =>
        child.name === child.ownName &&
        child.options === root.options &&
        child.constraintType === root.constraintType &&
        isPlain(child, root),
    )
  const given = new Map<number, boolean>()
  const isGiven = (row: IndexRow): boolean => {
    const root = rootOf(row)
    const known = given.get(root.oid) ?? isPlain(root, root)
    given.set(root.oid, known)
    return known
  }
  return { children, isGiven }
}

const sortOf = (row: IndexRow): readonly string[] => [
  row.tableSchema,
  row.tableName,
  row.isPreferred ? '' : row.name,
]

/** What is said of an index after it is made. */
const afterwards = (row: IndexRow): readonly string[] => [
  ...(row.isClustered
    ? [
        `ALTER ${row.tableKind === 'm' ? 'MATERIALIZED VIEW' : 'TABLE'}${row.tableKind === 'm' ? '' : ' ONLY'} ${row.on} CLUSTER ON ${row.bare}`,
      ]
    : []),
  ...(row.isReplicaIdentity ? [`ALTER TABLE ONLY ${row.on} REPLICA IDENTITY USING INDEX ${row.bare}`] : []),
  ...row.statistics.map(
    ({ column, target }) => `ALTER INDEX ${row.sql} ALTER COLUMN ${column} SET STATISTICS ${target}`,
  ),
]

const nameOf = (row: IndexRow): string =>
  row.constraint === null ? `index ${row.sql}` : `constraint ${row.bare} on ${row.on}`

/** PostgreSQL leaves the storage parameters out of the text of a key; they stand before what is said of deferring. */
const constraintText = ({ text, options, constraintType }: IndexRow): string => {
  if (options === null || constraintType === 'x') return text ?? ''
  return (text ?? '').replace(
    /(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?$/u,
    (tail) => ` WITH (${options})${tail}`,
  )
}

const makeIndex = (row: IndexRow, only: string): string =>
  row.constraint === null
    ? `CREATE ${row.unique ? 'UNIQUE ' : ''}INDEX ${row.bare} ON ${only}${row.on} ${row.rest}`
    : `ALTER TABLE ${only}${row.on} ADD CONSTRAINT ${row.bare} ${constraintText(row)}`

const rowsOf = ({ constraint }: IndexRow): readonly string[] =>
  constraint === null ? [] : [keyOf('pg_constraint', constraint)]

/** The table, and its being a partition where that is a statement of its own. */
const standing = (table: number, { tables }: Source): readonly string[] => [
  keyOf('pg_class', table),
  ...(tables.get(table)?.as === 'attached' ? [keyOf('attached', table)] : []),
]

const piecesOf = (row: IndexRow, { children, isGiven }: Tree, source: Source): readonly Piece[] => {
  const key = keyOf('pg_class', row.oid)
  const table = keyOf('pg_class', row.table)
  const ofView = row.tableKind === 'm'
  const given = isGiven(row)
  const base = { key, rows: rowsOf(row), name: nameOf(row), sort: sortOf(row) }
  const section = ofView
    ? ('Views' as const)
    : row.constraint === null
      ? ('Indexes' as const)
      : ('Keys and checks' as const)
  const whole: Piece = {
    key: `whole/${row.oid}`,
    name: nameOf(row),
    section,
    sort: [...sortOf(row), 'whole'],
    statements: afterwards(row),
    on: [key, table, ...(children.get(row.oid) ?? []).map((child) => `whole/${child.oid}`)],
  }
  if (row.parent !== null && given) {
    // The index of the parent brings it along, once there is the partition.
    return [
      {
        ...base,
        section,
        statements: [],
        on: [...standing(row.table, source), keyOf('pg_class', row.parent)],
      },
      whole,
    ]
  }
  const isTop = row.parent === null
  const only = (row.isPartitioned && !given) || (!isTop && row.constraint !== null) ? 'ONLY ' : ''
  const made: Piece = { ...base, section, statements: [makeIndex(row, only)], on: [table] }
  if (given && row.constraint !== null && isTop && !ofView) {
    const inline: Inline = { table, column: null, text: `CONSTRAINT ${row.bare} ${constraintText(row)}` }
    return [{ ...made, inline }, whole]
  }
  return [made, whole]
}

/** An index that is not given by its parent's is attached to it; by then every partition has to be there. */
const attachments = (rows: readonly IndexRow[], { isGiven }: Tree, source: Source): readonly Piece[] => {
  const byOid = new Map(rows.map((row) => [row.oid, row]))
  return rows.flatMap((row): Piece[] => {
    const parent = row.parent === null ? undefined : byOid.get(row.parent)
    if (!parent || isGiven(row)) return []
    return [
      {
        key: `attach/${row.oid}`,
        name: nameOf(row),
        section: row.constraint === null ? 'Indexes' : 'Keys and checks',
        sort: [parent.tableSchema, parent.tableName, parent.name, 'attach', row.name],
        statements: [`ALTER INDEX ${parent.sql} ATTACH PARTITION ${row.sql}`],
        on: [
          ...standing(row.table, source),
          keyOf('pg_class', row.oid),
          keyOf('pg_class', parent.oid),
          `whole/${row.oid}`,
        ],
      },
    ]
  })
}

/** The partitions of every partitioned table. */
const partitionsIn = ({ tables }: Source): ReadonlyMap<number, readonly number[]> => {
  const children = new Map<number, number[]>()
  for (const [oid, { row }] of tables) {
    const parent = row.bound === null ? undefined : row.parents[0]?.oid
    if (parent === undefined) continue
    const list = children.get(parent)
    if (list) list.push(oid)
    else children.set(parent, [oid])
  }
  return children
}

export const readIndexes: Family = async (source) => {
  const rows = await source.db.json<IndexRow>(indexesSql)
  const partitions = partitionsIn(source)
  const tree = treeOf(rows, partitions)
  const below = (table: number): readonly number[] =>
    (partitions.get(table) ?? []).flatMap((oid) => [oid, ...below(oid)])
  const later = (row: IndexRow, piece: Piece): Piece => {
    if (!row.isPartitioned || tree.isGiven(row)) return piece
    const on = piece.on ?? []
    // Made after its partitions, which would get an index of another name from it.
    if (piece.key === keyOf('pg_class', row.oid))
      return { ...piece, on: [...on, ...below(row.table).flatMap((oid) => standing(oid, source))] }
    const attached = (tree.children.get(row.oid) ?? []).map((child) => `attach/${child.oid}`)
    return { ...piece, on: [...on, ...attached] }
  }
  return [
    ...rows.flatMap((row) => piecesOf(row, tree, source).map((piece) => later(row, piece))),
    ...attachments(rows, tree, source),
  ]
}
