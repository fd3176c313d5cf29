/** A generated column made again where it may be missing, or be an ordinary one: no column becomes generated in place. */
import { ident } from '../postgres/quote.ts'
import { alterTable, columnOf } from './alter.ts'
import { columnKeys, whileAway } from './dependency/dependents.ts'
import type { Catalog } from './structure.ts'
import type { Table } from './table.ts'

export const readdGenerated = (catalog: Catalog, table: Table, name: string): string => {
  const column = columnOf(table, name)
  const alter = alterTable(table)
  const collation = column.collation === null ? '' : ` collate ${column.collation}`
  const notNull = catalog.of(table.id, 'required').some((s) => s.name === name) ? ' not null' : ''
  const generation = `generated always as (${column.default}) ${column.generated}${notNull}`
  const extras = catalog.dependencies.find(table.id, 'generated column', name)?.column?.extras ?? []
  return whileAway(catalog, columnKeys(catalog, table.id, name), () => true, [
    `${alter} drop column if exists ${ident(name)}`,
    `${alter} add column ${ident(name)} ${column.type}${collation} ${generation}`,
    ...extras,
  ])
}
