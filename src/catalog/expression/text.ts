/** Text of rewritten expression trees: for PostgreSQL, only where it reads back as the same tree; and for people. */
import { deparseExpression, parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { castType, fieldsOf, listOf } from './tree.ts'

const positions: ReadonlySet<string> = new Set([
  'location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
])

/** The tree without positions in the text, as one comparable text. */
const shapeOf = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (positions.has(key) ? undefined : value))

/** `(NOT a) IS NULL` would lose its parentheses when it is printed; a cast keeps them and changes nothing. */
const guarded = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(guarded)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, guarded(value)]))
  for (const kind of ['NullTest', 'BooleanTest']) {
    const test = fieldsOf(copy, kind)
    if (!test || !fieldsOf(test['arg'], 'BoolExpr')) continue
    const boolean = { names: ['pg_catalog', 'bool'].map((sval) => ({ String: { sval } })), typemod: -1 }
    return { [kind]: { ...test, arg: { TypeCast: { arg: test['arg'], typeName: boolean } } } }
  }
  return copy
}

/** `(a OR b) OR c` is read as one OR over three. */
const flattened = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(flattened)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, flattened(value)]))
  const bool = fieldsOf(copy, 'BoolExpr')
  if (!bool || bool['boolop'] === 'NOT_EXPR') return copy
  const args = listOf(bool['args']).flatMap((arg) => {
    const inner = fieldsOf(arg, 'BoolExpr')
    return inner && inner['boolop'] === bool['boolop'] ? listOf(inner['args']) : [arg]
  })
  return { BoolExpr: { ...bool, args } }
}

/** SQL text of a tree that parses back to the same tree; null when the printer cannot do that. */
export const printExpression = (node: ParseNode): string | null => {
  const flat = flattened(node) as ParseNode
  for (const tree of [flat, guarded(flat) as ParseNode]) {
    try {
      const text = deparseExpression(tree).trim()
      if (shapeOf(parseExpression(text)) === shapeOf(tree)) return text
    } catch {
      // The printer does not know every node that the parser knows.
      continue
    }
  }
  return null
}

const numberInText = (constant: unknown): ParseNode | undefined => {
  const text = (fieldsOf(constant, 'A_Const')?.['sval'] as { readonly sval?: string } | undefined)?.sval
  return text !== undefined && /^-?\d+(?:\.\d+)?$/u.test(text)
    ? { A_Const: { fval: { fval: text } } }
    : undefined
}

/** `'-1'::numeric` is how PostgreSQL writes -1; `'1'::text` is no number. */
const numberTypes: ReadonlySet<unknown> = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'])

/** For a reader: without the casts that PostgreSQL writes around constants and columns. Null when it cannot be printed. */
export const readableIfPossible = (node: ParseNode): string | null => {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value !== 'object' || value === null) return value
    const cast = fieldsOf(value, 'TypeCast')
    const inner = cast?.['arg']
    if (cast && inner && ['A_Const', 'ColumnRef', 'A_ArrayExpr'].some((kind) => fieldsOf(inner, kind))) {
      return (numberTypes.has(castType(cast)) ? numberInText(inner) : undefined) ?? plain(inner)
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  }
  try {
    return deparseExpression(plain(node) as ParseNode).trim()
  } catch {
    return null
  }
}

export const readable = (node: ParseNode, otherwise = 'an expression'): string =>
  readableIfPossible(node) ?? otherwise
