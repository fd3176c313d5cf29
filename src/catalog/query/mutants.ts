/**
 * A query broken on purpose, one place at a time: its conditions, joins, aggregates and columns. What the queries of
 * views are tested with; whether a broken one means anything PostgreSQL says.
 */
import { parseExpression } from '../../postgres/parse.ts'
import { conditionOperators } from '../expression/conditions.ts'
import { constantOperators } from '../expression/constants.ts'
import { withoutBetween } from '../expression/between.ts'
import { printExpression, readableIfPossible } from '../expression/text.ts'
import { fieldsOf, listOf, placesOf, type ParseNode, type Place } from '../expression/tree.ts'
import { valueOperators } from '../expression/values.ts'
import { aggregateChanges, aggregates, clauseChanges, functionName } from './clauses.ts'
import { joinChanges, type QueryChange } from './joins.ts'
import { selectsOf, type QueryPlace, type SelectPlace } from './tree.ts'
import type { Catalog } from '../structure.ts'

export interface QueryMutant extends Omit<QueryChange, 'query'> {
  /** The whole query, broken. */
  readonly sql: string
}

/** An expression of a query, with how the query reads with another one there. */
interface Clause {
  readonly node: ParseNode
  readonly isCondition: boolean
  readonly put: (node: ParseNode) => ParseNode
}

const clauseOf = (place: QueryPlace, name: string, isCondition: boolean): readonly Clause[] => {
  const node = place.fields[name] as ParseNode | undefined
  return node === undefined
    ? []
    : [{ node, isCondition, put: (other) => place.put({ ...place.fields, [name]: other }) }]
}

const targetsOf = ({ fields, put }: SelectPlace): readonly Clause[] => {
  const targets = listOf(fields['targetList'])
  return targets.flatMap((target, i): Clause[] => {
    const result = fieldsOf(target, 'ResTarget')
    const node = result?.['val'] as ParseNode | undefined
    if (!result || !node) return []
    return [
      {
        node,
        isCondition: false,
        put: (other) =>
          put({ ...fields, targetList: targets.with(i, { ResTarget: { ...result, val: other } }) }),
      },
    ]
  })
}

const clausesOf = (select: SelectPlace): readonly Clause[] => [
  ...select.joins.flatMap((join) => clauseOf(join, 'quals', true)),
  ...clauseOf(select, 'whereClause', true),
  ...clauseOf(select, 'havingClause', true),
  ...(select.isExistence ? [] : targetsOf(select)),
]

/** `sum(x)` becoming `x` is refused in every grouped query. */
const isAggregateDropped = (operator: string, { node }: Place): boolean => {
  const call = fieldsOf(node, 'FuncCall')
  return operator === 'call-dropped' && call !== undefined && aggregates.has(functionName(call))
}

const summaryOf = (place: Place, node: ParseNode): string => {
  const before = readableIfPossible(place.condition)
  const after = readableIfPossible(place.putInCondition(node))
  return before === null || after === null ? 'an expression changes' : `${before} becomes ${after}`
}

const expressionChanges = (clause: Clause): readonly QueryChange[] => {
  const places = placesOf(clause.node)
  const operators = clause.isCondition
    ? [...conditionOperators, ...constantOperators]
    : [...valueOperators, ...conditionOperators, ...constantOperators]
  const changes = operators.flatMap((way) =>
    places.flatMap((place) =>
      isAggregateDropped(way.operator, place)
        ? []
        : way.at(place).map((found): QueryChange => ({
            does: way.operator,
            detail: found.detail,
            effect: clause.isCondition && place.polarity === 'positive' ? found.effect : 'changed',
            summary: found.summary ?? summaryOf(place, found.node),
            query: clause.put(place.put(found.node)),
          })),
    ),
  )
  const calls = places.flatMap((place) => {
    const call = fieldsOf(place.node, 'FuncCall')
    return call
      ? aggregateChanges(call).map(({ node, ...change }) => ({
          ...change,
          query: clause.put(place.put(node)),
        }))
      : []
  })
  return [...changes, ...calls]
}

/** One select of a query, with the query around it: where its own clauses are broken. */
export const selectChanges = (select: SelectPlace, catalog: Catalog): readonly QueryChange[] => [
  ...clauseChanges(select),
  ...select.joins.flatMap((join) => joinChanges(join, catalog)),
  ...clausesOf(select).flatMap(expressionChanges),
]

const changesOf = (query: ParseNode, catalog: Catalog): readonly QueryChange[] =>
  selectsOf(query).flatMap((select) => selectChanges(select, catalog))

/** `(select …)` without its parentheses. */
const bare = (text: string): string => text.replace(/^\(\s*(.*?)\s*\)$/su, '$1')

/** A query without its semicolon, as an expression. */
const asExpression = (sql: string): string => `(${sql.trim().replace(/;$/u, '')}\n)`

/**
 * In the order of the text; none equal to the query itself or to each other. [] for what the printer cannot write back.
 */
export const queryMutants = (sql: string, catalog: Catalog): readonly QueryMutant[] => {
  const query = withoutBetween(parseExpression(asExpression(sql)))
  const own = printExpression(query)
  if (own === null) return []
  const seen = new Set([own])
  const times = new Map<string, number>()
  return changesOf(query, catalog).flatMap(({ query: changed, ...change }): QueryMutant[] => {
    const text = printExpression(changed)
    if (text === null || seen.has(text)) return []
    seen.add(text)
    const key = `${change.does}:${change.detail}`
    const nth = (times.get(key) ?? 0) + 1
    times.set(key, nth)
    return [{ ...change, detail: nth === 1 ? change.detail : `${change.detail}@${nth}`, sql: bare(text) }]
  })
}
