/**
 * Partitions are compared with their parent and listed only where they differ: a month that is added, with the same
 * policy, grants and triggers as its parent, changes nothing in what has to be proven.
 */
import type { Structure } from './structure.ts'
import type { Table } from './table.ts'

/** Leaves out what a partition has exactly as its parent (or the parent's parent) has it. */
export const withoutTemplated = <Facts>(
  structures: readonly Structure<Facts>[],
  tables: ReadonlyMap<string, Table>,
): readonly Structure<Facts>[] => {
  const definitions = new Map(structures.map((s) => [s.id, s.definition]))
  const isTemplated = (structure: Structure<Facts>): boolean => {
    if (structure.table === null) return false
    const parent = tables.get(structure.table)?.partitionOf ?? null
    if (parent === null) return false
    const inParent = parent + structure.id.slice(structure.table.length)
    return definitions.get(inParent) === structure.definition
  }
  return structures.filter((structure) => !isTemplated(structure))
}
