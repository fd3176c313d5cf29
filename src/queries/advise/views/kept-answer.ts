/**
 * A query that groups or aggregates, split in two: a materialized view that keeps its answers for every value that it may
 * be given, and the query over that view. Parameters that a part of its condition equals become grouped columns.
 * Whether the same rows come is not decided here. Needs `loadParser()`.
 */
import {
  deparseExpression,
  deparseStatement,
  parseStatements,
  type ParseNode,
} from '../../../postgres/parse.ts'
import { columnOf, nameList, nodeParts, walk } from '../../../rows/tree.ts'
import { conjunctsOf, namesColumns } from '../terms.ts'

type Body = Record<string, unknown>

export interface KeptAnswer {
  /** The view's select. */
  readonly definition: string
  /** Columns that the answers are found by: those of parameters, then those of groups. */
  readonly keys: readonly string[]
  /** Names of the functions that are in it. */
  readonly calls: readonly string[]
  /** The query over the view, whose name it is given (quoted); parameters as they were. */
  over(view: string): string
}

/** Why it cannot be kept; null in place of it: it does not aggregate. */
interface NotKept {
  readonly why: string
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const bodyOf = (node: unknown): Body => nodeParts(node)?.[1] ?? {}
const textOf = (node: unknown): string => deparseExpression(node as ParseNode)

const holds = (node: unknown, is: (kind: string, body: Body) => boolean): boolean => {
  let found = false
  walk(node, (kind, body) => {
    found ||= is(kind, body)
  })
  return found
}
const asks = (node: unknown): boolean => holds(node, (kind) => kind === 'ParamRef')

/** What a select may not have: another name for what stands in no view, or what a view cannot keep. */
const notKept = (select: Body): string | null => {
  if (select['op'] !== 'SETOP_NONE') return 'it puts several selects together'
  if ('withClause' in select) return 'it has a WITH'
  if ('lockingClause' in select) return 'it locks rows'
  if ('windowClause' in select || holds(select['targetList'], (_, body) => 'over' in body))
    return 'it has window functions'
  if ('distinctClause' in select) return 'it has a DISTINCT'
  if (holds(select['groupClause'], (kind) => kind === 'GroupingSet'))
    return 'it groups in several ways at once'
  if (holds([select['targetList'], select['havingClause']], (kind) => kind === 'SubLink'))
    return 'it shows what another select answers'
  if (holds(select['targetList'], (kind) => kind === 'A_Star')) return 'it shows all columns'
  if (asks(select['fromClause'])) return 'a parameter stands in its FROM'
  if (asks(select['groupClause']) || asks(select['targetList']) || asks(select['havingClause']))
    return 'a parameter stands in what it shows, groups by or has'
  return null
}

/** `column = $1` as both of its sides. */
const equality = (node: unknown): { readonly kept: unknown; readonly given: unknown } | null => {
  const parts = nodeParts(node)
  if (parts?.[0] !== 'A_Expr' || parts[1]['kind'] !== 'AEXPR_OP' || nameList(parts[1]['name']).at(-1) !== '=')
    return null
  const { lexpr, rexpr } = parts[1]
  for (const [kept, given] of [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ])
    if (!asks(kept) && namesColumns(kept) && asks(given) && !namesColumns(given)) return { kept, given }
  return null
}

/** A name of the result in GROUP BY, or its number, is what stands there. */
const underName = (node: unknown, select: Body): unknown => {
  const targets = listOf(select['targetList']).map(bodyOf)
  const constant = bodyOf(node)['ival'] as { readonly ival?: number } | undefined
  if (nodeParts(node)?.[0] === 'A_Const' && constant?.ival !== undefined)
    return targets[constant.ival - 1]?.['val'] ?? node
  return node
}

const withoutPlaces = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutPlaces)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (key === 'location' ? [] : [[key, withoutPlaces(one)]])),
  )
}
const same = (a: unknown, b: unknown): boolean =>
  JSON.stringify(withoutPlaces(a)) === JSON.stringify(withoutPlaces(b))

interface Part {
  readonly node: unknown
  readonly name: string
  /** `count` of no rows is 0, and of others there is none. */
  readonly isCount: boolean
}

const callName = (node: unknown): string | null =>
  nodeParts(node)?.[0] === 'FuncCall' ? (nameList(bodyOf(node)['funcname']).at(-1) ?? null) : null

/** Each under a name of its own, the one that people know where there is one. */
const namedParts = (
  nodes: readonly unknown[],
  targets: readonly Body[],
  taken: Set<string>,
): readonly Part[] =>
  nodes.map((node) => {
    const shown = targets.find(({ val }) => same(val, node))?.['name']
    const usual = (typeof shown === 'string' ? shown : null) ?? columnOf(node) ?? callName(node) ?? 'key'
    let [name, number] = [usual, 1]
    while (taken.has(name)) name = `${usual}_${++number}`
    taken.add(name)
    return { node, name, isCount: callName(node) === 'count' }
  })

const each = (nodes: readonly unknown[]): readonly unknown[] =>
  nodes.filter((node, at) => nodes.findIndex((one) => same(one, node)) === at)

