/**
 * A policy's condition, or the body of a function that it calls, with every name bound: columns of the policy's own row
 * stand behind one word, tables are told by their schema, and parameters of a function are what it was given.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { nameList, nodeParts } from '../../rows/tree.ts'
import { parameterNames } from '../policies/links.ts'
import { functionsOf, sourcesOf, treesOfFunction } from '../policies/reading.ts'

type Body = Record<string, unknown>

/** What the columns of the policy's own row stand behind. */
export const ownRow = 'assay_own'

/** What a name may stand for. */
export interface Scope {
  readonly catalog: Catalog
  /** The policy's own. */
  readonly table: Table
  /** Sources of the selects around it, the innermost first. */
  readonly frames: readonly ReturnType<typeof sourcesOf>[]
  /** Null: in the policy itself. */
  readonly given: {
    readonly name: string
    readonly names: readonly string[]
    readonly args: readonly unknown[]
  } | null
}

export const mapTree = (node: unknown, change: (node: unknown) => unknown): unknown => {
  const changed = change(node)
  if (changed !== node) return changed
  if (Array.isArray(node)) return node.map((one) => mapTree(one, change))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, mapTree(inner, change)]))
}

const string = (sval: string): unknown => ({ String: { sval } })

export const columnRef = (...path: readonly string[]): unknown => ({
  ColumnRef: { fields: path.map(string) },
})

/** A table as a statement names it. */
export const tableNamed =
  (catalog: Catalog) =>
  ({ schema, name }: { readonly schema: string | null; readonly name: string }): Table | undefined => {
    if (schema !== null)
      return [...catalog.tables.values()].find((t) => t.name === name && t.schema === schema)
    const named = [...catalog.tables.values()].filter((t) => t.name === name)
    return named.find((t) => t.schema === 'public') ?? named[0]
  }

const has = (table: Table, column: string): boolean => table.columns.some(({ name }) => name === column)

/** What a name stands for, where it is none of a select around it. */
const outer = (path: readonly string[], { table, given }: Scope): unknown => {
  const name = path.at(-1) ?? ''
  const behind = path.length > 1 ? path.at(-2) : undefined
  if (given !== null) {
    const at = behind === undefined || behind === given.name ? given.names.indexOf(name) : -1
    return at < 0 ? null : (given.args[at] ?? null)
  }
  return (behind === undefined || behind === table.name) && has(table, name) ? columnRef(ownRow, name) : null
}

const boundColumn = (node: unknown, body: Body, scope: Scope): unknown => {
  const path = nameList(body['fields'])
  const behind = path.length > 1 ? path.at(-2) : undefined
  const name = path.at(-1) ?? ''
  const isInner = scope.frames.some((frame) =>
    frame.some((source) => (behind === undefined ? has(source.table, name) : source.alias === behind)),
  )
  return isInner ? node : (outer(path, scope) ?? node)
}

const boundSelect = (body: Body, scope: Scope): unknown => {
  const inner = { ...scope, frames: [sourcesOf(body, tableNamed(scope.catalog)), ...scope.frames] }
  return {
    SelectStmt: Object.fromEntries(Object.entries(body).map(([key, below]) => [key, bound(below, inner)])),
  }
}

/** Names that are nobody's stay as they are. */
export const bound = (tree: unknown, scope: Scope): unknown =>
  mapTree(tree, (node) => {
    const [kind, body] = nodeParts(node) ?? ['', {}]
    if (kind === 'SelectStmt') return boundSelect(body, scope)
    if (kind === 'ColumnRef') return boundColumn(node, body, scope)
    if (kind === 'ParamRef') return scope.given?.args[Number(body['number']) - 1] ?? node
    if (kind !== 'RangeVar') return node
    const schema = typeof body['schemaname'] === 'string' ? body['schemaname'] : null
    const table = tableNamed(scope.catalog)({ schema, name: String(body['relname']) })
    const alias = body['alias'] ?? { aliasname: body['relname'] }
    // It stands as it is then: what is changed is not looked into again.
    return table ? { RangeVar: { ...body, schemaname: table.schema, alias } } : node
  })

const isCalled = ({ schema, name }: FunctionFacts, path: readonly string[]): boolean =>
  name === path.at(-1) && (path.length === 1 || schema === path.at(-2))

/** Statements of a body that PostgreSQL keeps parsed. */
const statementsIn = (node: unknown): readonly unknown[] => {
  const [kind, body] = nodeParts(node) ?? ['', {}]
  if (kind !== 'List') return kind === '' ? [] : [node]
  return ((body['items'] ?? []) as readonly unknown[]).flatMap(statementsIn)
}

/** Of a body that is one select or one expression; null: nothing is known of it. */
const onlyTree = (trees: readonly unknown[]): unknown => {
  const [tree, ...others] = trees
  if (tree === undefined || others.length > 0) return null
  const [kind, body] = nodeParts(tree) ?? ['', {}]
  if (kind === 'CreateFunctionStmt') return onlyTree(statementsIn(body['sql_body']))
  if (kind === 'ReturnStmt') return body['returnval'] ?? null
  // `select …` is read as an expression, too.
  return kind === 'SubLink' && body['subLinkType'] === 'EXPR_SUBLINK' ? body['subselect'] : tree
}

/** In the order of its parameters; `of => org` stands where it is named. */
const argumentsOf = (given: readonly unknown[], names: readonly string[]): readonly unknown[] => {
  const isNamed = (node: unknown): boolean => nodeParts(node)?.[0] === 'NamedArgExpr'
  const named = given.filter(isNamed).map((one) => nodeParts(one)![1])
  return given.map((one, i) =>
    isNamed(one) ? (named.find((other) => other['name'] === names[i])?.['arg'] ?? null) : one,
  )
}

/** What a call answers, as a tree: a select, or an expression; null: it is no function of the schema that says it at once. */
export const bodyOfCall = (call: unknown, { catalog, table }: Scope): unknown => {
  const [kind, body] = nodeParts(call) ?? ['', {}]
  if (kind !== 'FuncCall') return null
  const args = (body['args'] ?? []) as readonly unknown[]
  const path = nameList(body['funcname'])
  const called = functionsOf(catalog).find((one) => isCalled(one, path) && one.args.length === args.length)
  const tree = called ? onlyTree(treesOfFunction(called)) : null
  if (!called || tree === null) return null
  const names = parameterNames(called)
  const given = { name: called.name, names, args: argumentsOf(args, names) }
  return bound(tree, { catalog, table, frames: [], given })
}
