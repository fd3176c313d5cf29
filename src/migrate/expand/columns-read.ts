/** Which columns of the other side an expression reads. */
import { parseExpression } from '../../postgres/parse.ts'
import { columnOf, walk } from '../../rows/tree.ts'

/** All of them where it cannot be told: it does not parse, or names the whole row. */
export const columnsRead = <C extends { readonly name: string }>(
  sql: string,
  columns: readonly C[],
): readonly C[] => {
  const names = new Set<string>()
  try {
    walk(parseExpression(sql), (_kind, _body, node) => {
      const name = columnOf(node)
      if (name !== null) names.add(name)
    })
  } catch {
    return columns
  }
  const isKnown = [...names].every((name) => columns.some((column) => column.name === name))
  return isKnown ? columns.filter(({ name }) => names.has(name)) : columns
}
