/** Which tables are filled, in which order, and which of their foreign keys are followed. Pure. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { ReferenceFact, TableFacts } from '../facts.ts'

export interface FillOrder {
  /** Relation ids, parents first. */
  readonly tables: readonly string[]
  /** Those that are followed; of the others the columns stay null. */
  readonly references: (table: string) => readonly ReferenceFact[]
  /** A table that needs this one, and that this one needs: neither can be first. Null without such a one. */
  readonly circle: (table: string) => string | null
}

/** Rows are put into a partitioned table as a whole, never into one of its parts, and never onto another server. */
const isFilled = (table: Table, catalog: Catalog): boolean =>
  (table.kind === 'table' || table.kind === 'partitioned') &&
  (table.partitionOf === null || catalog.tables.get(table.partitionOf)?.kind !== 'partitioned')

const isRequired = ({ table }: TableFacts, { columns, full }: ReferenceFact): boolean => {
  const notNull = (name: string): boolean => table.columns.some((c) => c.name === name && c.notNull)
  return full ? columns.some(notNull) : columns.every(notNull)
}

export const orderTables = (facts: ReadonlyMap<string, TableFacts>, catalog: Catalog): FillOrder => {
  const ids = [...facts.keys()].filter((id) => isFilled(facts.get(id)!.table, catalog)).toSorted()
  const followed = new Map<string, ReferenceFact[]>(ids.map((id) => [id, []]))
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true
    if (seen.has(from)) return false
    seen.add(from)
    return (followed.get(from) ?? []).some((ref) => ref.target !== from && reaches(ref.target, to, seen))
  }
  const circles = new Map<string, string>()
  const take = (id: string, references: readonly ReferenceFact[], isHard: boolean): void => {
    for (const ref of references) {
      if (!followed.has(ref.target)) continue
      if (ref.target === id || !reaches(ref.target, id)) followed.get(id)!.push(ref)
      else if (isHard) circles.set(id, ref.target)
    }
  }
  const ofTable = (id: string, required: boolean): readonly ReferenceFact[] => {
    const own = facts.get(id)!
    return own.references.filter((ref) => isRequired(own, ref) === required)
  }
  for (const id of ids) take(id, ofTable(id, true), true)
  for (const id of ids) take(id, ofTable(id, false), false)

  const tables: string[] = []
  const placed = new Set<string>()
  const place = (id: string): void => {
    if (placed.has(id)) return
    placed.add(id)
    for (const ref of followed.get(id) ?? []) place(ref.target)
    tables.push(id)
  }
  for (const id of ids) place(id)
  return { tables, references: (id) => followed.get(id) ?? [], circle: (id) => circles.get(id) ?? null }
}
