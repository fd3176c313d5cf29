/**
 * What a condition is for a row in which one column is null, by three-valued logic: true, false, null, or not known.
 * Only PostgreSQL's own operators and functions are followed, and constants only where nothing has to be computed.
 */
import { parseExpression } from '../../postgres/parse.ts'
import { castType, columnName, fieldsOf, listOf, unwrap, type ParseNode } from './tree.ts'
import { isStrictFunction, isStrictOperator } from './never-null.ts'

type Value = boolean | number | string | null

/** Undefined: it depends on the rest of the row. */
type Known = Value | undefined

const numberTypes: ReadonlySet<unknown> = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'])

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const soleName = (names: unknown): string | null => {
  const list = listOf(names)
  const name = list.length === 1 ? fieldsOf(list[0], 'String')?.['sval'] : null
  return typeof name === 'string' ? name : null
}

const constant = (fields: Record<string, unknown>): Known => {
  if (fields['isnull'] === true) return null
  const of = (kind: string): Record<string, unknown> | undefined =>
    fields[kind] as Record<string, unknown> | undefined
  // The parser leaves out zeros, false and empty texts.
  if (of('ival')) return Number(of('ival')?.['ival'] ?? 0)
  if (of('fval')) return Number(of('fval')?.['fval'])
  if (of('boolval')) return of('boolval')?.['boolval'] === true
  if (of('sval')) return textOf(of('sval')?.['sval'])
  return undefined
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

const compared = (operator: string, a: Value, b: Value): Known => {
  if (typeof a === 'number' && typeof b === 'number') return comparisons[operator]?.(a, b)
  // How texts sort is the collation's affair, and different ones may be equal under it.
  if (typeof a === 'string' && a === b && (operator === '=' || operator === '<>')) return operator === '='
  if (typeof a === 'string' && typeof b === 'string' && (a === '' || b === '') && a !== b)
    return operator === '=' ? false : operator === '<>' ? true : undefined
  if (typeof a === 'boolean' && typeof b === 'boolean' && (operator === '=' || operator === '<>'))
    return operator === '=' ? a === b : a !== b
  return undefined
}

const all = (values: readonly Known[]): Known => {
  if (values.includes(false)) return false
  if (values.includes(undefined)) return undefined
  return values.includes(null) ? null : true
}

const negated = (value: Known): Known => (typeof value === 'boolean' ? !value : value)

const tests: Readonly<Record<string, (value: Value) => boolean>> = {
  IS_TRUE: (v) => v === true,
  IS_NOT_TRUE: (v) => v !== true,
  IS_FALSE: (v) => v === false,
  IS_NOT_FALSE: (v) => v !== false,
  IS_UNKNOWN: (v) => v === null,
  IS_NOT_UNKNOWN: (v) => v !== null,
}

const lengths: ReadonlySet<string> = new Set(['length', 'char_length', 'character_length', 'octet_length'])
const trims: ReadonlySet<string> = new Set(['btrim', 'ltrim', 'rtrim', 'lower', 'upper'])

const called = (fields: Record<string, unknown>, args: readonly Known[]): Known => {
  const names = listOf(fields['funcname']).map((one) => textOf(fieldsOf(one, 'String')?.['sval']))
  const name = names.length === 1 || names[0] === 'pg_catalog' ? (names.at(-1) ?? '') : ''
  if (name !== '' && isStrictFunction(name) && args.includes(null)) return null
  const [first, ...more] = args
  if (first !== '' || more.length > 0) return undefined
  if (lengths.has(name)) return 0
  return trims.has(name) ? '' : undefined
}

const operation = (fields: Record<string, unknown>, value: (node: unknown) => Known): Known => {
  const kind = fields['kind']
  const operator = soleName(fields['name'])
  const left = value(fields['lexpr'])
  if (kind === 'AEXPR_DISTINCT' || kind === 'AEXPR_NOT_DISTINCT') {
    const right = value(fields['rexpr'])
    if (left === undefined || right === undefined) return undefined
    const same = left === null || right === null ? left === right : compared('=', left, right)
    return kind === 'AEXPR_DISTINCT' ? negated(same) : same
  }
  if (operator === null) return undefined
  if (['AEXPR_IN', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL', 'AEXPR_LIKE', 'AEXPR_ILIKE'].includes(String(kind)))
    return left === null && kind !== 'AEXPR_OP_ANY' && kind !== 'AEXPR_OP_ALL'
      ? null
      : anyOfSome(fields, left)
  if (kind === 'AEXPR_BETWEEN' || kind === 'AEXPR_NOT_BETWEEN') return left === null ? null : undefined
  if (kind !== 'AEXPR_OP' || !isStrictOperator(operator)) return undefined
  const right = value(fields['rexpr'])
  const isUnary = fields['lexpr'] === undefined
  if (right === null || (!isUnary && left === null)) return null
  return isUnary || left === undefined || right === undefined ? undefined : compared(operator, left, right)
}

/** Null compared with a list that has something in it is null; with an empty one it is not. */
const anyOfSome = (fields: Record<string, unknown>, left: Known): Known => {
  const array = fieldsOf(fields['rexpr'], 'TypeCast')?.['arg'] ?? fields['rexpr']
  return left === null && listOf(fieldsOf(array, 'A_ArrayExpr')?.['elements']).length > 0 ? null : undefined
}

/** `isGiven`: the nodes that are null. */
const verdict = (root: ParseNode, isGiven: (node: unknown) => boolean): Known => {
  const value = (node: unknown): Known => {
    if (typeof node !== 'object' || node === null) return undefined
    if (isGiven(node)) return null
    const [kind, fields] = unwrap(node as ParseNode)
    const args = (): readonly Known[] => listOf(fields['args']).map(value)
    switch (kind) {
      case 'A_Const':
        return constant(fields)
      case 'TypeCast': {
        const inner = value(fields['arg'])
        return typeof inner === 'string' && numberTypes.has(castType(fields)) ? Number(inner) : inner
      }
      case 'BoolExpr':
        if (fields['boolop'] === 'NOT_EXPR') return negated(args()[0])
        return fields['boolop'] === 'AND_EXPR' ? all(args()) : negated(all(args().map(negated)))
      case 'NullTest': {
        const inner = value(fields['arg'])
        return inner === undefined ? undefined : (inner === null) === (fields['nulltesttype'] === 'IS_NULL')
      }
      case 'BooleanTest': {
        const inner = value(fields['arg'])
        return inner === undefined ? undefined : tests[String(fields['booltesttype'])]?.(inner)
      }
      case 'A_Indirection':
        // A field of null, or an element.
        return value(fields['arg']) === null ? null : undefined
      case 'CoalesceExpr':
        for (const one of args()) if (one !== null) return one
        return null
      case 'CaseExpr': {
        if (fields['arg'] !== undefined) return undefined
        for (const arm of listOf(fields['args'])) {
          const when = fieldsOf(arm, 'CaseWhen')
          const asked = value(when?.['expr'])
          if (asked === true) return value(when?.['result'])
          if (asked === undefined) return undefined
        }
        return fields['defresult'] === undefined ? null : value(fields['defresult'])
      }
      case 'A_Expr':
        return operation(fields, value)
      case 'FuncCall':
        return called(fields, args())
      default:
        return undefined
    }
  }
  return value(root)
}

/** Whether the condition, as CHECK has it, refuses every row in which the column is null. */
export const refusesNull = (condition: string, column: string): boolean => {
  try {
    return verdict(parseExpression(condition), (node) => columnName(node) === column) === false
  } catch {
    return false
  }
}

/** Whether the expression is null for sure where the nodes that `isGiven` answers for are. */
export const isNullWhere = (expression: ParseNode, isGiven: (node: unknown) => boolean): boolean =>
  verdict(expression, isGiven) === null
