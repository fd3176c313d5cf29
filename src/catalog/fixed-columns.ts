/** Columns that are the same in every row of a partial index: `where state = 'active'`. Anything not understood: none. */
import { parseExpression } from '../postgres/parse.ts'
import { castType, columnName, fieldsOf, listOf, underCasts, type ParseNode } from './expression/tree.ts'

/** Only as a text is a value still told from all others: 5.2 and 5.4 are the same integer. */
const asText = (node: unknown): unknown => {
  const cast = fieldsOf(node, 'TypeCast')
  return cast && castType(cast) === 'text' ? cast['arg'] : node
}

const isConstant = (node: unknown): boolean => {
  const constant = fieldsOf(underCasts(node), 'A_Const')
  return constant !== undefined && constant['isnull'] !== true
}

const operatorOf = (comparison: Record<string, unknown>): unknown =>
  fieldsOf(listOf(comparison['name']).at(-1), 'String')?.['sval']

const fixedBy = (node: ParseNode): readonly string[] => {
  const bool = fieldsOf(node, 'BoolExpr')
  if (bool?.['boolop'] === 'AND_EXPR') return listOf(bool['args']).flatMap(fixedBy)
  const comparison = fieldsOf(node, 'A_Expr')
  if (comparison?.['kind'] !== 'AEXPR_OP' || operatorOf(comparison) !== '=') return []
  const column = columnName(asText(comparison['lexpr']))
  return column !== null && isConstant(comparison['rexpr']) ? [column] : []
}

/** By the conjuncts of the predicate that compare a column with a constant. */
export const fixedColumns = (predicate: string | null): readonly string[] => {
  if (predicate === null) return []
  try {
    return fixedBy(parseExpression(predicate))
  } catch {
    return []
  }
}
