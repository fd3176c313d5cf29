/** Indexes that another index of the table makes unnecessary: the same once more, or the beginning of a longer one. */
import { dropKey, partText } from '../../catalog/key/key.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { indexesOfTable, inheritedIndexes, leads, type TableIndex } from './table-indexes.ts'

const includes = (wide: TableIndex, narrow: TableIndex): boolean => {
  const stored = new Set([...wide.facts.include, ...wide.facts.keys.map((part) => part.column)])
  return narrow.facts.include.every((column) => stored.has(column))
}

/** A key refuses rows, which only a key of the same parts does for it. */
const refusesAsMuch = (wide: TableIndex, narrow: TableIndex): boolean => {
  if (!narrow.isUnique) return true
  const [w, n] = [wide.facts, narrow.facts]
  return (
    wide.isUnique &&
    w.keys.length === n.keys.length &&
    (w.nullsNotDistinct || !n.nullsNotDistinct || wide.isPrimary) &&
    (w.deferrable === 'no' || w.deferrable === n.deferrable) &&
    w.withoutOverlaps === n.withoutOverlaps
  )
}

const serves = (wide: TableIndex, narrow: TableIndex): boolean => {
  const [w, n] = [wide.facts, narrow.facts]
  const isPrefix = w.keys.length > n.keys.length
  return (
    wide.isValid &&
    w.method === n.method &&
    (!isPrefix || n.method === 'btree') &&
    leads(n.keys, w.keys) &&
    // One over fewer rows is smaller, and somebody may have wanted just that.
    w.predicate === n.predicate &&
    includes(wide, narrow) &&
    refusesAsMuch(wide, narrow)
  )
}

/** Others stand on it: a foreign key, replication. */
const mustStay = (index: TableIndex): boolean =>
  index.isPrimary || index.isReferenced || index.facts.isReplicaIdentity

/** Of two that say the same the one that stays: what must stay, then constraints, keys, and the first name. */
const weight = (index: TableIndex): number =>
  (index.isPrimary ? 8 : 0) +
  (mustStay(index) ? 4 : 0) +
  (index.facts.isConstraint ? 2 : 0) +
  (index.isUnique ? 1 : 0)

const stays = (a: TableIndex, b: TableIndex): boolean =>
  weight(a) === weight(b) ? a.facts.name < b.facts.name : weight(a) > weight(b)

const partsText = ({ facts }: TableIndex): string => facts.keys.map(partText).join(', ')

const finding = (index: TableIndex, wide: TableIndex): Finding => {
  const { table, facts, structure } = index
  const isSame = facts.keys.length === wide.facts.keys.length
  const what = isSame ? 'has the same parts as' : 'is the beginning of'
  return {
    code: isSame ? 'adopt.index-duplicate' : 'adopt.index-redundant',
    severity: 'warning',
    structure: structure.id,
    summary: `${table.id}: index ${facts.name} (${partsText(index)}) ${what} ${wide.facts.name} (${partsText(wide)})`,
    reason: `an index ${what} another`,
    why: isSame
      ? `${wide.facts.name} has the same method, parts, operator classes, collations, directions${facts.predicate === null ? '' : ' and predicate'}: each write pays for both, and no plan needs both`
      : `a btree index also finds rows by its first parts, so ${wide.facts.name} serves what ${facts.name} serves, and each write pays for both`,
    fix: `drop it:\n${dropKey(table, facts)};`,
  }
}

/** `above`: what its parent gives a partition, which stays. */
const redundantIn = (indexes: readonly TableIndex[], above: readonly TableIndex[]): readonly Finding[] => {
  const gone = new Set<TableIndex>()
  const findings: Finding[] = []
  for (const index of indexes) {
    if (mustStay(index) || !index.isValid) continue
    const wide = [...above, ...indexes].find(
      (other) =>
        other !== index &&
        !gone.has(other) &&
        serves(other, index) &&
        (!serves(index, other) || above.includes(other) || mustStay(other) || stays(other, index)),
    )
    if (!wide) continue
    gone.add(index)
    findings.push(finding(index, wide))
  }
  return findings
}

export const indexRedundant: FindingKind = {
  codes: ['adopt.index-duplicate', 'adopt.index-redundant'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) =>
      redundantIn(indexesOfTable(catalog, table), inheritedIndexes(catalog, table)),
    ),
}
