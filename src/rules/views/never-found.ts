/**
 * XPath that never finds anything: the document that it looks in begins with another element than it asks for. What
 * only changes around such a call changes nothing, and a query that unnests one shows no row.
 */
import { fieldsOf, listOf, type ParseNode } from '../../catalog/expression/tree.ts'
import { operatorName } from '../../catalog/expression/conditions.ts'
import { aggregates, functionName } from '../../catalog/query/clauses.ts'
import { wordOf, type Fields } from '../../catalog/query/tree.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import { namespacesOf, partsOf } from './document-uses.ts'
import { constantText, scopedSelects, type Scope, type ViewQuery } from './query-scope.ts'

interface Name {
  readonly namespace: string | null
  readonly local: string
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** A plain name, its prefix declared; null for anything else that a step may be. */
const nameOf = (step: string, namespaces: ReadonlyMap<string, string>): Name | null => {
  const match = /^(?:([\w-]+):(?!:))?([\p{L}_][\p{L}\p{N}_.-]*)$/u.exec(step)
  if (!match) return null
  const [, prefix, local = ''] = match
  if (prefix === undefined) return { namespace: null, local }
  const namespace = namespaces.get(prefix)
  return namespace === undefined ? null : { namespace, local }
}

/** The first step from the document on: `@x` is an attribute, and a document has none. */
const firstStep = (path: string, namespaces: ReadonlyMap<string, string>): Name | 'attribute' | null => {
  const open = path.trim().replace(/^\(+/u, '')
  if (open.startsWith('//') || /^[\w-]+\s*\((?!\))/u.test(open)) return null
  const first = (partsOf(open)[0] ?? '').replace(/\)?(?:\[\d+\])*\)?$/u, '')
  return first.startsWith('@') ? 'attribute' : nameOf(first, namespaces)
}

/** The element that a document begins with, where the query alone tells. */
const rootOf = (node: unknown): Name | null => {
  if (!isObject(node)) return null
  const inside = fieldsOf(node, 'TypeCast')?.['arg'] ?? fieldsOf(node, 'A_Indirection')?.['arg']
  if (inside !== undefined) return rootOf(inside)
  const operator = fieldsOf(node, 'A_Expr')
  if (operator) {
    if (operatorName(operator) !== '||') return null
    const text = constantText(operator['lexpr'])
    if (text === null) return rootOf(operator['lexpr'])
    const tag = /^\s*<([\p{L}_][\p{L}\p{N}_.-]*)(\s[^>]*)?>/u.exec(text)
    const uri = /\sxmlns="([^"]*)"/u.exec(tag?.[2] ?? '')?.[1]
    return tag ? { namespace: uri ?? null, local: tag[1] ?? '' } : null
  }
  const call = fieldsOf(node, 'FuncCall')
  if (!call) return null
  const [first, , namespaces] = listOf(call['args'])
  if (functionName(call) === 'unnest') return rootOf(first)
  const path = functionName(call) === 'xpath' ? constantText(first) : null
  return path === null ? null : nameOf(partsOf(path).at(-1) ?? '', namespacesOf(namespaces))
}

const isNever = (call: Fields, scope: Scope): boolean => {
  if (functionName(call) !== 'xpath') return false
  const [path, document, namespaces] = listOf(call['args'])
  const text = constantText(path)
  const root = text === null ? null : rootOf(scope.resolve(document))
  const first = root && text !== null ? firstStep(text, namespacesOf(namespaces)) : null
  if (root === null || first === null) return false
  return first === 'attribute' || first.local !== root.local || first.namespace !== root.namespace
}

/** The empty array that such a call answers. */
const noFinds: ParseNode = { NoFinds: {} }
const nothing: ParseNode = { A_Const: { isnull: true } }
const noRow: ParseNode = { NoRow: {} }

const isNothing = (node: unknown): boolean => fieldsOf(node, 'A_Const')?.['isnull'] === true
const isNoRow = (node: unknown): boolean => isObject(node) && 'NoRow' in node
const isNoFinds = (node: unknown): boolean => isObject(node) && 'NoFinds' in node

/** `x[1]`, and no part of it longer than one element. */
const isElement = (indirection: unknown): boolean =>
  listOf(indirection).every((one) => {
    const index = fieldsOf(one, 'A_Indices')
    return index !== undefined && index['is_slice'] !== true
  })

