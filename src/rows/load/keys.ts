/** The keys and indexes of a table as far as its loaded rows depend on them. */
import type { KeyFacts } from '../../catalog/key/key.ts'
import { partitionAncestors } from '../../catalog/partition/whole.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { cluesOfExpression } from '../constants.ts'

/** One key or index. */
export interface LoadKey {
  readonly isUnique: boolean
  readonly method: string
  /** Key parts in order, each with the columns it is made of. */
  readonly parts: readonly {
    readonly expression: string
    readonly columns: readonly string[]
    /** It is a column and nothing more. */
    readonly isColumn: boolean
  }[]
  readonly predicate: string | null
}

const part = ({ column, expression }: KeyFacts['keys'][number]): LoadKey['parts'][number] => ({
  expression,
  columns: column === null ? (cluesOfExpression(expression)?.columns ?? []) : [column],
  isColumn: column !== null,
})

/**
 * Primary key, unique keys, then plain indexes, each in the catalog's order; a partition has those of its whole, too.
 * Needs `loadParser()`.
 */
export const keysOfTable = (table: Table, catalog: Catalog): readonly LoadKey[] => {
  const relations = [table, ...partitionAncestors(catalog, table)].map(({ id }) => id)
  return ['primaryKey', 'unique', 'index'].flatMap((kind) =>
    relations.flatMap((id) =>
      (catalog.of(id, kind) as readonly Structure<KeyFacts>[]).map(({ facts }) => ({
        isUnique: kind !== 'index',
        method: facts.method,
        parts: facts.keys.map(part),
        predicate: facts.predicate,
      })),
    ),
  )
}

/** Paths inside a JSON column that keys read. */
export const jsonPathsIn = (keys: readonly LoadKey[], column: string): readonly (readonly string[])[] => {
  const paths = keys
    .flatMap((key) => key.parts)
    .filter(({ columns }) => columns.includes(column))
    .flatMap(({ expression }) => cluesOfExpression(expression)?.atoms ?? [])
    .flatMap((atom) => atom.paths.map((p) => p.path))
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()]
}
