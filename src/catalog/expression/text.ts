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

/** Whether two trees are equal but for their positions in the text. */
const isSameTree = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, i) => isSameTree(item, other[i]))
    )
  const fields = one as Record<string, unknown>
  const others = other as Record<string, unknown>
  for (const key in fields) if (!positions.has(key) && !isSameTree(fields[key], others[key])) return false
  for (const key in others)
    if (!positions.has(key) && others[key] !== undefined && fields[key] === undefined) return false
  return true
}

/** The tree with every node as `change` wants it, from the leaves up; what nobody changes stays the same object. */
const rewritten = (node: unknown, change: (node: Record<string, unknown>) => unknown): unknown => {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) {
    const items = node.map((item) => rewritten(item, change))
    return items.some((item, i) => item !== node[i]) ? items : node
  }
  let copy = node as Record<string, unknown>
  for (const key in copy) {
    const before = (node as Record<string, unknown>)[key]
    const after = rewritten(before, change)
    if (after === before) continue
    if (copy === node) copy = { ...copy }
    copy[key] = after
  }
  return change(copy)
}

/** `(NOT a) IS NULL` would lose its parentheses when it is printed; a cast keeps them and changes nothing. */
const guarded = (tree: unknown): unknown =>
  rewritten(tree, (node) => {
    for (const kind of ['NullTest', 'BooleanTest']) {
      const test = fieldsOf(node, kind)
      if (!test || !fieldsOf(test['arg'], 'BoolExpr')) continue
      const boolean = { names: ['pg_catalog', 'bool'].map((sval) => ({ String: { sval } })), typemod: -1 }
      return { [kind]: { ...test, arg: { TypeCast: { arg: test['arg'], typeName: boolean } } } }
    }
    return node
  })

/** `(a OR b) OR c` is read as one OR over three. */
const flattened = (tree: unknown): unknown =>
  rewritten(tree, (node) => {
    const bool = fieldsOf(node, 'BoolExpr')
    if (!bool || bool['boolop'] === 'NOT_EXPR') return node
    const args = listOf(bool['args'])
    const isNested = (arg: unknown): boolean => fieldsOf(arg, 'BoolExpr')?.['boolop'] === bool['boolop']
    if (!args.some(isNested)) return node
    const flat = args.flatMap((arg) => (isNested(arg) ? listOf(fieldsOf(arg, 'BoolExpr')?.['args']) : [arg]))
    return { BoolExpr: { ...bool, args: flat } }
  })

/** SQL text of a tree that parses back to the same tree; null when the printer cannot do that. */
export const printExpression = (node: ParseNode): string | null => {
  const flat = flattened(node) as ParseNode
  for (const tree of [flat, guarded(flat) as ParseNode]) {
    try {
      const text = deparseExpression(tree).trim()
      if (isSameTree(parseExpression(text), tree)) return text
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
