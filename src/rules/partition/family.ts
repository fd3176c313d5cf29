/** The tables that lie below a table: its partitions and what inherits from it, with a row in one that inherits. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'

/** Nearest first, in the catalog's order. */
export const allBelow = (catalog: Catalog, table: string): readonly Table[] => {
  const children = [...catalog.tables.values()].filter((t) => t.partitionOf === table)
  return [...children, ...children.flatMap((child) => allBelow(catalog, child.id))]
}

export interface PlacedRow {
  readonly row: Row
  /** Puts it there. */
  readonly insert: string
}

/** What only inherits has no bounds: nothing lands there by itself, and the row is put there directly. */
export const rowIn = async (
  { db, rows }: RuleContext,
  world: World,
  part: Table,
  row: Row,
): Promise<PlacedRow | null> => {
  const insert = rows.insert(part, row)
  const found = await tryOut(db, world, { given: [insert], when: [`select 1 from ${qualified(part)}`] })
  return isTaken(found) && found.affected === 1 ? { row, insert } : null
}
