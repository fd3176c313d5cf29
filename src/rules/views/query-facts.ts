/** What the query of a view says of its columns, found by PostgreSQL's parser: its conditions, and where it reads from. */
import { fieldsOf, listOf, unwrap, type ParseNode } from '../../catalog/expression-tree.ts'
import { printExpression } from '../../catalog/expression-text.ts'
import { conjuncts, selectsOf, wordOf, type SelectPlace } from '../../catalog/query-tree.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const lastName = (reference: unknown): string | null => {
  const fields = listOf(fieldsOf(reference, 'ColumnRef')?.['fields'])
  const name = fieldsOf(fields.at(-1), 'String')?.['sval']
  return typeof name === 'string' ? name : null
}

/** `u.deleted_at` becomes `deleted_at`: the name that its table knows. */
const withoutAliases = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(withoutAliases)
  if (!isObject(node)) return node
  const name = lastName(node)
  if (name !== null) return { ColumnRef: { fields: [{ String: { sval: name } }] } }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutAliases(value)]))
}

const columnsIn = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap(columnsIn)
  if (!isObject(node)) return []
  const name = lastName(node)
  return name === null ? Object.values(node).flatMap(columnsIn) : [name]
}

/** Conditions that stand inside values: of CASE and FILTER. */
const innerConditions = (node: unknown): readonly ParseNode[] => {
  if (Array.isArray(node)) return node.flatMap(innerConditions)
  if (!isObject(node)) return []
  const own = [fieldsOf(node, 'CaseWhen')?.['expr'], fieldsOf(node, 'FuncCall')?.['agg_filter']]
  return [...own.filter(isObject), ...Object.values(node).flatMap(innerConditions)]
}

export interface Condition {
  /** Over bare column names. */
  readonly text: string
  readonly columns: readonly string[]
}

/** What a select asks of one of its tables alone: all of it at once. */
export interface OwnCondition extends Condition {
  readonly schema: string | null
  readonly name: string
}

export interface QueryFacts {
  /** Each by itself, whatever it is about. */
  readonly conditions: readonly Condition[]
  readonly own: readonly OwnCondition[]
  /** Columns that values are computed from. */
  readonly computed: readonly string[]
  /** Of a query over one relation: its name as written, and which of its columns each shown column is. */
  readonly simple: {
    readonly schema: string | null
    readonly name: string
    readonly columns: ReadonlyMap<string, string>
  } | null
}

const conditionOf = (node: ParseNode): readonly Condition[] => {
  const text = printExpression(withoutAliases(node) as ParseNode)
  const columns = [...new Set(columnsIn(node))]
  return text === null || columns.length === 0 ? [] : [{ text, columns }]
}

const computedIn = ({ fields }: SelectPlace): readonly string[] =>
  listOf(fields['targetList']).flatMap((target) => {
    const value = fieldsOf(target, 'ResTarget')?.['val']
    return isObject(value) && unwrap(value)[0] !== 'ColumnRef' ? columnsIn(value) : []
  })

interface Range {
  readonly alias: string
  readonly schema: string | null
  readonly name: string
}

const rangesIn = (node: unknown): readonly Range[] => {
  const join = fieldsOf(node, 'JoinExpr')
  if (join) return [...rangesIn(join['larg']), ...rangesIn(join['rarg'])]
  const range = fieldsOf(node, 'RangeVar')
  if (!range) return []
  const name = wordOf(range['relname'])
  const alias = (range['alias'] as { readonly aliasname?: string } | undefined)?.aliasname ?? name
  const schema = range['schemaname']
  return [{ alias, name, schema: typeof schema === 'string' ? schema : null }]
}

/** Aliases that columns are asked by; null: without one. */
const aliasesIn = (node: unknown): readonly (string | null)[] => {
  if (Array.isArray(node)) return node.flatMap(aliasesIn)
  if (!isObject(node)) return []
  if (lastName(node) === null) return Object.values(node).flatMap(aliasesIn)
  const fields = listOf(fieldsOf(node, 'ColumnRef')?.['fields'])
  const alias = fieldsOf(fields.at(-2), 'String')?.['sval']
  return [typeof alias === 'string' ? alias : null]
}

const ownConditions = ({ fields, joins }: SelectPlace): readonly OwnCondition[] => {
  const all = [...joins.flatMap((j) => conjuncts(j.fields['quals'])), ...conjuncts(fields['whereClause'])]
  const ranges = listOf(fields['fromClause']).flatMap(rangesIn)
  return ranges.flatMap((range) => {
    const own = all.filter((condition) => {
      const aliases = aliasesIn(condition)
      return (
        aliases.length > 0 && aliases.every((a) => a === range.alias || (a === null && ranges.length === 1))
      )
    })
    const [first] = own
    if (!first) return []
    const whole = own.length === 1 ? first : { BoolExpr: { boolop: 'AND_EXPR', args: own } }
    return conditionOf(whole).map((condition) => ({ ...condition, schema: range.schema, name: range.name }))
  })
}

const simpleOf = (select: Readonly<Record<string, unknown>> | undefined): QueryFacts['simple'] => {
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

export const queryFacts = async (sql: string): Promise<QueryFacts> => {
  await loadParser()
  try {
    const query = parseExpression(`(${sql.trim().replace(/;$/u, '')}\n)`)
    const selects = selectsOf(query)
    const nodes = selects.flatMap(({ fields, joins }) => [
      ...joins.flatMap((join) => conjuncts(join.fields['quals'])),
      ...conjuncts(fields['whereClause']),
      ...conjuncts(fields['havingClause']),
    ])
    const all = [...nodes, ...innerConditions(query)].flatMap(conditionOf)
    const byText = new Map(all.map((condition) => [condition.text, condition]))
    return {
      conditions: [...byText.values()],
      own: selects.flatMap(ownConditions),
      computed: [...new Set(selects.flatMap(computedIn))],
      simple: simpleOf(selects[0]?.fields),
    }
  } catch {
    return { conditions: [], own: [], computed: [], simple: null }
  }
}
