/** Every index of a table in one list, whatever the kind of structure that it serves, and which of them say the same. */
import { indexesOf } from '../../catalog/index.ts'
import type { KeyFacts, KeyPart } from '../../catalog/key/key.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { uniquesOf } from '../../catalog/unique.ts'

export interface TableIndex {
  readonly table: Table
  readonly structure: Structure<KeyFacts>
  readonly facts: KeyFacts
  readonly isPrimary: boolean
  readonly isUnique: boolean
  readonly isValid: boolean
  /** A foreign key leads to it. */
  readonly isReferenced: boolean
}

/** Exclusion constraints are not among them: their operators say what they are for. */
export const indexesOfTable = (catalog: Catalog, table: Table): readonly TableIndex[] => {
  const toIndex = (structure: Structure<KeyFacts>): TableIndex => ({
    table,
    structure,
    facts: structure.facts,
    isPrimary: structure.kind === 'primaryKey',
    isUnique: structure.kind !== 'index',
    // catalog/key/read.ts writes it behind the definition of an index that PostgreSQL does not use.
    isValid: !structure.definition.endsWith(' INVALID'),
    isReferenced:
      structure.kind !== 'index' &&
      catalog.dependents(structure.id).some(({ kind }) => kind === 'references'),
  })
  return [
    ...primaryKeysOf(catalog, table.id),
    ...uniquesOf(catalog, table.id),
    ...indexesOf(catalog, table.id),
  ].map(toIndex)
}

/** Each partition has an index for each of its parent's: the catalog lists the parent's alone. */
export const inheritedIndexes = (catalog: Catalog, table: Table): readonly TableIndex[] => {
  const parent = catalog.tables.get(table.partitionOf ?? '')
  if (parent?.kind !== 'partitioned') return []
  return [...indexesOfTable(catalog, parent), ...inheritedIndexes(catalog, parent)]
}

const samePlace = (a: KeyPart, b: KeyPart): boolean =>
  a.expression === b.expression && a.operatorClass === b.operatorClass && a.collation === b.collation

/** Whether the parts of `a` lead `b`, all in their direction or all against it (an index is read both ways). */
export const leads = (a: readonly KeyPart[], b: readonly KeyPart[]): boolean => {
  if (a.length > b.length || !a.every((part, i) => b[i] && samePlace(part, b[i]))) return false
  const isSame = (part: KeyPart, i: number): boolean =>
    part.descending === b[i]?.descending && part.nullsFirst === b[i].nullsFirst
  const isTurned = (part: KeyPart, i: number): boolean =>
    part.descending !== b[i]?.descending && part.nullsFirst !== b[i]?.nullsFirst
  return a.every(isSame) || a.every(isTurned)
}

/** Columns of an index in the order of its parts; null for an expression. */
export const columnsOfIndex = ({ facts }: TableIndex): readonly (string | null)[] =>
  facts.keys.map((part) => part.column)
