/** Conditions written so that nothing is hidden in them: null in a list, and casts that change nothing. */
import { operatorName, withOperator } from '../../catalog/expression/conditions.ts'
import { castType, fieldsOf, listOf } from '../../catalog/expression/tree.ts'
import type { Column } from '../../catalog/table.ts'
import type { ParseNode } from '../../postgres/parse.ts'
import { castNames } from '../cast-names.ts'
import { columnOf, underCasts } from '../tree.ts'

const nothing: ParseNode = { A_Const: { isnull: true } }

const isNull = (node: unknown): boolean => fieldsOf(underCasts(node), 'A_Const')?.['isnull'] === true

const withElements = (array: unknown, elements: readonly ParseNode[]): ParseNode => {
  const cast = fieldsOf(array, 'TypeCast')
  return cast
    ? { TypeCast: { ...cast, arg: withElements(cast['arg'], elements) } }
    : { A_ArrayExpr: { ...fieldsOf(array, 'A_ArrayExpr'), elements } }
}

/** `x = ANY (ARRAY[1, NULL])` is `x = ANY (ARRAY[1]) OR NULL`; `x <> ALL (…)` likewise with AND. */
const nullTakenOut = (node: unknown): ParseNode | undefined => {
  const test = fieldsOf(node, 'A_Expr')
  const isAny = test?.['kind'] === 'AEXPR_OP_ANY'
  if (!test || (!isAny && test['kind'] !== 'AEXPR_OP_ALL')) return undefined
  const elements = listOf(fieldsOf(underCasts(test['rexpr']), 'A_ArrayExpr')?.['elements'])
  const left = elements.filter((element) => !isNull(element))
  if (left.length === elements.length) return undefined
  if (left.length === 0) return nothing
  const rest = withOperator({ ...test, rexpr: withElements(test['rexpr'], left) }, operatorName(test))
  return { BoolExpr: { boolop: isAny ? 'OR_EXPR' : 'AND_EXPR', args: [rest, nothing] } }
}

/** `(price)::numeric` where price is of a domain over numeric. */
const domainCastTakenOff = (node: unknown, columns: ReadonlyMap<string, Column>): ParseNode | undefined => {
  const cast = fieldsOf(node, 'TypeCast')
  const column = columns.get(columnOf(cast?.['arg']) ?? '')
  if (!cast || column?.typeKind !== 'domain') return undefined
  return castNames[String(castType(cast))] === column.baseType ? (cast['arg'] as ParseNode) : undefined
}

/** The same condition, for every row. */
export const spelledOut = (node: ParseNode, columns: ReadonlyMap<string, Column>): ParseNode => {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite)
    if (typeof value !== 'object' || value === null) return value
    const inside = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]))
    return nullTakenOut(inside) ?? domainCastTakenOff(inside, columns) ?? inside
  }
  return rewrite(node) as ParseNode
}
