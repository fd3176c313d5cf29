/** Ways to break a condition: comparisons, connectives, IN lists, null tests, patterns. */
import type { ExpressionOperator, Replacement } from './operator.ts'
import { readable } from './text.ts'
import { calledName, fieldsOf, listOf, type ParseNode } from './tree.ts'
import { likeIgnoresCase, regexIgnoresCase } from './pattern-case.ts'
import type { MutantEffect } from '../structure.ts'

/** Which of less, equal, greater a comparison lets through. */
const outcomes: Readonly<Record<string, readonly string[]>> = {
  '=': ['equal'],
  '<>': ['less', 'greater'],
  '<': ['less'],
  '<=': ['less', 'equal'],
  '>': ['greater'],
  '>=': ['equal', 'greater'],
}

const isWithin = (inner: readonly string[], outer: readonly string[]): boolean =>
  inner.every((one) => outer.includes(one))

const comparisonEffect = (from: string, to: string): MutantEffect => {
  const [before = [], after = []] = [outcomes[from], outcomes[to]]
  if (isWithin(before, after)) return 'weakened'
  return isWithin(after, before) ? 'strengthened' : 'changed'
}

/** The bare name of an operator: `OPERATOR(pg_catalog.=)` and `=` are one. */
export const operatorName = (expression: Record<string, unknown>): string => {
  const last = listOf(expression['name']).at(-1)
  const name = fieldsOf(last, 'String')?.['sval']
  return typeof name === 'string' ? name : ''
}

export const withOperator = (expression: Record<string, unknown>, name: string): ParseNode => ({
  A_Expr: { ...expression, name: [...listOf(expression['name']).slice(0, -1), { String: { sval: name } }] },
})

const relational: ExpressionOperator = {
  operator: 'relational-operator-exchanged',
  at: ({ node }) => {
    const comparison = fieldsOf(node, 'A_Expr')
    if (comparison?.['kind'] !== 'AEXPR_OP' || !comparison['lexpr']) return []
    const written = operatorName(comparison)
    const name = written === '!=' ? '<>' : written
    if (!(name in outcomes)) return []
    return Object.keys(outcomes)
      .filter((other) => other !== name)
      .map((other) => ({
        detail: other,
        node: withOperator(comparison, other),
        effect: comparisonEffect(name, other),
      }))
  },
}

const connective: ExpressionOperator = {
  operator: 'connective-exchanged',
  at: ({ node }) => {
    const bool = fieldsOf(node, 'BoolExpr')
    if (bool?.['boolop'] === 'AND_EXPR') {
      return [{ detail: 'or', node: { BoolExpr: { ...bool, boolop: 'OR_EXPR' } }, effect: 'weakened' }]
    }
    if (bool?.['boolop'] === 'OR_EXPR') {
      return [{ detail: 'and', node: { BoolExpr: { ...bool, boolop: 'AND_EXPR' } }, effect: 'strengthened' }]
    }
    return []
  },
}

const part: ExpressionOperator = {
  operator: 'part-dropped',
  at: ({ node }) => {
    const bool = fieldsOf(node, 'BoolExpr')
    if (!bool || bool['boolop'] === 'NOT_EXPR') return []
    const args = listOf(bool['args'])
    return args.map((arg, i): Replacement => {
      const rest = args.toSpliced(i, 1)
      const [only] = rest
      return {
        detail: `${i + 1}`,
        node: rest.length === 1 && only ? only : { BoolExpr: { ...bool, args: rest } },
        effect: bool['boolop'] === 'AND_EXPR' ? 'weakened' : 'strengthened',
        summary: `${readable(arg)} is left out`,
      }
    })
  },
}

const negation: ExpressionOperator = {
  operator: 'negation-dropped',
  at: ({ node }) => {
    const bool = fieldsOf(node, 'BoolExpr')
    const [arg] = listOf(bool?.['args'])
    return bool?.['boolop'] === 'NOT_EXPR' && arg ? [{ detail: 'not', node: arg, effect: 'changed' }] : []
  },
}

/** `x IN (a, b)` as people write it, `x = ANY (ARRAY[a, b])` as PostgreSQL keeps it; `<>` and ALL for NOT IN. */
const listTest = (node: ParseNode) => {
  const test = fieldsOf(node, 'A_Expr')
  if (!test) return undefined
  const isNegated = operatorName(test) === '<>'
  if (test['kind'] === 'AEXPR_IN') {
    const items = listOf(fieldsOf(test['rexpr'], 'List')?.['items'])
    const withItems = (left: readonly ParseNode[]): ParseNode => ({
      A_Expr: { ...test, rexpr: { List: { items: left } } },
    })
    const negated = withOperator(test, isNegated ? '=' : '<>')
    return { isNegated, items, withItems, negated }
  }
  const isAny = test['kind'] === 'AEXPR_OP_ANY' && operatorName(test) === '='
  const isAll = test['kind'] === 'AEXPR_OP_ALL' && isNegated
  if (!isAny && !isAll) return undefined
  const wrap = (
    array: unknown,
    change: (array: Record<string, unknown>) => ParseNode,
  ): ParseNode | undefined => {
    const cast = fieldsOf(array, 'TypeCast')
    if (cast) {
      const inner = wrap(cast['arg'], change)
      return inner && { TypeCast: { ...cast, arg: inner } }
    }
    const plain = fieldsOf(array, 'A_ArrayExpr')
    return plain && change(plain)
  }
  let items: readonly ParseNode[] = []
  wrap(test['rexpr'], (array) => {
    items = listOf(array['elements'])
    return { A_ArrayExpr: array }
  })
  if (items.length === 0) return undefined
  const withItems = (left: readonly ParseNode[]): ParseNode => ({
    A_Expr: {
      ...test,
      rexpr: wrap(test['rexpr'], (array) => ({ A_ArrayExpr: { ...array, elements: left } })),
    },
  })
  const opposite = { ...test, kind: isAny ? 'AEXPR_OP_ALL' : 'AEXPR_OP_ANY' }
  return { isNegated: isAll, items, withItems, negated: withOperator(opposite, isAny ? '<>' : '=') }
}

