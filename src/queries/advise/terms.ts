/** What one relation is asked for, as parts of SQL: the expressions that an index may have, and how they are used. */
import type { Table } from '../../catalog/table.ts'
import { deparseExpression, type ParseNode } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { columnOf, nodeParts, walk } from '../../rows/tree.ts'

/** An expression that an index may be over, without the name of its relation. */
export interface KeyTerm {
  /** null: it is more than a column. */
  readonly column: string | null
  /** A quoted column, or SQL. */
  readonly sql: string
}

export type TermUse = 'equal' | 'bound' | 'pattern' | 'join' | 'contains'

export interface Term extends KeyTerm {
  readonly use: TermUse
  readonly operator: string
  /** It stands below an OR or a NOT: it does not hold of all rows that come. */
  readonly isLoose: boolean
  /** A policy asks for it, of every statement. */
  readonly isPolicy: boolean
}

export interface OrderTerm extends KeyTerm {
  readonly descending: boolean
  readonly nulls: 'first' | 'last' | null
}

/** What a statement asks of one of the relations that it reads. */
export interface SourceShape {
  readonly table: Table
  /** The id of what it stands in. */
  readonly of: string
  readonly terms: readonly Term[]
  readonly orders: readonly (readonly OrderTerm[])[]
  readonly groups: readonly (readonly KeyTerm[])[]
  /** Conditions without parameters that hold of all its rows that come: what a partial index may state. */
  readonly constants: readonly string[]
  /** Columns that the statement touches; null: whole rows. */
  readonly used: readonly string[] | null
}

/** The tree with no relation's name before a column. */
const unqualified = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(unqualified)
  if (typeof node !== 'object' || node === null) return node
  const parts = nodeParts(node)
  if (parts?.[0] === 'ColumnRef') {
    const fields = parts[1]['fields'] as readonly unknown[]
    return { ColumnRef: { ...parts[1], fields: fields.slice(-1) } }
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, unqualified(value)]))
}

export const keyTerm = (node: unknown): KeyTerm => {
  const column = columnOf(node)
  return column === null
    ? { column, sql: deparseExpression(unqualified(node) as ParseNode) }
    : { column, sql: ident(column) }
}

/** SQL of a condition, without the name of its relation. */
export const bareSql = (node: unknown): string => deparseExpression(unqualified(node) as ParseNode)

const holds = (node: unknown, kinds: readonly string[]): boolean => {
  let found = false
  walk(node, (kind) => {
    found ||= kinds.includes(kind)
  })
  return found
}

/** Nothing but columns and constants. */
export const isConstant = (node: unknown): boolean =>
  !holds(node, ['ParamRef', 'SubLink', 'SQLValueFunction'])

export const namesColumns = (node: unknown): boolean => holds(node, ['ColumnRef'])

/** What all has to hold: the parts of an AND. */
export const conjunctsOf = (node: unknown): readonly unknown[] => {
  const parts = nodeParts(node)
  if (parts === null) return []
  return parts[0] === 'BoolExpr' && parts[1]['boolop'] === 'AND_EXPR'
    ? (parts[1]['args'] as readonly unknown[]).flatMap(conjunctsOf)
    : [node]
}

/** Conditions below an OR or a NOT. */
export const looseBodies = (tree: unknown): ReadonlySet<unknown> => {
  const loose = new Set<unknown>()
  walk(tree, (kind, body) => {
    if (kind !== 'BoolExpr' || body['boolop'] === 'AND_EXPR') return
    walk(body['args'], (_kind, below) => {
      loose.add(below)
    })
  })
  return loose
}
