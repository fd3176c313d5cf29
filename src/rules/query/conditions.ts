/** What a statement's parameters are compared with, found in PostgreSQL's own parse tree. Needs `loadParser()`. */
import { relationId } from '../../ground/names.ts'
import { deparseExpression, parseStatements, type ParseNode } from '../../postgres/parse.ts'
import { columnOf, columnsOf as columnsIn, nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'
import { calledTables, containedIn, type Contained } from './contained.ts'

/**
 * How a parameter takes part: in an equation, as a bound, as a pattern, as an array of values, as a number of rows, or
 * inside of something (see `contained.ts`).
 */
export type ConditionUse = 'equal' | 'bound' | 'pattern' | 'any' | 'limit' | 'offset' | Contained['use']

/** Of so many rows one value is asked for, that their number tells whether it is a frequent one. */
export const isGrouped = (use: ConditionUse): boolean =>
  use === 'equal' || use === 'any' || use === 'part' || use === 'word'

export interface Condition {
  /** 1 for `$1`. */
  readonly parameter: number
  readonly use: ConditionUse
  /** SQL over the columns of one relation; '' for a limit. */
  readonly expression: string
  /** The column that it is about; null: none alone. */
  readonly column: string | null
  /** The name by which the statement calls that relation; null for a limit. */
  readonly alias: string | null
  /** Of a bound that lets through what lies on one side of it alone: `sold_on < $2`. */
  readonly open?: 'above' | 'below'
}

/** A relation that a statement names. */
export interface Source {
  /** As its columns are called by: its alias or its own name. */
  readonly alias: string
  /** Relation id. */
  readonly id: string
}

const writes = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

/** The relations that a tree names, without its own WITH queries. */
export const rangeVars = (tree: unknown): readonly Source[] => {
  const found: Source[] = []
  const common = new Set<string>()
  walk(tree, (kind, body) => {
    if (kind === 'CommonTableExpr') common.add(String(body['ctename']))
    // The table that a statement writes stands in the tree without its kind.
    const named = writes.has(kind) ? (body['relation'] as Record<string, unknown>) : body
    if (kind !== 'RangeVar' && !writes.has(kind)) return
    const name = String(named['relname'])
    const schema = typeof named['schemaname'] === 'string' ? named['schemaname'] : null
    const alias = (named['alias'] as { readonly aliasname?: string } | undefined)?.aliasname ?? name
    if (schema === null && common.has(name)) return
    found.push({ alias, id: relationId({ schema: schema ?? 'public', name }) })
  })
  return found.filter(({ id }) => !common.has(id))
}

const parameterOf = (node: unknown): number | null => {
  const parts = nodeParts(underCasts(node))
  return parts?.[0] === 'ParamRef' ? Number(parts[1]['number'] ?? 0) : null
}

export type ColumnsOf = (relation: string) => readonly string[]

/** The one relation whose columns an expression is about; null where it is about none, or several. */
export const aliasOf = (node: unknown, sources: readonly Source[], columnsOf: ColumnsOf): string | null => {
  const aliases = new Set<string | null>()
  walk(node, (kind, body) => {
    if (kind === 'ParamRef' || kind === 'SubLink') aliases.add(null)
    if (kind !== 'ColumnRef') return
    const path = nameList(body['fields'])
    const name = path.at(-1) ?? ''
    const qualifier = path.at(-2)
    const among = sources.filter((source) =>
      qualifier === undefined ? columnsOf(source.id).includes(name) : source.alias === qualifier,
    )
    aliases.add(among[0]?.alias ?? null)
  })
  const [only, ...others] = aliases
  return others.length === 0 ? (only ?? null) : null
}

const usesOfOperators: Readonly<Record<string, ConditionUse>> = {
  '=': 'equal',
  '<': 'bound',
  '<=': 'bound',
  '>': 'bound',
  '>=': 'bound',
  '~~': 'pattern',
  '~~*': 'pattern',
}

const useOf = (kind: unknown, operator: string): ConditionUse | null => {
  switch (kind) {
    case 'AEXPR_OP':
    case 'AEXPR_NOT_DISTINCT':
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return usesOfOperators[operator] ?? null
    case 'AEXPR_IN':
      return operator === '=' ? 'equal' : null
    case 'AEXPR_OP_ANY':
      return operator === '=' ? 'any' : null
    case 'AEXPR_BETWEEN':
      return 'bound'
    default:
      return null
  }
}

/** What a comparison lets through: what is above its parameter, or below it; null: the parameter itself, too. */
const openEndOf = (body: Record<string, unknown>, isLeft: boolean): Condition['open'] | null => {
  const operator = body['kind'] === 'AEXPR_OP' ? nameList(body['name']).at(-1) : undefined
  if (operator !== '<' && operator !== '>') return null
  return (operator === '<') === isLeft ? 'above' : 'below'
}

/** `(a, b) < ($1, $2)` and `a between $1 and $2` as pairs. */
export const pairsOf = (left: unknown, right: unknown): readonly (readonly [unknown, unknown])[] => {
  const [a, b] = [nodeParts(left), nodeParts(right)]
  if (a?.[0] === 'RowExpr' && b?.[0] === 'RowExpr') {
    const others = b[1]['args'] as readonly unknown[]
    return (a[1]['args'] as readonly unknown[]).map((one, i) => [one, others[i]] as const)
  }
  if (b?.[0] === 'List') return (b[1]['items'] as readonly unknown[]).map((one) => [left, one] as const)
  return [
    [left, right],
    [right, left],
  ]
}

/** `lower(email) = lower($1)`: what is equal inside is equal outside. Null: they are not calls of one function. */
const insideOf = (left: unknown, right: unknown): readonly [unknown, unknown] | null => {
  const [a, b] = [nodeParts(underCasts(left)), nodeParts(underCasts(right))]
  if (a?.[0] !== 'FuncCall' || b?.[0] !== 'FuncCall') return null
  const [ours, theirs] = [a[1]['args'], b[1]['args']]
  const isSame = nameList(a[1]['funcname']).join('.') === nameList(b[1]['funcname']).join('.')
  if (!isSame || !Array.isArray(ours) || !Array.isArray(theirs)) return null
  const at = theirs.findIndex((one) => parameterOf(one) !== null)
  const others = (list: readonly unknown[]): string =>
    list.flatMap((one, i) => (i === at ? [] : deparseExpression(one as ParseNode))).join(', ')
  if (at < 0 || ours.length !== theirs.length || others(ours) !== others(theirs)) return null
  return [ours[at], theirs[at]]
}

export interface Conditions {
  readonly sources: readonly Source[]
  readonly all: readonly Condition[]
}

/** `columnsOf`: names of a relation's columns, by its id. Throws what libpg-query throws. */
export const conditionsOf = (sql: string, columnsOf: ColumnsOf): Conditions => {
  const trees = parseStatements(sql).map(({ node }) => node)
  const sources = rangeVars(trees)
  const called = calledTables(trees)
  const all: Condition[] = []
  const add = (condition: Condition): void => {
    if (!all.some((known) => known.parameter === condition.parameter)) all.push(condition)
  }
  walk(trees, (kind, body) => {
    if (kind === 'SelectStmt') {
      for (const [key, use] of [
        ['limitCount', 'limit'],
        ['limitOffset', 'offset'],
      ] as const) {
        const parameter = parameterOf(body[key])
        if (parameter !== null) add({ parameter, use, expression: '', column: null, alias: null })
      }
      return
    }
    for (const { parameter, use, of, expression } of containedIn(kind, body, called)) {
      const alias = aliasOf(of, sources, columnsOf)
      if (alias !== null) add({ parameter, use, expression, column: columnsIn(of)[0] ?? null, alias })
    }
    if (kind !== 'A_Expr') return
    const use = useOf(body['kind'], nameList(body['name']).at(-1) ?? '')
    if (use === null) return
    for (const [left, right] of pairsOf(body['lexpr'], body['rexpr'])) {
      const [expression, value] = (use === 'equal' ? insideOf(left, right) : null) ?? [left, right]
      const open = use === 'bound' ? openEndOf(body, left === body['rexpr']) : null
      const parameter = parameterOf(value)
      const alias = parameter === null ? null : aliasOf(expression, sources, columnsOf)
      if (parameter === null || alias === null) continue
      const text = deparseExpression(expression as ParseNode)
      const column = columnOf(underCasts(expression))
      add({ parameter, use, expression: text, column, alias, ...(open ? { open } : {}) })
    }
  })
  return { sources, all }
}

/** Columns that are compared with one value: the same in all rows that come. */
export const equalColumns = (sql: string): readonly string[] => {
  const found: string[] = []
  walk(
    parseStatements(sql).map(({ node }) => node),
    (kind, body) => {
      // Behind an OR or a NOT nothing is the same in all rows.
      if (kind === 'SubLink' || (kind === 'BoolExpr' && body['boolop'] !== 'AND_EXPR')) return false
      if (kind !== 'A_Expr' || body['kind'] !== 'AEXPR_OP' || nameList(body['name']).at(-1) !== '=')
        return true
      for (const [one, other] of pairsOf(body['lexpr'], body['rexpr'])) {
        const column = columnOf(one)
        if (column !== null && nodeParts(underCasts(other))?.[0] !== 'ColumnRef') found.push(column)
      }
      return true
    },
  )
  return found
}

/** Columns of one relation that are compared with a column of another one. */
export const joinedColumns = (
  sql: string,
  alias: string,
  sources: readonly Source[],
  columnsOf: ColumnsOf,
): readonly string[] => {
  const found: string[] = []
  walk(
    parseStatements(sql).map(({ node }) => node),
    (kind, body) => {
      if (kind !== 'A_Expr' || body['kind'] !== 'AEXPR_OP' || nameList(body['name']).at(-1) !== '=') return
      const sides = [body['lexpr'], body['rexpr']]
      if (sides.some((side) => columnOf(side) === null)) return
      for (const side of sides) if (aliasOf(side, sources, columnsOf) === alias) found.push(columnOf(side)!)
    },
  )
  return found
}