/** Of pg_catalog, null for null. */
const strict: ReadonlySet<string> = new Set([
  'btrim',
  'ltrim',
  'rtrim',
  'lower',
  'upper',
  'length',
  'initcap',
])

const simplified = (kind: string, fields: Fields): ParseNode | null => {
  if (kind === 'A_Indirection' && isNoFinds(fields['arg']))
    return isElement(fields['indirection']) ? nothing : null
  if (kind === 'TypeCast' || kind === 'A_Indirection')
    return isNothing(fields['arg']) ? nothing : isNoRow(fields['arg']) ? noRow : null
  if (kind !== 'FuncCall') return null
  const args = listOf(fields['args'])
  if (functionName(fields) === 'unnest' && args.length === 1 && (isNoFinds(args[0]) || isNothing(args[0])))
    return noRow
  return strict.has(functionName(fields)) && isNothing(args[0]) ? nothing : null
}

const hasAggregate = (node: unknown): boolean => {
  if (Array.isArray(node)) return node.some(hasAggregate)
  if (!isObject(node)) return false
  const call = fieldsOf(node, 'FuncCall')
  return (call !== undefined && aggregates.has(functionName(call))) || Object.values(node).some(hasAggregate)
}

const isEmptyItem = (item: unknown): boolean => {
  const join = fieldsOf(item, 'JoinExpr')
  if (!join) return isNoRow(fieldsOf(item, 'RangeSubselect')?.['subquery'])
  const [left, right] = [isEmptyItem(join['larg']), isEmptyItem(join['rarg'])]
  const type = wordOf(join['jointype'])
  return (type === 'JOIN_INNER' && (left || right)) || (type === 'JOIN_LEFT' && left) || (left && right)
}

/** A select over nothing, or one that unnests nothing and nothing else, has no row. */
const isEmptySelect = (select: Fields): boolean => {
  if (select['op'] !== 'SETOP_NONE' && select['op'] !== undefined) return false
  const values = listOf(select['targetList']).map((target) => fieldsOf(target, 'ResTarget')?.['val'])
  if (hasAggregate(values) && select['groupClause'] === undefined) return false
  const unnests = (value: unknown): boolean => JSON.stringify(value).includes('"unnest"')
  return (
    listOf(select['fromClause']).some(isEmptyItem) ||
    (values.some(isNoRow) && values.every((value) => isNoRow(value) || !unnests(value)))
  )
}

const position = /^location$|^(?:rexpr_)?list_(?:start|end)$/u

/** The tree as text, with nothing in place of what finds nothing. */
const reduced = (query: ParseNode, viewQuery: ViewQuery): string => {
  const scopes = new Map(scopedSelects(query, viewQuery).map(({ fields, scope }) => [fields, scope]))
  const visit = (value: unknown, scope: Scope | null): unknown => {
    if (Array.isArray(value)) return value.map((item) => visit(item, scope))
    if (!isObject(value)) return value
    const here = scopes.get(value) ?? scope
    const call = fieldsOf(value, 'FuncCall')
    if (call && here && isNever(call, here)) return noFinds
    const copy = Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => (position.test(key) ? [] : [[key, visit(item, here)]])),
    )
    const [kind, ...others] = Object.keys(copy)
    if (kind === undefined || others.length > 0 || !isObject(copy[kind])) return copy
    if (kind === 'SelectStmt') return isEmptySelect(copy[kind]) ? noRow : copy
    return simplified(kind, copy[kind]) ?? copy
  }
  return JSON.stringify(visit(query, null))
}

/** Of these broken queries (indexes), those that differ from the query only around what never finds anything. */
export const sameWithoutFinds = async (
  query: string,
  broken: readonly string[],
  viewQuery: ViewQuery,
): Promise<ReadonlySet<number>> => {
  if (!/\bxpath\b/u.test(query)) return new Set()
  await loadParser()
  const parsed = (sql: string): ParseNode => parseExpression(`(${sql.trim().replace(/;$/u, '')}\n)`)
  try {
    const own = reduced(parsed(query), viewQuery)
    return new Set(broken.flatMap((sql, i) => (reduced(parsed(sql), viewQuery) === own ? [i] : [])))
  } catch {
    return new Set()
  }
}
