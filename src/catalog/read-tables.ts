/** Reads every table of the user's schemas with its columns, in two queries whatever the size of the database. */
import { relationId, type RelationName } from '../ground/names.ts'
import type { Session } from '../postgres/session.ts'
import type { Column, Table } from './table.ts'
import { columnsSql, tablesSql } from './tables-sql.ts'

interface TableRow extends Omit<Table, 'id' | 'partitionOf' | 'otherParents' | 'columns'> {
  readonly parentSchema: string | null
  readonly parentName: string | null
  readonly moreParents: readonly RelationName[] | null
}

interface ColumnRow extends Column {
  readonly tableOid: number
}

const byTable = (rows: readonly ColumnRow[]): ReadonlyMap<number, readonly Column[]> => {
  const columns = new Map<number, Column[]>()
  for (const { tableOid, ...column } of rows) {
    const list = columns.get(tableOid)
    if (list) list.push(column)
    else columns.set(tableOid, [column])
  }
  return columns
}

const parentId = ({ parentSchema, parentName }: TableRow): string | null =>
  parentSchema === null || parentName === null ? null : relationId({ schema: parentSchema, name: parentName })

/** By relation id, in order of schema and name. Texts are canonical only when the search_path is empty: see readCatalog. */
export const readTables = async (db: Session): Promise<ReadonlyMap<string, Table>> => {
  const [tables, columnRows] = await Promise.all([
    db.json<TableRow>(tablesSql),
    db.json<ColumnRow>(columnsSql),
  ])
  const columns = byTable(columnRows)
  return new Map(
    tables.map((row): [string, Table] => {
      const { parentSchema: _schema, parentName: _name, moreParents, ...facts } = row
      const id = relationId(row)
      const own = { ...facts, id, partitionOf: parentId(row), columns: columns.get(row.oid) ?? [] }
      return [id, moreParents === null ? own : { ...own, otherParents: moreParents.map(relationId) }]
    }),
  )
}
