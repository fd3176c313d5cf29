/** Whether a trigger's function is only ever run by its own owner: then it does the same with its caller's rights and with its owner's. */
import type { GrantFacts } from './grant.ts'
import type { Catalog, Structure } from './structure.ts'
import type { Table } from './table.ts'

/** What this file needs of function.ts's facts. */
export interface OwnedFunction {
  readonly owner: string
  readonly isTrigger: boolean
}

const writes = new Set(['insert', 'update', 'delete', 'truncate', 'maintain'])

const withPartitions = (table: Table, catalog: Catalog): readonly Table[] => [
  table,
  ...[...catalog.tables.values()]
    .filter((t) => t.partitionOf === table.id)
    .flatMap((t) => withPartitions(t, catalog)),
]

const isWrittenByOthers = (table: Table, owner: string, catalog: Catalog): boolean =>
  table.owner !== owner ||
  (catalog.of(table.id, 'grant') as readonly Structure<GrantFacts>[]).some(
    ({ facts }) =>
      facts.grantee !== owner &&
      facts.privileges.some(({ privilege }) => writes.has(privilege.toLowerCase())),
  )

/** Null when somebody else may run it, or nothing runs it. */
export const runByItsOwnerAlone = (structure: Structure<OwnedFunction>, catalog: Catalog): string | null => {
  const { owner, isTrigger } = structure.facts
  const triggers = catalog.dependents(structure.id).filter((s) => s.kind === 'trigger')
  if (!isTrigger || triggers.length === 0) return null
  const tables = triggers.map((trigger) => catalog.tables.get(trigger.table ?? ''))
  const isOwners = tables.every(
    (table) =>
      table !== undefined &&
      withPartitions(table, catalog).every((t) => !isWrittenByOthers(t, owner, catalog)),
  )
  return isOwners ? `nobody but ${owner}, its owner, may write where it is called` : null
}
