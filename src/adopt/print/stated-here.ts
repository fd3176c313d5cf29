/** Which structure of a column a table's own declaration states: of a partition only what its whole does not have. */
import { partitionParent } from '../../catalog/partition/whole.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { structureId } from '../../ground/names.ts'
import { ownOrInherited } from '../../rules/inherited.ts'

/** Its id; null where the table has none, or where the whole says it. */
export const statedHere = (
  catalog: Catalog,
  table: Table,
  kind: string,
  ...details: readonly string[]
): string | null => {
  if (partitionParent(catalog, table) === null) return ownOrInherited(catalog, table.id, kind, ...details)
  const own = structureId(table.id, kind, ...details)
  return catalog.structures.has(own) ? own : null
}
