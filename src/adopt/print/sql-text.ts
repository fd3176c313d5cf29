/**
 * SQL of an expression tree as a person would write it: lower case, few parentheses, `in`, `like` and `between`. What it
 * answers is a suggestion: readable-sql.ts asks PostgreSQL whether it means the same. Null for what it does not know.
 */
import { castType, fieldsOf, listOf, unwrap, type ParseNode } from '../../catalog/expression/tree.ts'
import { deparseExpression } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { selectText } from './select-text.ts'

/** Which casts are left out: all, those of constants, columns and arrays, those of constants, none. */
export type LeftOut = 'all' | 'plain' | 'constants' | 'none'

export interface Way {
  readonly leftOut: LeftOut
  /** As PostgreSQL prints it: what is quoted there has to be quoted. */
  readonly original: string
  /** Whose columns stand alone: names of tables, which PostgreSQL puts before each column as soon as there is a subquery. */
  readonly bare?: ReadonlySet<string> | undefined
  /** The table itself, of which a copy stands before all others where the text is tried: it keeps its schema. */
  readonly own?: string | undefined
}

/** A piece of SQL and how tightly it holds together. */
interface Piece {
  readonly text: string
  readonly level: number
}

class UnknownSignal extends Error {}

const levels = { or: 1, and: 2, not: 3, is: 4, comparison: 5, like: 6, operator: 7, sum: 8, product: 9 }
const whole = 20
const castLevel = 15

const operatorLevels: Readonly<Record<string, number>> = {
  '<': levels.comparison,
  '>': levels.comparison,
  '=': levels.comparison,
  '<=': levels.comparison,
  '>=': levels.comparison,
  '<>': levels.comparison,
  '+': levels.sum,
  '-': levels.sum,
  '*': levels.product,
  '/': levels.product,
  '%': levels.product,
  '^': 10,
}

const wordOperators: Readonly<Record<string, string>> = {
  '~~': 'like',
  '!~~': 'not like',
  '~~*': 'ilike',
  '!~~*': 'not ilike',
}

const unknown = (): never => {
  throw new UnknownSignal('this node has no plain form')
}

const within = (piece: Piece, least: number): string => (piece.level < least ? `(${piece.text})` : piece.text)

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const nameText = (name: string, way: Way): string =>
  way.original.includes(ident(name)) || !/^[a-z_][a-z0-9_$]*$/u.test(name) ? ident(name) : name

const stringOf = (node: unknown): string => {
  const value = fieldsOf(node, 'String')?.['sval']
  return typeof value === 'string' ? value : unknown()
}

/** Names that every search path finds stand alone. */
const qualifiedText = (names: readonly string[], way: Way): string => {
  const own = names.length > 1 && ['pg_catalog', 'public'].includes(names[0] ?? '') ? names.slice(1) : names
  return own.map((name) => nameText(name, way)).join('.')
}

/** What stands in a constant: a number that is nothing is left out of the tree. */
const constantText = (fields: Record<string, unknown>): string => {
  const { ival, fval, boolval, sval } = fields as {
    readonly ival?: { readonly ival?: number }
    readonly fval?: { readonly fval?: string }
    readonly boolval?: { readonly boolval?: boolean }
    readonly sval?: { readonly sval?: string }
  }
  if (fields['isnull'] === true) return 'null'
  if (ival) return String(ival.ival ?? 0)
  if (fval) return fval.fval ?? '0'
  if (boolval) return boolval.boolval === true ? 'true' : 'false'
  return sval ? quoted(sval.sval ?? '') : unknown()
}

const typeText = (typeName: unknown): string => {
  const text = deparseExpression({ TypeCast: { arg: { A_Const: { isnull: true } }, typeName } } as ParseNode)
  const type = /^NULL::(.*)$/su.exec(text)?.[1] ?? /^CAST\(NULL AS (.*)\)$/su.exec(text)?.[1]
  return type ?? unknown()
}

const constantString = (node: unknown): string | null => {
  const sval = fieldsOf(node, 'A_Const')?.['sval'] as { readonly sval?: string } | undefined
  return sval?.sval ?? null
}

const numbers: ReadonlySet<unknown> = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'])

