/** How DDL on a table and its columns begins. */
import { ident, qualified } from '../postgres/quote.ts'
import type { Catalog, Structure } from './structure.ts'
import type { Column, Table } from './table.ts'

export const alterTable = (table: Table): string => `alter table ${qualified(table)}`

export const alterColumn = (table: Table, column: string): string =>
  `${alterTable(table)} alter column ${ident(column)}`

/** The table that a structure was read with: readers list structures of known tables only. */
export const tableOf = (structure: Structure, catalog: Catalog): Table =>
  catalog.tables.get(structure.table ?? '')!

export const columnOf = (table: Table, name: string): Column => table.columns.find((c) => c.name === name)!

/** By oid, as the rows of the readers name them. */
export const tablesByOid = (tables: ReadonlyMap<string, Table>): ReadonlyMap<number, Table> =>
  new Map([...tables.values()].map((table) => [table.oid, table]))
