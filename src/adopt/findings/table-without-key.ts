/** A table whose rows nothing tells apart. */
import { structureId } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { partitionParent } from '../../catalog/partition/whole.ts'
import type { Column, Table } from '../../catalog/table.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { columnsOfIndex, indexesOfTable, type TableIndex } from './table-indexes.ts'

const tellsRowsApart = (index: TableIndex): boolean =>
  index.isUnique &&
  index.facts.predicate === null &&
  columnsOfIndex(index).every(
    (name) => index.table.columns.find((column) => column.name === name)?.notNull === true,
  )

const numbered = (column: Column | undefined): boolean =>
  column !== undefined && (column.identity !== null || column.default !== null) && column.notNull

const mendOf = (table: Table): string => {
  const id = table.columns.find(({ name }) => name === 'id')
  const alter = `alter table ${qualified(table)}`
  if (numbered(id)) return `${alter} add primary key (${ident('id')});`
  const name = id === undefined ? 'id' : 'row_id'
  return `${alter} add column ${ident(name)} bigint generated always as identity primary key;`
}

const finding = (table: Table): Finding => ({
  code: 'adopt.table-without-key',
  severity: 'warning',
  structure: structureId(table.id, 'table'),
  summary: `${table.id}: no primary key, and no unique key over columns that refuse null`,
  reason: 'a table has no key',
  why: 'the same row can stand in it twice, no statement can name one of the two, and logical replication refuses its updates and deletes',
  fix: `make the columns that tell its rows apart its primary key, or number its rows:\n${mendOf(table)}`,
})

/** Partitions have the key of their parent; a child by inheritance has none of it. */
export const tableWithoutKey: FindingKind = {
  codes: ['adopt.table-without-key'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()]
      .filter((table) => table.kind === 'table' && partitionParent(catalog, table) === null)
      .filter((table) => table.columns.length > 0 && !indexesOfTable(catalog, table).some(tellsRowsApart))
      .map(finding),
}