const alias = 'kept'
const keptColumn = (name: string): ParseNode => ({
  ColumnRef: { fields: [{ String: { sval: alias } }, { String: { sval: name } }] },
})

/** The name that PostgreSQL gives a column of the result where the statement gives none. */
const shownName = ({ name, val }: Body): unknown => name ?? columnOf(val) ?? callName(val) ?? undefined

export const keptAnswerOf = (sql: string, aggregates: ReadonlySet<string>): KeptAnswer | NotKept | null => {
  const [statement, ...others] = parseStatements(sql)
  const parts = nodeParts(statement?.node)
  if (parts?.[0] !== 'SelectStmt' || others.length > 0) return null
  const [, select] = parts
  const targets = listOf(select['targetList']).map(bodyOf)
  const isAggregate = (kind: string, body: Body): boolean =>
    kind === 'FuncCall' && !('over' in body) && aggregates.has(nameList(body['funcname']).at(-1) ?? '')
  const groups = listOf(select['groupClause']).map((one) => underName(one, select))
  const shown = [select['targetList'], select['havingClause'], select['sortClause']]
  if (groups.length === 0 && !holds(shown, isAggregate)) return null
  const why = notKept(select)
  if (why !== null) return { why }
  const isOne = groups.length === 0
  if (isOne && 'havingClause' in select) return { why: 'it has a HAVING and no GROUP BY' }
  const conditions = conjunctsOf(select['whereClause'])
  const asked = conditions.filter(asks)
  const equal = asked.map(equality)
  if (equal.includes(null))
    return { why: `its condition ${textOf(asked[equal.indexOf(null)])} is no equality with a parameter` }
  const found: unknown[] = []
  for (const one of shown)
    walk(one, (kind, body, node) => {
      if (!isAggregate(kind, body)) return
      found.push(node)
      return false
    })
  const taken = new Set<string>()
  const keyed = namedParts(each([...equal.map((one) => one!.kept), ...groups]), targets, taken)
  const counted = namedParts(each(found), targets, taken)
  const constants = conditions.filter((one) => !asks(one))
  const definition = deparseStatement({
    SelectStmt: {
      targetList: [...keyed, ...counted].map(({ node, name }) => ({ ResTarget: { name, val: node } })),
      fromClause: select['fromClause'],
      ...(constants.length === 0
        ? {}
        : {
            whereClause:
              constants.length === 1 ? constants[0] : { BoolExpr: { boolop: 'AND_EXPR', args: constants } },
          }),
      ...(keyed.length === 0 ? {} : { groupClause: keyed.map(({ node }) => node) }),
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  })
  /** What the view keeps, in place of what it is made of. */
  const overView = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(overView)
    if (typeof node !== 'object' || node === null) return node
    const kept = nodeParts(node) ? [...keyed, ...counted].find((part) => same(part.node, node)) : undefined
    if (kept === undefined)
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, overView(value)]))
    const column = keptColumn(kept.name)
    return isOne && kept.isCount && asked.length > 0
      ? { CoalesceExpr: { args: [column, { A_Const: { ival: {} } }] } }
      : column
  }
  const wheres = equal.map((one) => ({
    A_Expr: {
      kind: 'AEXPR_OP',
      name: [{ String: { sval: '=' } }],
      lexpr: overView(one!.kept),
      rexpr: one!.given,
    },
  }))
  const both = (nodes: readonly unknown[]): unknown =>
    nodes.length === 1 ? nodes[0] : { BoolExpr: { boolop: 'AND_EXPR', args: nodes } }
  return {
    definition,
    keys: keyed.map(({ name }) => name),
    calls: [
      ...new Set(
        [
          ...keyed,
          ...counted,
          ...constants.map((node) => ({ node })),
          { node: select['fromClause'] },
        ].flatMap(({ node }) => {
          const names: string[] = []
          walk(node, (_kind, _body, at) => {
            const name = callName(at)
            if (name !== null) names.push(name)
          })
          return names
        }),
      ),
    ],
    over(view) {
      // One row comes also where there is nothing to count.
      const mayBeNone = isOne && wheres.length > 0
      const from = mayBeNone
        ? `(select 1) as one left join ${view} as ${alias} on true`
        : `${view} as ${alias}`
      const [made] = parseStatements(`select 1 from ${from}`)
      const [source] = listOf(bodyOf(made!.node)['fromClause'])
      const filters = [...wheres, ...('havingClause' in select ? [overView(select['havingClause'])] : [])]
      const fromClause = mayBeNone ? [{ JoinExpr: { ...bodyOf(source), quals: both(wheres) } }] : [source]
      const { groupClause: _g, havingClause: _h, whereClause: _w, ...rest } = select
      return deparseStatement({
        SelectStmt: {
          ...rest,
          targetList: targets.map((target) => {
            const name = shownName(target)
            const val = overView(target['val'])
            return { ResTarget: { ...(name === undefined || name === columnOf(val) ? {} : { name }), val } }
          }),
          fromClause,
          ...(mayBeNone || filters.length === 0 ? {} : { whereClause: both(filters) }),
          ...('sortClause' in select ? { sortClause: overView(select['sortClause']) } : {}),
        },
      })
    },
  }
}