/** `'-1'::integer` is how PostgreSQL writes -1. */
const numberIn = (cast: Record<string, unknown>): string | null => {
  const sval = constantString(cast['arg'])
  return sval !== null && numbers.has(castType(cast)) && /^-?\d+(?:\.\d+)?$/u.test(sval) ? sval : null
}

const plainKinds: Readonly<Record<LeftOut, readonly string[] | null>> = {
  all: null,
  plain: ['A_Const', 'ColumnRef', 'A_ArrayExpr', 'TypeCast'],
  constants: ['A_Const'],
  none: [],
}

const castPiece = (cast: Record<string, unknown>, way: Way): Piece => {
  const arg = cast['arg'] as ParseNode
  const kinds = plainKinds[way.leftOut]
  if (kinds === null || kinds.includes(unwrap(arg)[0])) {
    const number = numberIn(cast)
    const relation = castType(cast) === 'regclass' ? constantString(arg) : null
    // Every search path finds what is in public.
    if (relation !== null) return { text: quoted(relation.replace(/^public\./u, '')), level: whole }
    return number === null ? piece(arg, way) : { text: number, level: number.startsWith('-') ? 13 : whole }
  }
  return { text: `${within(piece(arg, way), castLevel)}::${typeText(cast['typeName'])}`, level: castLevel }
}

const listText = (nodes: readonly ParseNode[], way: Way): string =>
  nodes.map((node) => piece(node, way).text).join(', ')

const operatorOf = (fields: Record<string, unknown>): readonly string[] =>
  listOf(fields['name']).map(stringOf)

/** The elements of `any (array[…])`, whatever casts stand around the array. */
const elementsOf = (node: unknown): readonly ParseNode[] | null => {
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return elementsOf(cast['arg'])
  const array = fieldsOf(node, 'A_ArrayExpr')
  return array ? listOf(array['elements']) : null
}

const binary = (left: unknown, operator: string, right: unknown, way: Way): Piece => {
  const word = wordOperators[operator]
  const level = word === undefined ? (operatorLevels[operator] ?? levels.operator) : levels.like
  const isChain = level >= levels.operator
  const lhs = within(piece(left as ParseNode, way), isChain ? level : level + 1)
  const rhs = within(piece(right as ParseNode, way), level + 1)
  return { text: `${lhs} ${word ?? operator} ${rhs}`, level }
}

const isOneOf = (fields: Record<string, unknown>, way: Way): Piece => {
  const isAny = fields['kind'] === 'AEXPR_OP_ANY'
  const [operator = '', ...more] = operatorOf(fields)
  if (more.length > 0) return unknown()
  const left = within(piece(fields['lexpr'] as ParseNode, way), levels.like + 1)
  const elements = way.leftOut === 'none' ? null : elementsOf(fields['rexpr'])
  const word = isAny && operator === '=' ? 'in' : !isAny && operator === '<>' ? 'not in' : null
  if (elements !== null && elements.length > 0 && word !== null)
    return { text: `${left} ${word} (${listText(elements, way)})`, level: levels.like }
  const right = piece(fields['rexpr'] as ParseNode, way).text
  return { text: `${left} ${operator} ${isAny ? 'any' : 'all'} (${right})`, level: levels.operator }
}

const expression = (fields: Record<string, unknown>, way: Way): Piece => {
  const { lexpr, rexpr } = fields
  switch (fields['kind']) {
    case 'AEXPR_OP': {
      const names = operatorOf(fields)
      const operator = names.length === 1 ? (names[0] ?? '') : `operator(${names.join('.')})`
      if (lexpr !== undefined) return binary(lexpr, operator, rexpr, way)
      return { text: `${operator} ${within(piece(rexpr as ParseNode, way), whole)}`, level: 13 }
    }
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return isOneOf(fields, way)
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT': {
      const word = fields['kind'] === 'AEXPR_DISTINCT' ? 'is distinct from' : 'is not distinct from'
      const [left, right] = [lexpr, rexpr].map((side) => within(piece(side as ParseNode, way), levels.like))
      return { text: `${left} ${word} ${right}`, level: levels.is }
    }
    case 'AEXPR_NULLIF':
      return { text: `nullif(${listText([lexpr, rexpr] as ParseNode[], way)})`, level: whole }
    default:
      return unknown()
  }
}

