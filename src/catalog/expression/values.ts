/** Ways to break an expression that is a value: arithmetic, concatenation, calls, COALESCE, CASE. */
import { operatorName, withOperator } from './conditions.ts'
import type { ExpressionOperator } from './operator.ts'
import { readable } from './text.ts'
import { calledName, fieldsOf, isNullConstant, listOf, unwrap, type ParseNode } from './tree.ts'

const arithmeticOpposites: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
}

const binary = (node: ParseNode): Record<string, unknown> | undefined => {
  const expression = fieldsOf(node, 'A_Expr')
  const isBinary = expression?.['kind'] === 'AEXPR_OP' && expression['lexpr'] && expression['rexpr']
  return isBinary ? expression : undefined
}

const arithmetic: ExpressionOperator = {
  operator: 'arithmetic-operator-exchanged',
  at: ({ node }) => {
    const expression = binary(node)
    if (!expression) return []
    const other = arithmeticOpposites[operatorName(expression)]
    return other === undefined
      ? []
      : [{ detail: other, node: withOperator(expression, other), effect: 'changed' }]
  },
}

/** By operator: the integer that changes nothing on either side, or on the right one alone. */
const neutral: Readonly<Record<string, { readonly value: number; readonly isLeft: boolean }>> = {
  '+': { value: 0, isLeft: true },
  '-': { value: 0, isLeft: false },
  '*': { value: 1, isLeft: true },
  '/': { value: 1, isLeft: false },
}

const isInteger = (node: unknown, value: number): boolean => {
  const constant = fieldsOf(node, 'A_Const')
  const integer = constant?.['ival'] as { readonly ival?: number } | undefined
  // PostgreSQL's parser leaves a zero out.
  return integer !== undefined && (integer.ival ?? 0) === value
}

const operand: ExpressionOperator = {
  operator: 'operand-dropped',
  at: ({ node }) => {
    const expression = binary(node)
    const name = expression ? operatorName(expression) : ''
    if (!expression || !(name in arithmeticOpposites || name === '||')) return []
    const { lexpr, rexpr } = expression
    const none = neutral[name]
    const isIdle = (side: unknown): boolean => none !== undefined && isInteger(side, none.value)
    return [
      ...(none?.isLeft === true && isIdle(lexpr)
        ? []
        : [{ detail: 'left', node: rexpr as ParseNode, effect: 'changed' as const }]),
      ...(isIdle(rexpr) ? [] : [{ detail: 'right', node: lexpr as ParseNode, effect: 'changed' as const }]),
    ]
  },
}

const call: ExpressionOperator = {
  operator: 'call-dropped',
  at: ({ node }) => {
    const call_ = fieldsOf(node, 'FuncCall')
    const [argument, ...others] = listOf(call_?.['args'])
    if (!call_ || !argument || others.length > 0) return []
    return [{ detail: String(calledName(node)), node: argument, effect: 'changed' }]
  },
}

const alternative: ExpressionOperator = {
  operator: 'alternative-dropped',
  at: ({ node }) => {
    const [kind, fields] = unwrap(node)
    const args = listOf(fields['args'])
    if (!['CoalesceExpr', 'MinMaxExpr', 'CaseExpr'].includes(kind)) return []
    const otherwise = fields['defresult']
    const dropped = args
      .map((arg, i) => ({ arg, rest: args.toSpliced(i, 1), i }))
      .filter(({ rest }) => rest.length > 0)
    return [
      ...dropped.map(({ rest, i, arg }) => {
        const [only] = rest
        const isBare = kind !== 'CaseExpr' && rest.length === 1 && only
        return {
          detail: `${i + 1}`,
          node: isBare ? only : { [kind]: { ...fields, args: rest } },
          effect: 'changed' as const,
          ...(kind === 'CaseExpr' ? {} : { summary: `${readable(arg)} is left out` }),
        }
      }),
      ...(kind === 'CaseExpr' && otherwise && !isNullConstant(otherwise)
        ? [
            {
              detail: 'else',
              node: {
                CaseExpr: Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'defresult')),
              },
              effect: 'changed' as const,
            },
          ]
        : []),
    ]
  },
}

export const valueOperators: readonly ExpressionOperator[] = [arithmetic, operand, call, alternative]
