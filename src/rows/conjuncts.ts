/** What a predicate asks for at once, part by part: each is mended by itself. */
import { deparseExpression, parseExpression, type ParseNode } from '../postgres/parse.ts'
import { nodeParts } from './tree.ts'

/** The operands of a conjunction, also of those within it; the node itself where it is none. */
export const conjunctNodes = (node: unknown): readonly unknown[] => {
  const parts = nodeParts(node)
  return parts?.[0] === 'BoolExpr' && parts[1]['boolop'] === 'AND_EXPR'
    ? (parts[1]['args'] as readonly unknown[]).flatMap(conjunctNodes)
    : [node]
}

/** `a and (b and c)`: a, b, c; as it is written where it is no conjunction, or cannot be read. The parser is loaded. */
export const conjunctsOf = (sql: string): readonly string[] => {
  try {
    const nodes = conjunctNodes(parseExpression(sql))
    return nodes.length < 2 ? [sql] : nodes.map((node) => deparseExpression(node as ParseNode))
  } catch {
    return [sql]
  }
}
