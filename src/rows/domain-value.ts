/** An expression said of other names: a domain's CHECK over VALUE of a column, a child's condition of its parent's columns. */
import { deparseExpression, type ParseNode, parseExpression } from '../postgres/parse.ts'
import { columnOf } from './tree.ts'

/** `names`: what stands for each name. Null when it cannot be written. */
export const saidOf = (expression: string, names: ReadonlyMap<string, string>): string | null => {
  const rewrite = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(rewrite)
    if (typeof node !== 'object' || node === null) return node
    const other = names.get(columnOf(node) ?? '')
    if (other !== undefined) return { ColumnRef: { fields: [{ String: { sval: other } }] } }
    return Object.fromEntries(Object.entries(node).map(([key, inside]) => [key, rewrite(inside)]))
  }
  try {
    return deparseExpression(rewrite(parseExpression(expression)) as ParseNode)
  } catch {
    return null
  }
}

/** Of a domain's CHECK. Null when it cannot be written. */
export const saidOfColumn = (check: string, column: string): string | null =>
  saidOf(check, new Map([['value', column]]))
