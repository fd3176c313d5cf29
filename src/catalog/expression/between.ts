/** BETWEEN written out as the two comparisons that it is, so that each of its ends can be broken. */
import { fieldsOf, listOf, type ParseNode } from './tree.ts'

const comparison = (name: string, lexpr: unknown, rexpr: unknown): ParseNode => ({
  A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: name } }], lexpr, rexpr },
})

const spelledOut = (node: unknown): ParseNode | undefined => {
  const between = fieldsOf(node, 'A_Expr')
  const isNegated = between?.['kind'] === 'AEXPR_NOT_BETWEEN'
  if (!between || (between['kind'] !== 'AEXPR_BETWEEN' && !isNegated)) return undefined
  const [low, high] = listOf(fieldsOf(between['rexpr'], 'List')?.['items'])
  const value = between['lexpr']
  const [boolop, below, above] = isNegated ? ['OR_EXPR', '<', '>'] : ['AND_EXPR', '>=', '<=']
  return { BoolExpr: { boolop, args: [comparison(below, value, low), comparison(above, value, high)] } }
}

/** BETWEEN SYMMETRIC stays as it is. */
export const withoutBetween = (node: ParseNode): ParseNode => {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite)
    if (typeof value !== 'object' || value === null) return value
    const inside = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]))
    return spelledOut(inside) ?? inside
  }
  return rewrite(node) as ParseNode
}
