/** A domain's CHECK over VALUE, said of a column of that domain. */
import { deparseExpression, type ParseNode, parseExpression } from '../postgres/parse.ts'
import { columnOf } from './tree.ts'

/** Null when it cannot be written. */
export const saidOfColumn = (check: string, column: string): string | null => {
  const named = { ColumnRef: { fields: [{ String: { sval: column } }] } }
  const rewrite = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(rewrite)
    if (typeof node !== 'object' || node === null) return node
    if (columnOf(node) === 'value') return named
    return Object.fromEntries(Object.entries(node).map(([key, inside]) => [key, rewrite(inside)]))
  }
  try {
    return deparseExpression(rewrite(parseExpression(check)) as ParseNode)
  } catch {
    return null
  }
}
