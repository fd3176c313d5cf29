/** How each table is best written: with its columns, as a partition of its parent, or beside it and then attached. */
import type { Session } from '../../postgres/session.ts'
import { columnsSql, tablesSql, type ColumnRow, type TableRow } from './tables-sql.ts'

export interface TableShape {
  readonly row: TableRow
  readonly columns: readonly ColumnRow[]
  /** `partition`: PARTITION OF says its columns. `attached`: written like any table, then attached. */
  readonly as: 'table' | 'partition' | 'attached'
  /** How many of its parents INHERITS says; it inherits the others when it stands. */
  readonly inherits: number
}

/** The columns that INHERITS gives a table, in their order, and then its own. */
const namesWith = (
  own: readonly ColumnRow[],
  parents: readonly (readonly ColumnRow[])[],
): readonly string[] => [...new Set([...parents.flat(), ...own].map(({ name }) => name))]

/** As many parents as leave its columns in their order and bring all that it does not declare. */
const parentsAtOnce = (own: readonly ColumnRow[], parents: readonly (readonly ColumnRow[])[]): number => {
  for (let count = parents.length; count > 0; count -= 1) {
    const first = parents.slice(0, count)
    const given = new Set(first.flat().map(({ name }) => name))
    const names = namesWith(own, first)
    const isWhole = own.every(({ isLocal, name }) => isLocal || given.has(name))
    if (isWhole && names.length === own.length && own.every(({ name }, i) => name === names[i])) return count
  }
  return own.every(({ isLocal }) => isLocal) ? 0 : parents.length
}

/** Whether PARTITION OF gives it the columns that it has. */
const followsParent = (columns: readonly ColumnRow[], parent: readonly ColumnRow[]): boolean =>
  columns.length === parent.length &&
  columns.every((column, i) => {
    const of = parent[i]
    return (
      of !== undefined &&
      of.name === column.name &&
      of.type === column.type &&
      of.collation === column.collation &&
      of.generated === column.generated &&
      of.identity === column.identity &&
      of.compression === column.compression &&
      (column.notNull || !of.notNull) &&
      (column.generated === '' || column.expression === of.expression)
    )
  })

export const readTableShapes = async (db: Session): Promise<ReadonlyMap<number, TableShape>> => {
  const rows = await db.json<TableRow>(tablesSql)
  const columns = new Map<number, ColumnRow[]>()
  for (const column of await db.json<ColumnRow>(columnsSql)) {
    const list = columns.get(column.table)
    if (list) list.push(column)
    else columns.set(column.table, [column])
  }
  const of = (oid: number | undefined): readonly ColumnRow[] => columns.get(oid ?? 0) ?? []
  return new Map(
    rows.map((row): [number, TableShape] => {
      const own = of(row.oid)
      const isPartition = row.bound !== null && row.kind !== 'f'
      const as =
        row.bound === null
          ? 'table'
          : isPartition && followsParent(own, of(row.parents[0]?.oid))
            ? 'partition'
            : 'attached'
      const parents = row.parents.map(({ oid }) => of(oid))
      const inherits = as === 'table' ? parentsAtOnce(own, parents) : 0
      return [row.oid, { row, columns: own, as, inherits }]
    }),
  )
}