const element: ExpressionOperator = {
  operator: 'in-element-removed',
  at: ({ node }) => {
    const test = listTest(node)
    if (!test || test.items.length < 2) return []
    return test.items.map((item, i) => ({
      detail: readable(item),
      node: test.withItems(test.items.toSpliced(i, 1)),
      effect: test.isNegated ? 'weakened' : 'strengthened',
      summary: `${readable(item)} is left out of the list`,
    }))
  },
}

const listNegated: ExpressionOperator = {
  operator: 'in-negated',
  at: ({ node }) => {
    const test = listTest(node)
    return test ? [{ detail: test.isNegated ? 'in' : 'not-in', node: test.negated, effect: 'changed' }] : []
  },
}

const nullTest: ExpressionOperator = {
  operator: 'null-test-negated',
  at: ({ node }) => {
    const test = fieldsOf(node, 'NullTest')
    if (!test) return []
    const isNull = test['nulltesttype'] === 'IS_NULL'
    return [
      {
        detail: isNull ? 'not-null' : 'null',
        node: { NullTest: { ...test, nulltesttype: isNull ? 'IS_NOT_NULL' : 'IS_NULL' } },
        effect: 'changed',
      },
    ]
  },
}

const truthOpposites: Readonly<Record<string, string>> = {
  IS_TRUE: 'IS_NOT_TRUE',
  IS_NOT_TRUE: 'IS_TRUE',
  IS_FALSE: 'IS_NOT_FALSE',
  IS_NOT_FALSE: 'IS_FALSE',
  IS_UNKNOWN: 'IS_NOT_UNKNOWN',
  IS_NOT_UNKNOWN: 'IS_UNKNOWN',
}

const truthTest: ExpressionOperator = {
  operator: 'truth-test-negated',
  at: ({ node }) => {
    const test = fieldsOf(node, 'BooleanTest')
    const other = truthOpposites[String(test?.['booltesttype'])]
    if (!test || other === undefined) return []
    const detail = other.toLowerCase().replaceAll('_', '-')
    return [{ detail, node: { BooleanTest: { ...test, booltesttype: other } }, effect: 'changed' }]
  },
}

const distinct: ExpressionOperator = {
  operator: 'distinct-test-negated',
  at: ({ node }) => {
    const test = fieldsOf(node, 'A_Expr')
    const isDistinct = test?.['kind'] === 'AEXPR_DISTINCT'
    if (!test || (!isDistinct && test['kind'] !== 'AEXPR_NOT_DISTINCT')) return []
    const kind = isDistinct ? 'AEXPR_NOT_DISTINCT' : 'AEXPR_DISTINCT'
    return [
      {
        detail: isDistinct ? 'not-distinct' : 'distinct',
        node: { A_Expr: { ...test, kind } },
        effect: 'changed',
      },
    ]
  },
}

/** Case told apart or not: what gets through grows for `~*`, shrinks for `!~*`. */
const caseOpposites: Readonly<Record<string, readonly [string, MutantEffect]>> = {
  '~': ['~*', 'weakened'],
  '~*': ['~', 'strengthened'],
  '!~': ['!~*', 'strengthened'],
  '!~*': ['!~', 'weakened'],
  '~~': ['~~*', 'weakened'],
  '~~*': ['~~', 'strengthened'],
  '!~~': ['!~~*', 'strengthened'],
  '!~~*': ['!~~', 'weakened'],
}

/** What `SIMILAR TO` has PostgreSQL make of its pattern: escapes, brackets and letters stay what they are. */
const withoutSimilar = (pattern: unknown): unknown => {
  const [argument, ...others] = listOf(fieldsOf(pattern, 'FuncCall')?.['args'])
  return calledName(pattern) === 'similar_to_escape' && others.length === 0 ? argument : pattern
}

/** The other operator takes the same texts: it breaks nothing. */
const saysNothingOfCase = (match: unknown, isLike: boolean): boolean => {
  const pattern = withoutSimilar(match)
  const cast = fieldsOf(pattern, 'TypeCast')
  const constant = fieldsOf(cast ? cast['arg'] : pattern, 'A_Const')?.['sval']
  const text = (constant as { readonly sval?: string } | undefined)?.sval
  return text !== undefined && (isLike ? likeIgnoresCase(text) : regexIgnoresCase(text))
}

const pattern: ExpressionOperator = {
  operator: 'pattern-case-exchanged',
  at: ({ node }) => {
    const match = fieldsOf(node, 'A_Expr')
    const [other, effect] = caseOpposites[match ? operatorName(match) : ''] ?? []
    if (!match || other === undefined || effect === undefined || match['kind'] === 'AEXPR_SIMILAR') return []
    if (saysNothingOfCase(match['rexpr'], other.includes('~~'))) return []
    const isIlike = other === '~~*' || other === '!~~*'
    const kinds: Readonly<Record<string, string>> = isIlike
      ? { AEXPR_LIKE: 'AEXPR_ILIKE' }
      : { AEXPR_ILIKE: 'AEXPR_LIKE' }
    const kind = kinds[String(match['kind'])] ?? match['kind']
    return [{ detail: other, node: withOperator({ ...match, kind }, other), effect }]
  },
}

export const conditionOperators: readonly ExpressionOperator[] = [
  relational,
  element,
  listNegated,
  connective,
  part,
  negation,
  nullTest,
  truthTest,
  distinct,
  pattern,
]
