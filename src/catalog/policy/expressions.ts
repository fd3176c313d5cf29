/**
 * Ways to break a policy's expression: those of every condition, predicates turned into their contrary as a whole, and
 * what its subqueries ask of other tables.
 */
import { parseExpression } from '../../postgres/parse.ts'
import { withoutBetween } from '../expression/between.ts'
import { operatorName } from '../expression/conditions.ts'
import { printExpression, readable } from '../expression/text.ts'
import { fieldsOf, listOf, placesOf, type ParseNode } from '../expression/tree.ts'
import { expressionMutants, type ExpressionMutant } from '../expression/expressions.ts'
import { selectChanges } from '../query/mutants.ts'
import { selectsInside } from '../query/tree.ts'
import type { Catalog } from '../structure.ts'

export interface PolicyExpressionMutant extends ExpressionMutant {
  /** Why nobody can tell it from the expression itself. */
  readonly equivalent?: string | null
}

/** Comparisons, patterns and lists have contraries of their own among the operators of every condition. */
const hasOwnContrary = (test: Record<string, unknown>): boolean =>
  test['kind'] !== 'AEXPR_OP' && test['kind'] !== 'AEXPR_OP_ANY' && test['kind'] !== 'AEXPR_OP_ALL'

const comparisons: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '<=', '>', '>='])

/** `x = any (array[…])` and `x <> all (array[…])` are lists. */
const isList = (test: Record<string, unknown>): boolean => {
  const cast = fieldsOf(test['rexpr'], 'TypeCast')
  return fieldsOf(cast ? cast['arg'] : test['rexpr'], 'A_ArrayExpr') !== undefined
}

/** A predicate that no other operator turns around: a call, a subquery, a boolean column, an operator on sets. */
const isPlainPredicate = (node: ParseNode): boolean => {
  const test = fieldsOf(node, 'A_Expr')
  if (test) {
    if (hasOwnContrary(test)) return false
    return test['kind'] === 'AEXPR_OP' ? !comparisons.has(operatorName(test)) : !isList(test)
  }
  return ['FuncCall', 'SubLink', 'ColumnRef'].some((kind) => fieldsOf(node, kind) !== undefined)
}

const negations = (sql: string): readonly PolicyExpressionMutant[] => {
  const places = placesOf(withoutBetween(parseExpression(sql)))
  // Without its NOT a predicate is its contrary already.
  const negated = new Set(
    places.flatMap(({ node }) => {
      const bool = fieldsOf(node, 'BoolExpr')
      return bool?.['boolop'] === 'NOT_EXPR' ? listOf(bool['args']) : []
    }),
  )
  const fitting = places.filter(
    ({ node, polarity }) => polarity !== null && !negated.has(node) && isPlainPredicate(node),
  )
  return fitting.flatMap((place, i): readonly PolicyExpressionMutant[] => {
    const contrary = { BoolExpr: { boolop: 'NOT_EXPR', args: [place.node] } }
    const text = printExpression(place.put(contrary))
    if (text === null) return []
    const summary = `${readable(place.node)} becomes its contrary`
    return [{ operator: 'predicate-negated', detail: String(i + 1), sql: text, summary, effect: 'changed' }]
  })
}

/** What changes nothing where only the presence of rows is asked. */
const ofOrderOrNumber: ReadonlySet<string> = new Set([
  'distinct-dropped',
  'set-operation-duplicates',
  'limit-dropped',
  'order-flipped',
  'aggregate-duplicates',
])

const ofSubqueries = (sql: string, catalog: Catalog): readonly PolicyExpressionMutant[] => {
  const tree = withoutBetween(parseExpression(sql))
  const changes = selectsInside(tree).flatMap((select) => selectChanges(select, catalog))
  return changes
    .filter(({ does }) => !ofOrderOrNumber.has(does))
    .flatMap(({ does, detail, summary, query, equivalent }): readonly PolicyExpressionMutant[] => {
      const text = printExpression(query)
      if (text === null) return []
      const operator = `subquery-${does}`
      return [{ operator, detail, sql: text, summary, effect: 'changed', equivalent: equivalent ?? null }]
    })
}

/** None equal to another, and ids that are unique: the second of one kind is `…@2`. */
const distinct = (
  all: readonly PolicyExpressionMutant[],
  known: readonly ExpressionMutant[],
  own: string | null,
): readonly PolicyExpressionMutant[] => {
  const seen = new Set([own, ...known.map((m) => m.sql)])
  const times = new Map<string, number>()
  return all.flatMap((one) => {
    if (seen.has(one.sql)) return []
    seen.add(one.sql)
    const key = `${one.operator}:${one.detail}`
    const nth = (times.get(key) ?? 0) + 1
    times.set(key, nth)
    return [{ ...one, detail: nth === 1 ? one.detail : `${one.detail}@${nth}` }]
  })
}

const made = new WeakMap<Catalog, Map<string, readonly PolicyExpressionMutant[]>>()

/** In a fixed order; taken apart once for a catalog. The parser must be loaded (readCatalog loads it). */
export const policyExpressionMutants = (sql: string, catalog: Catalog): readonly PolicyExpressionMutant[] => {
  const known = made.get(catalog) ?? new Map<string, readonly PolicyExpressionMutant[]>()
  made.set(catalog, known)
  const before = known.get(sql)
  if (before) return before
  const plain = expressionMutants(sql)
  const own = printExpression(withoutBetween(parseExpression(sql)))
  const found = [...plain, ...distinct([...negations(sql), ...ofSubqueries(sql, catalog)], plain, own)]
  known.set(sql, found)
  return found
}
