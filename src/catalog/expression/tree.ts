/** Walking and rewriting PostgreSQL's parse trees of scalar expressions: every place in a tree, and the tree with another node there. */
import type { ParseNode } from '../../postgres/parse.ts'

export type { ParseNode }

/** A node of a known kind: its name and fields. `{ A_Expr: { … } }` is `['A_Expr', { … }]`. */
export const unwrap = (node: ParseNode): readonly [string, Record<string, unknown>] => {
  const entry = Object.entries(node)[0]
  return entry ? [entry[0], (entry[1] ?? {}) as Record<string, unknown>] : ['', {}]
}

export const fieldsOf = (node: unknown, kind: string): Record<string, unknown> | undefined => {
  if (typeof node !== 'object' || node === null) return undefined
  return (node as Record<string, Record<string, unknown> | undefined>)[kind]
}

export const listOf = (value: unknown): readonly ParseNode[] =>
  Array.isArray(value) ? (value as ParseNode[]) : []

/** The name of a bare column; null for anything else. */
export const columnName = (node: unknown): string | null => {
  const fields = listOf(fieldsOf(node, 'ColumnRef')?.['fields'])
  const name = fieldsOf(fields[0], 'String')?.['sval']
  return fields.length === 1 && typeof name === 'string' ? name : null
}

/** The last part of the name of the function that a node calls; null where it calls none. */
export const calledName = (node: unknown): string | null => {
  const name = fieldsOf(listOf(fieldsOf(node, 'FuncCall')?.['funcname']).at(-1), 'String')?.['sval']
  return typeof name === 'string' ? name : null
}

/** More or less through at this place is more or less through as a whole, or the other way round; null: cannot be told. */
export type Polarity = 'positive' | 'negative' | null

/** A place in a tree, with how to put another node there. */
export interface Place {
  readonly node: ParseNode
  readonly polarity: Polarity
  /** The nearest condition around it (itself, when it is one), for a reader. */
  readonly condition: ParseNode
  readonly conditionPolarity: Polarity
  /** The whole tree with another node here. */
  put(node: ParseNode): ParseNode
  /** The condition with another node here. */
  putInCondition(node: ParseNode): ParseNode
}

const isNode = (value: unknown): value is ParseNode => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const keys = Object.keys(value)
  return keys.length === 1 && /^[A-Z]/u.test(keys[0] ?? '')
}

const flip = (polarity: Polarity): Polarity =>
  polarity === null ? null : polarity === 'positive' ? 'negative' : 'positive'

/** Subqueries hold rows and names are no values: nothing in them is a place. */
const closedKinds: ReadonlySet<string> = new Set(['SelectStmt', 'ColumnRef'])
/** A constant and its cast are one value: `'-1'::integer`. */
const isCastConstant = (kind: string, fields: Record<string, unknown>): boolean =>
  kind === 'TypeCast' && fieldsOf(fields['arg'], 'A_Const') !== undefined

const closedFields: ReadonlySet<string> = new Set(['name', 'typeName', 'funcname', 'collname'])

const polarityBelow = (kind: string, fields: Record<string, unknown>, own: Polarity): Polarity => {
  if (kind !== 'BoolExpr') return null
  return fields['boolop'] === 'NOT_EXPR' ? flip(own) : own
}

/** SIMILAR TO wraps its pattern in a call that nobody wrote. */
const isEscape = (fields: Record<string, unknown>, name: string): boolean =>
  fields['kind'] === 'AEXPR_SIMILAR' && name === 'rexpr'

type Put = (node: ParseNode) => ParseNode

interface Condition {
  readonly node: ParseNode
  readonly polarity: Polarity
  readonly put: Put
}

/** Every place, outermost first, left to right. */
export const placesOf = (root: ParseNode): readonly Place[] => {
  const places: Place[] = []
  const visit = (node: ParseNode, polarity: Polarity, put: Put, outer: Condition): void => {
    const own: Condition = polarity === null ? outer : { node, polarity, put: (other) => other }
    const condition = { condition: own.node, conditionPolarity: own.polarity, putInCondition: own.put }
    places.push({ node, polarity, put, ...condition })
    const [kind, fields] = unwrap(node)
    if (closedKinds.has(kind) || isCastConstant(kind, fields)) return
    const below = polarityBelow(kind, fields, polarity)
    for (const [name, value] of Object.entries(fields)) {
      if (closedFields.has(name) || isEscape(fields, name)) continue
      const set = (changed: unknown): ParseNode => ({ [kind]: { ...fields, [name]: changed } })
      const enter = (child: ParseNode, replace: Put): void =>
        visit(child, below, (n) => put(replace(n)), { ...own, put: (n) => own.put(replace(n)) })
      if (isNode(value)) enter(value, set)
      if (!Array.isArray(value)) continue
      for (const [i, item] of (value as unknown[]).entries()) {
        if (isNode(item)) enter(item, (n) => set((value as unknown[]).with(i, n)))
      }
    }
  }
  visit(root, 'positive', (node) => node, { node: root, polarity: 'positive', put: (node) => node })
  return places
}

/** The name of a cast's type without its schema: `numeric`, `int4`. */
export const castType = (cast: Record<string, unknown>): unknown => {
  const names = listOf((cast['typeName'] as { readonly names?: unknown } | undefined)?.names)
  return fieldsOf(names.at(-1), 'String')?.['sval']
}

export const underCasts = (node: unknown): unknown => {
  const cast = fieldsOf(node, 'TypeCast')
  return cast ? underCasts(cast['arg']) : node
}

/** `null`, also of a type. */
export const isNullConstant = (node: unknown): boolean =>
  fieldsOf(underCasts(node), 'A_Const')?.['isnull'] === true
