/** Columns that rows of the same key have alike: both point to the one row that has it. */
import type { ReferencesFacts } from '../foreign-key.ts'
import type { Catalog, Structure } from '../structure.ts'
import type { KeyFacts } from './key.ts'

/**
 * Rows of the table that agree in `equal`, and lack none of these, agree in the column, too: a foreign key says so. One
 * that is not valid says it of rows that are written from now on.
 */
export const isDetermined = (
  catalog: Catalog,
  table: string,
  column: string,
  equal: readonly string[],
  of: 'new rows' | 'all rows',
): boolean =>
  // What is null points nowhere.
  catalog.tables.get(table)?.columns.some(({ name, notNull }) => name === column && notNull) === true &&
  (catalog.of(table, 'references') as readonly Structure<ReferencesFacts>[]).some(({ facts }) => {
    const keys = (['primaryKey', 'unique'] as const).flatMap(
      (kind) => catalog.of(facts.target, kind) as readonly Structure<KeyFacts>[],
    )
    const pointer = (target: string | null): string =>
      facts.columns[target === null ? -1 : facts.targetColumns.indexOf(target)] ?? ''
    return (
      !facts.notEnforced &&
      (of === 'new rows' || !facts.notValid) &&
      facts.columns.some((name) => name === column) &&
      facts.columns.every((name) => name === column || equal.includes(name)) &&
      keys.some(
        (key) =>
          key.facts.predicate === null && key.facts.keys.every((k) => equal.includes(pointer(k.column))),
      )
    )
  })
