/** Columns that a query compares with columns of other rows: what one of them has to be for both to meet. */
import { fieldsOf, listOf, type ParseNode } from '../../catalog/expression/tree.ts'
import { operatorName } from '../../catalog/expression/conditions.ts'
import { printExpression } from '../../catalog/expression/text.ts'
import { placeOfColumn } from './query-scope.ts'

export interface ColumnPlace {
  readonly schema: string
  readonly table: string
  readonly column: string
}

export interface ColumnPair {
  readonly target: ColumnPlace
  readonly operator: string
  /** The relation that the other value is of, and the value over its bare column names. */
  readonly source: { readonly schema: string; readonly table: string; readonly text: string }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const placesIn = (node: unknown): readonly ColumnPlace[] => {
  if (Array.isArray(node)) return node.flatMap(placesIn)
  if (!isObject(node) || 'SubLink' in node) return []
  if ('ColumnRef' in node) return [placeOfColumn(node) ?? []].flat()
  return Object.values(node).flatMap(placesIn)
}

const withBareNames = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(withBareNames)
  if (!isObject(node)) return node
  const place = placeOfColumn(node)
  if (place) return { ColumnRef: { fields: [{ String: { sval: place.column } }] } }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withBareNames(value)]))
}

const underCasts = (node: unknown): unknown => {
  const cast = fieldsOf(node, 'TypeCast')
  return cast ? underCasts(cast['arg']) : node
}

/** `target` becomes what `value` says, where that is of one relation. */
const pairOf = (target: ColumnPlace, operator: string, value: unknown): readonly ColumnPair[] => {
  const [first, ...others] = placesIn(value)
  if (!first || others.some((o) => o.table !== first.table || o.schema !== first.schema)) return []
  const isItself =
    first.table === target.table && first.schema === target.schema && first.column === target.column
  const text =
    isItself && others.length === 0 && placeOfColumn(underCasts(value))
      ? null
      : printExpression(withBareNames(value) as ParseNode)
  return text === null
    ? []
    : [{ target, operator, source: { schema: first.schema, table: first.table, text } }]
}

const mirrored: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' }

const columnNode = (place: ColumnPlace): ParseNode => ({
  ColumnRef: { fields: [place.schema, place.table, place.column].map((sval) => ({ String: { sval } })) },
})

/** One side set to the other; where neither is a bare column, their columns are. */
const bothWays = (operator: string, left: unknown, right: unknown): readonly ColumnPair[] => {
  const [a, b] = [placeOfColumn(underCasts(left)), placeOfColumn(underCasts(right))]
  const [firstLeft, firstRight] = [placesIn(left)[0], placesIn(right)[0]]
  if (!firstLeft || !firstRight) return []
  return [
    ...(a ? pairOf(a, operator, right) : pairOf(firstLeft, operator, columnNode(firstRight))),
    ...(b
      ? pairOf(b, mirrored[operator] ?? operator, left)
      : pairOf(firstRight, mirrored[operator] ?? operator, columnNode(firstLeft))),
  ]
}

const call = (name: string, argument: unknown): ParseNode => ({
  FuncCall: { funcname: [{ String: { sval: name } }], args: [argument as ParseNode] },
})

const ofComparison = (fields: Record<string, unknown>): readonly ColumnPair[] => {
  const { lexpr, rexpr } = fields
  const name = operatorName(fields)
  if (fields['kind'] === 'AEXPR_OP_ANY') {
    const element = {
      A_Indirection: {
        arg: rexpr,
        indirection: [{ A_Indices: { uidx: { A_Const: { ival: { ival: 1 } } } } }],
      },
    }
    return bothWays('=', lexpr, element)
  }
  if (name === '@>')
    return bothWays('=', call('lower', lexpr), rexpr).concat(pairsTo(rexpr, call('lower', lexpr)))
  if (name === '<@')
    return ofComparison({ ...fields, name: [{ String: { sval: '@>' } }], lexpr: rexpr, rexpr: lexpr })
  return bothWays(name, lexpr, rexpr)
}

const pairsTo = (target: unknown, value: unknown): readonly ColumnPair[] => {
  const place = placeOfColumn(underCasts(target))
  return place ? pairOf(place, '=', value) : []
}

/** Every comparison of a condition whose columns are resolved. */
export const pairsIn = (node: unknown): readonly ColumnPair[] => {
  if (Array.isArray(node)) return node.flatMap(pairsIn)
  if (!isObject(node) || 'SubLink' in node) return []
  const comparison = fieldsOf(node, 'A_Expr')
  const own = comparison && comparison['lexpr'] !== undefined ? ofComparison(comparison) : []
  return [...own, ...listOf(Object.values(node)).flatMap(pairsIn)]
}
