/** An expression over columns with constants in the place of some of them. */
import { deparseExpression, parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { columnName } from './tree.ts'

const replaced = (node: unknown, values: ReadonlyMap<string, ParseNode>): unknown => {
  if (Array.isArray(node)) return node.map((one) => replaced(one, values))
  if (typeof node !== 'object' || node === null) return node
  const name = columnName(node)
  const value = name === null ? undefined : values.get(name)
  if (value !== undefined) return value
  return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, replaced(one, values)]))
}

/** `values`: SQL by column, such as `null::bigint`. Null where the text does not parse. Needs `loadParser()`. */
export const withValues = (sql: string, values: Readonly<Record<string, string>>): string | null => {
  try {
    const trees = new Map(Object.entries(values).map(([name, value]) => [name, parseExpression(value)]))
    return deparseExpression(replaced(parseExpression(sql), trees) as ParseNode)
  } catch {
    return null
  }
}
