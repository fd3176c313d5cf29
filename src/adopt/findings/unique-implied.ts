/** A key over columns of which fewer are unique already: it refuses nothing more. */
import { dropKey, partText } from '../../catalog/key/key.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { columnsOfIndex, indexesOfTable, leads, type TableIndex } from './table-indexes.ts'

/** Equal under one operator class and collation is equal under another only as PostgreSQL's own have it. */
const isPlain = ({ facts }: TableIndex): boolean =>
  facts.method === 'btree' &&
  !facts.withoutOverlaps &&
  facts.keys.every((part) => part.column !== null && part.operatorClass === null && part.collation === null)

const isWithin = (a: readonly unknown[], b: readonly unknown[]): boolean => a.every((one) => b.includes(one))

/** Two rows that are the same in the many columns are the same in the few, and refused there. */
const implies = (few: TableIndex, many: TableIndex): boolean => {
  const required = (column: string | null): boolean =>
    few.table.columns.find(({ name }) => name === column)?.notNull === true
  const nullsAgree =
    few.facts.nullsNotDistinct || !many.facts.nullsNotDistinct || columnsOfIndex(few).every(required)
  return (
    few.isValid &&
    isPlain(few) &&
    isPlain(many) &&
    isWithin(columnsOfIndex(few), columnsOfIndex(many)) &&
    (few.facts.predicate === null || few.facts.predicate === many.facts.predicate) &&
    (few.facts.deferrable === 'no' || few.facts.deferrable === many.facts.deferrable) &&
    nullsAgree
  )
}

/** Statements that are found by its order keep an index. */
const keptAsIndex = (index: TableIndex, few: TableIndex): readonly string[] => {
  const { table, facts } = index
  if (few.facts.keys[0]?.column === facts.keys[0]?.column && facts.include.length === 0) return []
  const name = ident(`${facts.name.slice(0, 55)}_idx`)
  const include = facts.include.length === 0 ? '' : ` include (${identList(facts.include)})`
  const where = facts.predicate === null ? '' : ` where (${facts.predicate})`
  const columns = identList(facts.keys.flatMap((part) => part.column ?? []))
  return [`create index ${name} on ${qualified(table)} (${columns})${include}${where};`]
}

const finding = (index: TableIndex, few: TableIndex): Finding => {
  const parts = ({ facts }: TableIndex): string => facts.keys.map(partText).join(', ')
  const kept = keptAsIndex(index, few)
  return {
    code: 'adopt.unique-implied',
    severity: 'note',
    structure: index.structure.id,
    summary: `${index.table.id}: ${index.facts.name} (${parts(index)}) is unique already by ${few.facts.name} (${parts(few)})`,
    reason: 'a key is unique already by fewer columns',
    why: `two rows with the same ${parts(index)} have the same ${parts(few)}, which ${few.facts.name} refuses; no foreign key leads to ${index.facts.name}`,
    fix: `drop it, unless INSERT … ON CONFLICT names its columns${kept.length === 0 ? '' : '; a plain index serves the statements that it serves'}:\n${[`${dropKey(index.table, index.facts)};`, ...kept].join('\n')}`,
  }
}

const impliedIn = (indexes: readonly TableIndex[]): readonly Finding[] => {
  const keys = indexes.filter((index) => index.isUnique)
  const gone = new Set<TableIndex>()
  return keys.flatMap((index) => {
    if (index.isPrimary || index.isReferenced || index.facts.isReplicaIdentity || !index.isValid) return []
    const few = keys.find(
      (other) =>
        other !== index &&
        !gone.has(other) &&
        implies(other, index) &&
        // Of two over the same columns the first stays.
        (!implies(index, other) || other.isPrimary || keys.indexOf(other) < keys.indexOf(index)) &&
        // The same parts in the same order are a duplicate, which index-redundant.ts tells.
        !(other.facts.keys.length === index.facts.keys.length && leads(index.facts.keys, other.facts.keys)),
    )
    if (!few) return []
    gone.add(index)
    return [finding(index, few)]
  })
}

export const uniqueImplied: FindingKind = {
  codes: ['adopt.unique-implied'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) => impliedIn(indexesOfTable(catalog, table))),
}
