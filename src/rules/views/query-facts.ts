/** What the query of a view says of the columns of tables, found by PostgreSQL's parser: its conditions, values and comparisons. */
import { fieldsOf, listOf, unwrap, type ParseNode } from '../../catalog/expression/tree.ts'
import { printExpression } from '../../catalog/expression/text.ts'
import { aggregates, functionName } from '../../catalog/query/clauses.ts'
import { conjuncts, wordOf, type Fields } from '../../catalog/query/tree.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import { pairsIn, type ColumnPair } from './column-pairs.ts'
import { documentUses, type DocumentUse } from './document-uses.ts'
import { jsonUsesIn, type JsonUse } from './json-uses.ts'
import { placeOfColumn, scopedSelects, type Scope, type ViewQuery } from './query-scope.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const lastName = (reference: unknown): string | null => {
  const fields = listOf(fieldsOf(reference, 'ColumnRef')?.['fields'])
  const name = fieldsOf(fields.at(-1), 'String')?.['sval']
  return typeof name === 'string' ? name : null
}

/** `public.users.deleted_at` becomes `deleted_at`: the name that its table knows. */
export const withBareNames = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(withBareNames)
  if (!isObject(node)) return node
  const name = lastName(node)
  if (name !== null) return { ColumnRef: { fields: [{ String: { sval: name } }] } }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withBareNames(value)]))
}

/** A column that an expression reads; `relation` (schema and name) is null where it could not be told. */
export interface ColumnRead {
  readonly relation: string | null
  readonly name: string
}

export const relationKey = (schema: string, name: string): string => JSON.stringify([schema, name])

export const columnsIn = (node: unknown): readonly ColumnRead[] => {
  if (Array.isArray(node)) return node.flatMap(columnsIn)
  if (!isObject(node)) return []
  const name = lastName(node)
  if (name === null) return Object.values(node).flatMap(columnsIn)
  const place = placeOfColumn(node)
  return [{ relation: place ? relationKey(place.schema, place.table) : null, name }]
}

export const hasSubquery = (node: unknown): boolean => {
  if (Array.isArray(node)) return node.some(hasSubquery)
  if (!isObject(node)) return false
  return 'SubLink' in node || Object.values(node).some(hasSubquery)
}

/** Of many rows as of one: `sum(total) > 10` asks for totals around 10. */
const ofOneRow = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(ofOneRow)
  if (!isObject(node)) return node
  const call = fieldsOf(node, 'FuncCall')
  if (call && (call['over'] !== undefined || aggregates.has(functionName(call)))) {
    const [first] = listOf(call['args'])
    return first && functionName(call) !== 'count' ? ofOneRow(first) : { A_Const: { ival: { ival: 1 } } }
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, ofOneRow(value)]))
}

/** Conditions that stand inside values: of CASE and FILTER. */
const innerConditions = (node: unknown): readonly ParseNode[] => {
  if (Array.isArray(node)) return node.flatMap(innerConditions)
  if (!isObject(node) || 'SelectStmt' in node) return []
  const own = [fieldsOf(node, 'CaseWhen')?.['expr'], fieldsOf(node, 'FuncCall')?.['agg_filter']]
  return [...own.filter(isObject), ...Object.values(node).flatMap(innerConditions)]
}

export interface Expression {
  /** Over bare column names. */
  readonly text: string
  readonly columns: readonly ColumnRead[]
}

/** What a select asks of one of its tables alone: all of it at once. */
export interface OwnCondition {
  readonly text: string
  readonly relation: string
}

export interface QueryFacts {
  /** Each by itself, whatever it is about. */
  readonly conditions: readonly Expression[]
  readonly own: readonly OwnCondition[]
  /** Values that are shown, sorted or grouped by, and are more than a column. */
  readonly computed: readonly Expression[]
  /** Columns that are compared with other columns. */
  readonly pairs: readonly ColumnPair[]
  /** Every constant of the query, as text. */
  readonly constants: readonly string[]
  /** Paths that are followed in XML. */
  readonly documents: readonly DocumentUse[]
  /** Paths that are followed in JSON. */
  readonly json: readonly JsonUse[]
  /** Of a query over one relation: its name as written, and which of its columns each shown column is. */
  readonly simple: {
    readonly schema: string | null
    readonly name: string
    readonly columns: ReadonlyMap<string, string>
  } | null
}

const expressionOf = (node: unknown): readonly Expression[] => {
  if (hasSubquery(node)) return []
  const plain = ofOneRow(node)
  const columns = columnsIn(plain)
  const text = columns.length === 0 ? null : printExpression(withBareNames(plain) as ParseNode)
  if (text === null) return []
  return [{ text, columns: [...new Map(columns.map((c) => [`${c.relation ?? ''} ${c.name}`, c])).values()] }]
}

const joinConditions = (node: unknown): readonly unknown[] => {
  const join = fieldsOf(node, 'JoinExpr')
  return join ? [join['quals'], ...joinConditions(join['larg']), ...joinConditions(join['rarg'])] : []
}

const conditionsOf = (fields: Fields): readonly ParseNode[] =>
  [
    ...listOf(fields['fromClause']).flatMap(joinConditions),
    fields['whereClause'],
    fields['havingClause'],
  ].flatMap(conjuncts)

/** Parts that are about one table, put together again. */
const ownConditions = (nodes: readonly unknown[]): readonly OwnCondition[] => {
  const byRelation = new Map<string, ParseNode[]>()
  for (const node of nodes) {
    if (hasSubquery(node)) continue
    const plain = ofOneRow(node) as ParseNode
    const [first, ...others] = [...new Set(columnsIn(plain).map((c) => c.relation))]
    if (first == null || others.length > 0) continue
    byRelation.set(first, [...(byRelation.get(first) ?? []), plain])
  }
  return [...byRelation].flatMap(([relation, parts]) => {
    const [only] = parts
    const whole = parts.length === 1 && only ? only : { BoolExpr: { boolop: 'AND_EXPR', args: parts } }
    const text = printExpression(withBareNames(whole) as ParseNode)
    return text === null ? [] : [{ relation, text }]
  })
}

