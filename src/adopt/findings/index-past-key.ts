/** Indexes that begin with all of a key: it finds one row already, and what stands behind it finds and orders nothing more. */
import { dropKey, partText } from '../../catalog/key/key.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { indexesOfTable, inheritedIndexes, leads, type TableIndex } from './table-indexes.ts'

/** Null is never equal to null, so that rows without a value may share a key that takes null. */
const neverNull = ({ table, facts }: TableIndex): boolean =>
  facts.nullsNotDistinct ||
  facts.keys.every(({ column }) => table.columns.find(({ name }) => name === column)?.notNull === true)

const findsOneRow = (key: TableIndex, index: TableIndex): boolean =>
  key.isUnique &&
  key.isValid &&
  key.facts.method === 'btree' &&
  key.facts.keys.length < index.facts.keys.length &&
  leads(key.facts.keys, index.facts.keys) &&
  // One over fewer rows is smaller, and reads them in its order.
  key.facts.predicate === index.facts.predicate &&
  neverNull(key)

const finding = (index: TableIndex, key: TableIndex): Finding => {
  const parts = ({ facts }: TableIndex): string => facts.keys.map(partText).join(', ')
  return {
    code: 'adopt.index-past-key',
    severity: 'note',
    structure: index.structure.id,
    summary: `${index.table.id}: index ${index.facts.name} (${parts(index)}) begins with all of ${key.facts.name} (${parts(key)}), which finds one row`,
    reason: 'an index begins with all of a key',
    why: `of one ${parts(key)} there is one row, found by ${key.facts.name}; what stands behind it saves no more than the look at that row, and each write pays for both`,
    fix: `drop it, unless statements read these columns of many rows from the index alone:\n${dropKey(index.table, index.facts)};`,
  }
}

const pastKeysIn = (indexes: readonly TableIndex[], above: readonly TableIndex[]): readonly Finding[] =>
  indexes.flatMap((index) => {
    const { method, include } = index.facts
    // What is included or unique says what it is for.
    if (index.isUnique || !index.isValid || method !== 'btree' || include.length > 0) return []
    const key = [...above, ...indexes].find((other) => findsOneRow(other, index))
    return key ? [finding(index, key)] : []
  })

export const indexPastKey: FindingKind = {
  codes: ['adopt.index-past-key'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) =>
      pastKeysIn(indexesOfTable(catalog, table), inheritedIndexes(catalog, table)),
    ),
}
