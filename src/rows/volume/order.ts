/**
 * Which tables are filled, in which order, and which of their foreign keys are followed. Tables that require one another
 * are one circle: neither can be first, so their rows are written together. Pure.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { ReferenceFact, TableFacts } from '../facts.ts'

export interface FillOrder {
  /** Relation ids, parents first; those of one circle stand side by side. */
  readonly tables: readonly string[]
  /** Those whose targets are filled before. */
  readonly references: (table: string) => readonly ReferenceFact[]
  /** Those that cannot be null and lead to a table of the same circle. */
  readonly beside: (table: string) => readonly ReferenceFact[]
  /** Those that may be null and lead to a table that is filled later: null first, then an update. */
  readonly later: (table: string) => readonly ReferenceFact[]
  /** Tables that require one another, this one among them; empty without such. */
  readonly circle: (table: string) => readonly string[]
}

/** Rows are put into a partitioned table as a whole, never into one of its parts, and never onto another server. */
const isFilled = (table: Table, catalog: Catalog): boolean =>
  (table.kind === 'table' || table.kind === 'partitioned') &&
  (table.partitionOf === null || catalog.tables.get(table.partitionOf)?.kind !== 'partitioned')

const isRequired = ({ table }: TableFacts, { columns, full }: ReferenceFact): boolean => {
  const notNull = (name: string): boolean => table.columns.some((c) => c.name === name && c.notNull)
  return full ? columns.some(notNull) : columns.every(notNull)
}

type Edges = ReadonlyMap<string, readonly string[]>

/** All that edges lead to, the start itself only where a way leads back to it. */
const reachedFrom = (start: string, edges: Edges): ReadonlySet<string> => {
  const seen = new Set<string>()
  const open = [...(edges.get(start) ?? [])]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    open.push(...(edges.get(next) ?? []))
  }
  return seen
}

/** By table those that it requires and that require it, itself among them. */
const circlesOf = (ids: readonly string[], edges: Edges): ReadonlyMap<string, readonly string[]> => {
  const reached = new Map(ids.map((id) => [id, reachedFrom(id, edges)]))
  return new Map(
    ids.map((id) => [
      id,
      ids.filter((other) => other === id || (reached.get(id)!.has(other) && reached.get(other)!.has(id))),
    ]),
  )
}

export const orderTables = (facts: ReadonlyMap<string, TableFacts>, catalog: Catalog): FillOrder => {
  const ids = [...facts.keys()].filter((id) => isFilled(facts.get(id)!.table, catalog)).toSorted()
  const known = new Set(ids)
  const ofTable = (id: string, required: boolean): readonly ReferenceFact[] => {
    const own = facts.get(id)!
    return own.references.filter((ref) => known.has(ref.target) && isRequired(own, ref) === required)
  }
  const required = new Map(ids.map((id) => [id, ofTable(id, true).map(({ target }) => target)]))
  const circles = circlesOf(ids, required)
  /** Circles stand for their tables. */
  const nodeOf = (id: string): string => circles.get(id)![0]!
  const followed = new Map<string, ReferenceFact[]>(ids.map((id) => [id, []]))
  const beside = new Map<string, ReferenceFact[]>(ids.map((id) => [id, []]))
  const later = new Map<string, ReferenceFact[]>(ids.map((id) => [id, []]))
  const ways = new Map<string, string[]>(ids.map((id) => [nodeOf(id), []]))
  const follow = (id: string, ref: ReferenceFact): void => {
    followed.get(id)!.push(ref)
    if (nodeOf(ref.target) !== nodeOf(id)) ways.get(nodeOf(id))!.push(nodeOf(ref.target))
  }
  for (const id of ids)
    for (const ref of ofTable(id, true))
      if (ref.target !== id && nodeOf(ref.target) === nodeOf(id)) beside.get(id)!.push(ref)
      else follow(id, ref)
  for (const id of ids)
    for (const ref of ofTable(id, false)) {
      const node = nodeOf(ref.target)
      const isCircle = node === nodeOf(id) || reachedFrom(node, ways).has(nodeOf(id))
      if (ref.target !== id && isCircle) later.get(id)!.push(ref)
      else follow(id, ref)
    }

  const tables: string[] = []
  const placed = new Set<string>()
  const place = (node: string): void => {
    if (placed.has(node)) return
    placed.add(node)
    for (const other of ways.get(node) ?? []) place(other)
    tables.push(...circles.get(node)!)
  }
  for (const id of ids) place(nodeOf(id))
  return {
    tables,
    references: (id) => followed.get(id) ?? [],
    beside: (id) => beside.get(id) ?? [],
    later: (id) => later.get(id) ?? [],
    circle: (id) => {
      const found = circles.get(id) ?? []
      return found.length > 1 ? found : []
    },
  }
}