const valuesOf = (fields: Fields): readonly unknown[] => [
  ...listOf(fields['targetList']).map((target) => fieldsOf(target, 'ResTarget')?.['val']),
  ...listOf(fields['groupClause']),
  ...listOf(fields['sortClause']).map((sort) => fieldsOf(sort, 'SortBy')?.['node']),
]

const computedIn = (fields: Fields, scope: Scope): readonly Expression[] =>
  valuesOf(fields)
    .map((value) => scope.resolve(value))
    .filter((value) => isObject(value) && unwrap(value)[0] !== 'ColumnRef')
    .flatMap(expressionOf)

/** Constants of strings that are queries themselves, too. */
const constantsIn = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap(constantsIn)
  if (!isObject(node)) return []
  const constant = fieldsOf(node, 'A_Const')
  if (!constant) return Object.values(node).flatMap(constantsIn)
  const text = (constant['sval'] as { readonly sval?: string } | undefined)?.sval
  const whole = constant['ival'] as { readonly ival?: number } | undefined
  const fraction = (constant['fval'] as { readonly fval?: string } | undefined)?.fval
  if (text === undefined) return whole ? [String(whole.ival ?? 0)] : fraction === undefined ? [] : [fraction]
  const inside = /^\s*(?:select|with)\b/iu.test(text) ? constantsOf(text) : null
  return inside ?? (/^\{.*\}$/su.test(text) ? text.slice(1, -1).split(',') : [text])
}

const constantsOf = (sql: string): readonly string[] | null => {
  try {
    return constantsIn(parseExpression(`(${sql})`))
  } catch {
    return null
  }
}

const simpleOf = (select: Fields | undefined): QueryFacts['simple'] => {
  const [from, ...others] = listOf(select?.['fromClause'])
  const range = fieldsOf(from, 'RangeVar')
  if (!select || !range || others.length > 0) return null
  const columns = listOf(select['targetList']).flatMap((target): (readonly [string, string])[] => {
    const result = fieldsOf(target, 'ResTarget')
    const value = result?.['val']
    const base = isObject(value) && unwrap(value)[0] === 'ColumnRef' ? lastName(value) : null
    return base === null ? [] : [[wordOf(result?.['name'] ?? base), base]]
  })
  const schema = range['schemaname']
  return {
    schema: typeof schema === 'string' ? schema : null,
    name: wordOf(range['relname']),
    columns: new Map(columns),
  }
}

/** Of all selects, each path once. */
const jsonUses = (
  selects: readonly { readonly fields: Fields; readonly scope: Scope }[],
): readonly JsonUse[] => {
  const found = selects.flatMap(({ fields, scope }) =>
    [...valuesOf(fields), ...conditionsOf(fields), ...listOf(fields['fromClause'])].flatMap((node) =>
      jsonUsesIn(scope.resolve(node)),
    ),
  )
  return [...new Map(found.map((use) => [JSON.stringify(use), use])).values()]
}

/** Every condition of a select of which only counts whether it is true, in a fixed order; HAVING is about groups. */
export const conditionClauses = (fields: Fields): readonly unknown[] => [
  ...listOf(fields['fromClause']).flatMap(joinConditions),
  fields['whereClause'],
  ...innerConditions(valuesOf(fields)),
]

const byText = <T extends { readonly text: string }>(all: readonly T[]): readonly T[] => [
  ...new Map(all.map((one) => [one.text, one])).values(),
]

const nothing: QueryFacts = {
  conditions: [],
  own: [],
  computed: [],
  pairs: [],
  constants: [],
  documents: [],
  json: [],
  simple: null,
}

/** `viewQuery` looks into views that the query reads from. */
export const queryFacts = async (sql: string, viewQuery: ViewQuery = () => null): Promise<QueryFacts> => {
  await loadParser()
  try {
    const query = parseExpression(`(${sql.trim().replace(/;$/u, '')}\n)`)
    const selects = scopedSelects(query, viewQuery)
    const resolved = selects.map(({ fields, scope }) => ({
      fields,
      scope,
      conditions: conditionsOf(fields).map((node) => scope.resolve(node)),
    }))
    const inner = selects.flatMap(({ fields, scope }) =>
      innerConditions(valuesOf(fields)).map((node) => scope.resolve(node)),
    )
    const everything = [...resolved.flatMap((r) => r.conditions), ...inner]
    return {
      conditions: byText(everything.flatMap(expressionOf)),
      own: resolved.flatMap((r) => ownConditions(r.conditions)),
      computed: byText(selects.flatMap(({ fields, scope }) => computedIn(fields, scope))),
      pairs: everything.flatMap(pairsIn),
      constants: [...new Set(constantsIn(query))],
      documents: documentUses(selects),
      json: jsonUses(selects),
      simple: simpleOf(selects[0]?.fields),
    }
  } catch {
    return nothing
  }
}

/** Of several queries, as of one; `simple` is the first's. */
export const mergedFacts = (all: readonly QueryFacts[]): QueryFacts => ({
  conditions: byText(all.flatMap((f) => f.conditions)),
  own: all.flatMap((f) => f.own),
  computed: byText(all.flatMap((f) => f.computed)),
  pairs: all.flatMap((f) => f.pairs),
  constants: [...new Set(all.flatMap((f) => f.constants))],
  documents: all.flatMap((f) => f.documents),
  json: all.flatMap((f) => f.json),
  simple: all[0]?.simple ?? null,
})