/** `a >= 1 and a <= 9` */
const between = (args: readonly ParseNode[], way: Way): Piece | null => {
  const [low, high, ...more] = args.map((arg) => fieldsOf(arg, 'A_Expr'))
  if (!low || !high || more.length > 0) return null
  if (low['kind'] !== 'AEXPR_OP' || high['kind'] !== 'AEXPR_OP') return null
  if (operatorOf(low).join('.') !== '>=' || operatorOf(high).join('.') !== '<=') return null
  if (low['lexpr'] === undefined || high['lexpr'] === undefined) return null
  const [value, again] = [low, high].map(({ lexpr }) =>
    within(piece(lexpr as ParseNode, way), levels.operator),
  )
  if (value !== again) return null
  const [from, to] = [low, high].map(({ rexpr }) => within(piece(rexpr as ParseNode, way), levels.operator))
  return { text: `${value} between ${from} and ${to}`, level: levels.like }
}

const bool = (fields: Record<string, unknown>, way: Way): Piece => {
  const args = listOf(fields['args'])
  const sublink = fieldsOf(args[0], 'SubLink')
  if (fields['boolop'] === 'NOT_EXPR' && sublink?.['subLinkType'] === 'ANY_SUBLINK')
    return subquery(sublink, way, 'not in')
  if (fields['boolop'] === 'NOT_EXPR')
    return { text: `not ${within(piece(args[0] ?? unknown(), way), levels.not)}`, level: levels.not }
  const isAnd = fields['boolop'] === 'AND_EXPR'
  const range = isAnd ? between(args, way) : null
  if (range) return range
  // Mixed with `or`, what is joined by `and` stands in parentheses.
  const parts = args.map((arg) => within(piece(arg, way), levels.not))
  return isAnd
    ? { text: parts.join(' and '), level: levels.and }
    : { text: parts.join(' or '), level: levels.or }
}

const valueFunctions: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'current_date',
  SVFOP_CURRENT_TIME: 'current_time',
  SVFOP_CURRENT_TIMESTAMP: 'current_timestamp',
  SVFOP_LOCALTIME: 'localtime',
  SVFOP_LOCALTIMESTAMP: 'localtimestamp',
  SVFOP_CURRENT_ROLE: 'current_role',
  SVFOP_CURRENT_USER: 'current_user',
  SVFOP_USER: 'user',
  SVFOP_SESSION_USER: 'session_user',
}

const known: ReadonlySet<string> = new Set(['funcname', 'args', 'funcformat', 'location'])

/** EXTRACT and AT TIME ZONE, which are calls with words of their own. */
const withWords = (name: string, args: readonly ParseNode[], way: Way): Piece => {
  const [first, second, ...more] = args
  if (!first || !second || more.length > 0) return unknown()
  if (name === 'timezone')
    return {
      text: `${within(piece(second, way), 12)} at time zone ${within(piece(first, way), 12)}`,
      level: 11,
    }
  const sval = constantString(first)
  if (name !== 'extract' || sval === null || !/^[a-z]+$/iu.test(sval)) return unknown()
  return { text: `extract(${sval.toLowerCase()} from ${piece(second, way).text})`, level: whole }
}

const functionCall = (fields: Record<string, unknown>, way: Way): Piece => {
  if (Object.keys(fields).some((name) => !known.has(name))) return unknown()
  const names = listOf(fields['funcname']).map(stringOf)
  const args = listOf(fields['args'])
  if (fields['funcformat'] === 'COERCE_SQL_SYNTAX') return withWords(names.at(-1) ?? '', args, way)
  return { text: `${qualifiedText(names, way)}(${listText(args, way)})`, level: whole }
}

const columnText = (fields: Record<string, unknown>, way: Way): string => {
  const names = listOf(fields['fields']).map(stringOf)
  const own = names.length === 2 && way.bare?.has(names[0] ?? '') === true ? names.slice(1) : names
  return own.map((name) => nameText(name, way)).join('.')
}

