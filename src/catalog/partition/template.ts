/**
 * Partitions are compared with their parent and listed only where they differ: a month that is added, with the same
 * policy, grants and triggers as its parent, changes nothing in what has to be proven. A table that only inherits is a
 * table of its own: what its parent does not keep there can be lost there alone, and is listed.
 */
import { parentsOf } from '../parents.ts'
import type { Structure } from '../structure.ts'
import type { Table } from '../table.ts'
import { partitionParent } from './whole.ts'

/** Whether PostgreSQL keeps it alike below a table that others inherit from: it can neither go nor change there alone. */
type IsKeptBelow<Facts> = (structure: Structure<Facts>) => boolean

/** The structure of the parent that this one repeats; null when it is of no partition, is its table's own, or differs. */
const templateOf = <Facts>(
  structure: Structure<Facts>,
  byId: ReadonlyMap<string, Structure<Facts>>,
  tables: ReadonlyMap<string, Table>,
  isKeptBelow: IsKeptBelow<Facts>,
): Structure<Facts> | null => {
  if (structure.table === null) return null
  const table = tables.get(structure.table)
  if (table && partitionParent({ tables }, table) === null && !isKeptBelow(structure)) return null
  const detail = structure.id.slice(structure.table.length)
  const templates = table ? parentsOf(table).map((parent) => byId.get(parent + detail)) : []
  return templates.find((template) => template?.definition === structure.definition) ?? null
}

/**
 * Leaves out what a partition has exactly as its parent (or the parent's parent) has it, and of a table that inherits what
 * its parent keeps there.
 */
export const withoutTemplated = <Facts>(
  structures: readonly Structure<Facts>[],
  tables: ReadonlyMap<string, Table>,
  isKeptBelow: IsKeptBelow<Facts> = () => false,
): readonly Structure<Facts>[] => {
  const byId = new Map(structures.map((s) => [s.id, s]))
  return structures.filter((structure) => templateOf(structure, byId, tables, isKeptBelow) === null)
}

/** The same, each with the relations (`"schema"."partition"`) that repeat it, so that it can be broken there too. */
export const withFollowers = <Facts extends { readonly relation: string }>(
  structures: readonly Structure<Facts>[],
  tables: ReadonlyMap<string, Table>,
): readonly Structure<Facts & { readonly followers: readonly string[] }>[] => {
  const byId = new Map(structures.map((s) => [s.id, s]))
  const followers = new Map<string, string[]>()
  const listed = structures.filter((structure) => {
    const template = templateOf(structure, byId, tables, () => false)
    if (template)
      followers.set(template.id, [...(followers.get(template.id) ?? []), structure.facts.relation])
    return template === null
  })
  return listed.map((s) => ({
    ...s,
    facts: { ...s.facts, followers: (followers.get(s.id) ?? []).toSorted() },
  }))
}
