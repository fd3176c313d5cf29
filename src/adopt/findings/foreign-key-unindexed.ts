/** A foreign key whose own side has no index: each delete or change of a referenced row reads the whole table. */
import type { ExcludesFacts } from '../../catalog/excludes.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import { columnsNotNull, saysOnlyNotNull } from '../../catalog/not-null.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { identList, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { columnsOfIndex, indexesOfTable, inheritedIndexes, type TableIndex } from './table-indexes.ts'

/** What looks for the rows of a key says that its columns are not null. */
const coversTheirRows = (predicate: string | null, columns: readonly string[]): boolean => {
  if (predicate === null) return true
  try {
    return saysOnlyNotNull(predicate) && columnsNotNull(predicate).every((column) => columns.includes(column))
  } catch {
    return false
  }
}

/** Methods that find a row by equality; BRIN finds a range of pages. */
const findsRows: ReadonlySet<string> = new Set(['btree', 'hash', 'gist', 'spgist'])

const supports = (index: TableIndex, columns: readonly string[]): boolean => {
  const { facts, isValid } = index
  const first = columnsOfIndex(index).slice(0, columns.length)
  return (
    isValid &&
    findsRows.has(facts.method) &&
    first.length === columns.length &&
    columns.every((column) => first.includes(column)) &&
    facts.keys.slice(0, columns.length).every((part) => part.collation === null) &&
    coversTheirRows(facts.predicate, columns)
  )
}

/** `exclude using gist (room_id with =, during with &&)`: its index finds the rows of a room. */
const excludes = (catalog: Catalog, table: Table, columns: readonly string[]): boolean =>
  (catalog.of(table.id, 'excludes') as readonly Structure<ExcludesFacts>[]).some(({ facts }) => {
    const first = facts.elements.slice(0, columns.length)
    return (
      findsRows.has(facts.method) &&
      first.length === columns.length &&
      columns.every((name) => first.some(({ column }) => column === name)) &&
      first.every(({ operator, collation }) => operator === '=' && collation === null) &&
      coversTheirRows(facts.predicate, columns)
    )
  })

/** Deleting a referenced row looks here; what else may change is said by its actions. */
const actionWords = ({ onDelete, target }: ReferencesFacts): string =>
  onDelete === 'cascade' || onDelete === 'set null' || onDelete === 'set default'
    ? `each delete in ${target} has to find its rows here (on delete ${onDelete})`
    : `each delete in ${target} has to make sure that no row here points to it`

const finding = (table: Table, structure: Structure<ReferencesFacts>): Finding => {
  const { facts } = structure
  return {
    code: 'adopt.foreign-key-unindexed',
    severity: 'warning',
    structure: structure.id,
    summary: `${table.id}: foreign key ${facts.name} (${facts.columns.join(', ')}) has no index on its columns`,
    reason: 'a foreign key has no index on its columns',
    why: `PostgreSQL makes no index on the side that references: ${actionWords(facts)}, and without an index it reads the whole table, once for each row`,
    fix: `on a database in use add CONCURRENTLY:\ncreate index on ${qualified(table)} (${identList(facts.columns)});`,
  }
}

export const foreignKeyUnindexed: FindingKind = {
  codes: ['adopt.foreign-key-unindexed'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) => {
      if (table.kind === 'foreign') return []
      const indexes = [...indexesOfTable(catalog, table), ...inheritedIndexes(catalog, table)]
      // Two foreign keys over the same columns need one index.
      const told = new Set<string>()
      return referencesOf(catalog, table.id).flatMap((structure) => {
        const { columns, notEnforced, period } = structure.facts
        const key = JSON.stringify(columns.toSorted())
        if (notEnforced || period || told.has(key)) return []
        if (indexes.some((index) => supports(index, columns)) || excludes(catalog, table, columns)) return []
        told.add(key)
        return [finding(table, structure)]
      })
    }),
}
