/** The parts that AND and OR put together in a condition, and the condition with other parts in their place. */
import { printExpression } from '../../catalog/expression/text.ts'
import { fieldsOf, listOf } from '../../catalog/expression/tree.ts'
import { parseExpression, type ParseNode } from '../../postgres/parse.ts'
import type { RowConstant } from './row-constants.ts'

export interface ConditionPart {
  readonly node: ParseNode
  readonly sql: string
  readonly connective: 'and' | 'or'
}

/** Null when the condition cannot be read, or one of its parts not be written. */
export interface Condition {
  readonly tree: ParseNode
  /** Outermost first, left to right. */
  readonly parts: readonly ConditionPart[]
}

const connectiveOf = (fields: Record<string, unknown>): 'and' | 'or' | null =>
  fields['boolop'] === 'AND_EXPR' ? 'and' : fields['boolop'] === 'OR_EXPR' ? 'or' : null

const partsBelow = (node: ParseNode): readonly ConditionPart[] => {
  const fields = fieldsOf(node, 'BoolExpr')
  if (!fields) return []
  const connective = connectiveOf(fields)
  return listOf(fields['args']).flatMap((arg) => {
    const sql = connective === null ? null : printExpression(arg)
    const own = sql === null || connective === null ? [] : [{ node: arg, sql, connective }]
    return [...own, ...partsBelow(arg)]
  })
}

export const readCondition = (sql: string): Condition | null => {
  try {
    const tree = parseExpression(sql)
    return { tree, parts: partsBelow(tree) }
  } catch {
    return null
  }
}

const constantNodes: Readonly<Record<RowConstant, ParseNode>> = {
  true: { A_Const: { boolval: { boolval: true } } },
  false: { A_Const: { boolval: {} } },
  null: { A_Const: { isnull: true } },
}

/** The tree with some of its parts replaced; a part that is undefined in `by` stays. */
export const replaceParts = (node: ParseNode, by: ReadonlyMap<ParseNode, ParseNode>): ParseNode => {
  const other = by.get(node)
  if (other) return other
  const fields = fieldsOf(node, 'BoolExpr')
  if (!fields) return node
  return { BoolExpr: { ...fields, args: listOf(fields['args']).map((arg) => replaceParts(arg, by)) } }
}

export const withConstants = (
  { tree }: Condition,
  constants: ReadonlyMap<ParseNode, RowConstant>,
): ParseNode =>
  replaceParts(tree, new Map([...constants].map(([node, constant]) => [node, constantNodes[constant]])))

/** The tree without one of its parts. */
export const withoutPart = (node: ParseNode, part: ParseNode): ParseNode => {
  const fields = fieldsOf(node, 'BoolExpr')
  if (!fields) return node
  const args = listOf(fields['args'])
  const left = args.filter((arg) => arg !== part)
  const [only] = left
  if (left.length === 1 && only && left.length < args.length) return only
  return { BoolExpr: { ...fields, args: left.map((arg) => withoutPart(arg, part)) } }
}
