/**
 * What is unnested of nothing is no row: a condition that what is unnested be there (`where doc is not null`) lets
 * through what the query shows without it.
 */
import { operatorName } from '../../catalog/expression/conditions.ts'
import { fieldsOf, listOf, type ParseNode } from '../../catalog/expression/tree.ts'
import { functionName } from '../../catalog/query/clauses.ts'
import { conjuncts, wordOf, type Fields } from '../../catalog/query/tree.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Of pg_catalog: each answers rows, and none for null. */
const unnesting: ReadonlySet<string> = new Set([
  'unnest',
  'json_array_elements',
  'json_array_elements_text',
  'jsonb_array_elements',
  'jsonb_array_elements_text',
  'json_each',
  'json_each_text',
  'jsonb_each',
  'jsonb_each_text',
  'json_object_keys',
  'jsonb_object_keys',
  'regexp_split_to_table',
  'regexp_matches',
])

/** Of pg_catalog, one value each: null for null, in whatever argument. */
const strict: ReadonlySet<string> = new Set([
  'xpath',
  'regexp_split_to_array',
  'jsonb_strip_nulls',
  'btrim',
  'lower',
  'upper',
])

const strictOperators: ReadonlySet<string> = new Set(['->', '->>', '#>', '#>>'])

const position = /^location$|^(?:rexpr_)?list_(?:start|end)$/u

const textOf = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (position.test(key) ? undefined : value))

/** Columns, as text, of which none may be null for this value to be anything else. */
const needed = (node: unknown): readonly string[] => {
  if (!isObject(node)) return []
  if ('ColumnRef' in node) return [textOf(node)]
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return needed(cast['arg'])
  const operator = fieldsOf(node, 'A_Expr')
  if (operator)
    return strictOperators.has(operatorName(operator))
      ? [...needed(operator['lexpr']), ...needed(operator['rexpr'])]
      : []
  const call = fieldsOf(node, 'FuncCall')
  return call && strict.has(functionName(call)) ? listOf(call['args']).flatMap(needed) : []
}

/** Of a call that answers rows; null for anything else. */
const unnested = (node: unknown): readonly string[] | null => {
  const call = fieldsOf(node, 'FuncCall')
  return call && unnesting.has(functionName(call)) && call['over'] === undefined
    ? listOf(call['args']).flatMap(needed)
    : null
}

/** Every call is known to answer one value of one row. */
const isPlain = (node: unknown): boolean => {
  if (Array.isArray(node)) return node.every(isPlain)
  if (!isObject(node)) return true
  const call = fieldsOf(node, 'FuncCall')
  if (call && (call['over'] !== undefined || !strict.has(functionName(call)))) return false
  return !('SubLink' in node) && Object.values(node).every(isPlain)
}

/** Beside it nothing else may answer rows: the longest of them counts. */
const neededByTargets = (select: Fields): readonly string[] => {
  if (select['groupClause'] !== undefined || select['havingClause'] !== undefined) return []
  const values = listOf(select['targetList']).map((target) => fieldsOf(target, 'ResTarget')?.['val'])
  const calls = values.flatMap((value) => {
    const columns = unnested(value)
    return columns === null ? [] : [{ value, columns }]
  })
  const [only, ...others] = calls
  if (!only || others.length > 0) return []
  return values.every((value) => value === only.value || isPlain(value)) ? only.columns : []
}

/** What is joined to a function's rows, and has none without them. */
const neededByItem = (item: unknown): readonly string[] => {
  const join = fieldsOf(item, 'JoinExpr')
  if (join) {
    const type = wordOf(join['jointype'])
    return [
      ...(type === 'JOIN_INNER' || type === 'JOIN_LEFT' ? neededByItem(join['larg']) : []),
      ...(type === 'JOIN_INNER' || type === 'JOIN_RIGHT' ? neededByItem(join['rarg']) : []),
    ]
  }
  const functions = listOf(fieldsOf(item, 'RangeFunction')?.['functions'])
  const [first, ...others] = functions
  if (first === undefined || others.length > 0) return []
  return unnested(listOf(fieldsOf(first, 'List')?.['items'])[0]) ?? []
}

/** It asks for nothing more than these columns. */
const asksFor = (part: ParseNode, columns: ReadonlySet<string>): boolean => {
  const found = fieldsOf(part, 'NullTest')
  if (found) return found['nulltesttype'] === 'IS_NOT_NULL' && columns.has(textOf(found['arg']))
  const constant = fieldsOf(part, 'A_Const')?.['boolval']
  return isObject(constant) && constant['boolval'] === true
}

/** The tree without conditions that only ask for what is unnested. */
const reduced = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(reduced)
  if (!isObject(node)) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, reduced(value)]))
  if (!Array.isArray(copy['targetList'])) return copy
  const columns = new Set([...neededByTargets(copy), ...listOf(copy['fromClause']).flatMap(neededByItem)])
  if (columns.size === 0) return copy
  const { whereClause, ...rest } = copy
  const left = conjuncts(whereClause).filter((part) => !asksFor(part, columns))
  return { ...rest, ...(left.length === 0 ? {} : { conditions: left }) }
}

/** Of these broken queries (indexes), those that differ from the query only in such a condition. */
export const sameUnnested = async (
  query: string,
  broken: readonly string[],
): Promise<ReadonlySet<number>> => {
  if (![...unnesting].some((name) => query.includes(name))) return new Set()
  await loadParser()
  const shown = (sql: string): string =>
    textOf(reduced(parseExpression(`(${sql.trim().replace(/;$/u, '')}\n)`)))
  try {
    const own = shown(query)
    return new Set(broken.flatMap((sql, i) => (shown(sql) === own ? [i] : [])))
  } catch {
    return new Set()
  }
}
