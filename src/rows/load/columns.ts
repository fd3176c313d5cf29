/**
 * The columns that need statistics before plans are asked: those that stand in keys, and those that a statement names.
 * Sorting ten thousand values of every other column would take four times as long, and no plan would look at them.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { cluesOfExpression } from '../constants.ts'
import { keysOfTable } from './keys.ts'

const cluesOfPredicate = (predicate: string | null): readonly string[] =>
  predicate === null ? [] : (cluesOfExpression(predicate)?.columns ?? [])

/** Words of SQL, without the quotes around names. */
const wordsOf = (text: string): readonly string[] => text.toLowerCase().split(/[^\p{L}\p{N}_$]+/u)

/** Null: all columns of the table. Needs `loadParser()`. */
export const columnsAsked = (
  catalog: Catalog,
  statements: readonly string[] | undefined,
): ((table: Table) => readonly string[] | null) => {
  if (statements === undefined) return () => null
  const words = new Set(statements.flatMap(wordsOf))
  return (table) => {
    const keys = keysOfTable(table, catalog)
    // Expressions have statistics of their own, as declared ones do: they come only with those of all columns.
    const isPlain = keys.every(({ parts }) => parts.every(({ isColumn }) => isColumn))
    const isWhole = table.kind === 'table' && table.partitionOf === null
    if (!isPlain || !isWhole || catalog.of(table.id, 'statistics').length > 0) return null
    const inKeys = new Set([
      ...keys.flatMap(({ parts }) => parts.flatMap(({ columns }) => columns)),
      ...keys.flatMap(({ predicate }) => cluesOfPredicate(predicate)),
    ])
    const isNamed = (name: string): boolean => wordsOf(name).every((word) => words.has(word))
    const found = table.columns.map(({ name }) => name).filter((name) => inKeys.has(name) || isNamed(name))
    return found.length === 0 ? null : found
  }
}