const subquery = (fields: Record<string, unknown>, way: Way, word = 'in'): Piece => {
  const select = selectText(fields['subselect'], {
    text: (node) => piece(node, way).text,
    name: (name) => nameText(name, way),
    relation: (names) =>
      names.at(-1) === way.own
        ? names.map((name) => nameText(name, way)).join('.')
        : qualifiedText(names, way),
    unknown,
  })
  const { testexpr, operName } = fields
  switch (fields['subLinkType']) {
    case 'EXISTS_SUBLINK':
      return { text: `exists (${select})`, level: whole }
    case 'EXPR_SUBLINK':
      return { text: `(${select})`, level: whole }
    case 'ARRAY_SUBLINK':
      return { text: `array(${select})`, level: whole }
    case 'ANY_SUBLINK':
      return operName === undefined
        ? {
            text: `${within(piece(testexpr as ParseNode, way), levels.like + 1)} ${word} (${select})`,
            level: levels.like,
          }
        : unknown()
    default:
      return unknown()
  }
}

const caseText = (fields: Record<string, unknown>, way: Way): string => {
  const arg = fields['arg'] === undefined ? '' : ` ${piece(fields['arg'] as ParseNode, way).text}`
  const whens = listOf(fields['args']).map((node) => {
    const when = fieldsOf(node, 'CaseWhen') ?? unknown()
    return ` when ${piece(when['expr'] as ParseNode, way).text} then ${piece(when['result'] as ParseNode, way).text}`
  })
  const end =
    fields['defresult'] === undefined ? '' : ` else ${piece(fields['defresult'] as ParseNode, way).text}`
  return `case${arg}${whens.join('')}${end} end`
}

const isTests: Readonly<Record<string, string>> = {
  IS_NULL: 'is null',
  IS_NOT_NULL: 'is not null',
  IS_TRUE: 'is true',
  IS_NOT_TRUE: 'is not true',
  IS_FALSE: 'is false',
  IS_NOT_FALSE: 'is not false',
  IS_UNKNOWN: 'is unknown',
  IS_NOT_UNKNOWN: 'is not unknown',
}

const piece = (node: ParseNode, way: Way): Piece => {
  const [kind, fields] = unwrap(node)
  const atom = (text: string): Piece => ({ text, level: whole })
  switch (kind) {
    case 'ColumnRef':
      return atom(columnText(fields, way))
    case 'A_Const':
      return atom(constantText(fields))
    case 'TypeCast':
      return castPiece(fields, way)
    case 'A_Expr':
      return expression(fields, way)
    case 'BoolExpr':
      return bool(fields, way)
    case 'NullTest':
    case 'BooleanTest': {
      const word = isTests[String(fields['nulltesttype'] ?? fields['booltesttype'])] ?? unknown()
      return {
        text: `${within(piece(fields['arg'] as ParseNode, way), levels.like)} ${word}`,
        level: levels.is,
      }
    }
    case 'FuncCall':
      return functionCall(fields, way)
    case 'NamedArgExpr':
      return atom(
        `${nameText(String(fields['name']), way)} => ${piece(fields['arg'] as ParseNode, way).text}`,
      )
    case 'CoalesceExpr':
      return atom(`coalesce(${listText(listOf(fields['args']), way)})`)
    case 'MinMaxExpr':
      return atom(
        `${fields['op'] === 'IS_LEAST' ? 'least' : 'greatest'}(${listText(listOf(fields['args']), way)})`,
      )
    case 'A_ArrayExpr':
      return atom(`array[${listText(listOf(fields['elements']), way)}]`)
    case 'CaseExpr':
      return atom(caseText(fields, way))
    case 'SubLink':
      return subquery(fields, way)
    case 'SQLValueFunction':
      return 'typmod' in fields && Number(fields['typmod']) >= 0
        ? unknown()
        : atom(valueFunctions[String(fields['op'])] ?? unknown())
    default:
      return unknown()
  }
}

export const sqlText = (node: ParseNode, way: Way): string | null => {
  try {
    return piece(node, way).text
  } catch (cause) {
    if (cause instanceof UnknownSignal) return null
    throw cause
  }
}
