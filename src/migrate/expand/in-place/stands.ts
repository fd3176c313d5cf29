/** Columns on which something stands that can have no other beside it, or that would have to be built anew for nothing. */
import { structureId } from '../../../ground/names.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'

/** A table has one of it, it cannot be built while writers go on, or it reads the column. */
const stay: ReadonlySet<string> = new Set([
  'primaryKey',
  'references',
  'excludes',
  'generated',
  'identity',
  'view',
  'materializedView',
  'rule',
  'function',
  'publication',
])

/** A sequence that a column owns goes with it. */
const drawsNumbers = (table: Table, column: string): boolean =>
  /\bnextval\(/iu.test(table.columns.find(({ name }) => name === column)?.default ?? '')

export const standsInPlace = (catalog: Catalog, table: Table, column: string): boolean => {
  const id = structureId(table.id, 'column', column)
  return (
    drawsNumbers(table, column) ||
    [...catalog.structures.values()].some((one) => one.dependsOn.includes(id) && stay.has(one.kind))
  )
}
