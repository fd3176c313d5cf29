/** What a predicate asks for at once, part by part. */
import { deparseExpression, parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { fieldsOf, listOf } from './tree.ts'

/** The operands of a conjunction, also of those within it; the node itself where it is none. */
export const conjunctNodes = (node: ParseNode): readonly ParseNode[] => {
  const fields = fieldsOf(node, 'BoolExpr')
  return fields?.['boolop'] === 'AND_EXPR' ? listOf(fields['args']).flatMap(conjunctNodes) : [node]
}

/** `a and (b and c)`: a, b, c; as it is written where it is no conjunction, or cannot be read. The parser is loaded. */
export const conjunctsOf = (sql: string): readonly string[] => {
  try {
    const nodes = conjunctNodes(parseExpression(sql))
    return nodes.length < 2 ? [sql] : nodes.map((node) => deparseExpression(node))
  } catch {
    return [sql]
  }
}
