/**
 * An expression with its operands replaced by plain variables, so that PostgreSQL can evaluate it for every way in
 * which they may compare. What is not a comparison becomes a free boolean: too many cases, never too few.
 */
import type { Column } from '../catalog/table.ts'
import { deparseExpression, type ParseNode, parseExpression } from '../postgres/parse.ts'
import { castNames } from './cast-names.ts'
import type { TableFacts } from './facts.ts'
import { rangeOf, roundedOf, type Rounded, type ValueRange } from './value-ranges.ts'
import { columnOf, columnsOf, constantOf, nameList, nodeParts, underCasts } from './tree.ts'

/** An operand or a predicate that stands for itself. */
export interface Term {
  readonly key: string
  readonly boolean: boolean
  readonly column: Column | null
  /** SQL type of its values where it is known. */
  readonly type: string | null
  /** It is null exactly when one of these columns is; null: it may be null at any time. */
  readonly nullWith: readonly string[] | null
  /** What it always lies between; null: nothing is known. */
  readonly range: ValueRange | null
  /** Where it stands to a column that it is rounded from; absent: nothing is known. */
  readonly rounded?: Rounded
  /** What may be null for a null of this column, the only one that it reads: PostgreSQL is asked. */
  readonly alone?: { readonly sql: string; readonly column: string }
}

export interface Abstraction {
  readonly terms: Term[]
  readonly constants: string[]
  /** Terms (`t0`) and constants (`c0`) that are compared with each other. */
  readonly compared: (readonly [string, string])[]
}

export const newAbstraction = (): Abstraction => ({ terms: [], constants: [], compared: [] })

/** Functions that are null exactly for null. */
const exact: Readonly<Record<string, string>> = {
  upper: 'text',
  lower: 'text',
  btrim: 'text',
  ltrim: 'text',
  rtrim: 'text',
  length: 'integer',
  char_length: 'integer',
  character_length: 'integer',
  octet_length: 'integer',
  cardinality: 'integer',
  abs: 'numeric',
}
const exactOperators = /^(?:[-+*&]|!?~~?\*?|@>|<@|&&|\?[|&]?)$/u
const comparison = /^(?:=|<>|!=|<|>|<=|>=)$/u

/** Of SIMILAR TO, as PostgreSQL writes it down. */
const shapeOf = (node: unknown): string | null => {
  const [kind, call] = nodeParts(node) ?? []
  if (kind !== 'FuncCall' || !/^similar_(?:to_)?escape$/u.test(nameList(call!['funcname']).at(-1) ?? ''))
    return null
  const args = (call!['args'] ?? []) as readonly unknown[]
  return args.length === 1 ? constantOf(args[0]) : null
}

/** `~*` is written as `~` where case makes no difference: a pattern without letters, or a column of type citext. */
const caseless = (node: unknown, columns: ReadonlyMap<string, Column>): unknown => {
  const parts = nodeParts(node)
  if (parts?.[0] !== 'A_Expr') return node
  const names = nameList(parts[1]['name'])
  const operator = names.at(-1) ?? ''
  if (!/^!?~~?\*$/u.test(operator)) return node
  const pattern = constantOf(parts[1]['rexpr']) ?? shapeOf(parts[1]['rexpr'])
  const column = columns.get(columnOf(underCasts(parts[1]['lexpr'])) ?? '')
  const letters = pattern?.replaceAll(/\\[dswDSWmMyYAZ]|\[:(?:digit|space|punct|alnum|alpha):\]/gu, '')
  const indifferent = column?.typeName === 'citext' || (letters !== undefined && !/\p{L}/u.test(letters))
  if (!indifferent) return node
  const name = [...names.slice(0, -1), operator.slice(0, -1)].map((sval) => ({ String: { sval } }))
  return { A_Expr: { ...parts[1], name } }
}

class Opaque extends Error {
  override readonly name = 'Opaque'
}

/** SQL over `@t0@` and `@c0@`; null when the expression cannot be read. Adds what it meets to `into`. */
export const abstractExpression = (facts: TableFacts, sql: string, into: Abstraction): string | null => {
  const columns = new Map(facts.table.columns.map((c) => [c.name, c]))

  const term = (made: Omit<Term, 'key'>, key: string): string => {
    let at = into.terms.findIndex((t) => t.key === key)
    if (at < 0) at = into.terms.push({ ...made, key }) - 1
    return `t${at}`
  }
  const columnTerm = (column: Column): string =>
    term(
      {
        boolean: column.baseType === 'boolean' && column.typeKind === 'base',
        column,
        type: column.typeKind === 'domain' ? column.baseType : column.type,
        nullWith: column.notNull ? [] : null,
        range: null,
      },
      `column ${column.name}`,
    )
  const text = (node: unknown): string => deparseExpression(node as ParseNode)
  /** Of an operand or predicate that is not known to be strict. */
  const aloneWith = (node: unknown): Pick<Term, 'alone'> => {
    const [name, ...more] = [...new Set(columnsOf(node))]
    const column = columns.get(name ?? '')
    if (!column || more.length > 0 || column.notNull) return {}
    columnTerm(column)
    return { alone: { sql: text(node), column: column.name } }
  }

  const isText = (node: unknown): boolean => {
    const parts = nodeParts(node)
    if (parts?.[0] === 'TypeCast') {
      const names = nameList((parts[1]['typeName'] as Record<string, unknown> | undefined)?.['names'])
      return /^(?:text|varchar|bpchar|citext)$/u.test(names.at(-1) ?? '')
    }
    if (parts?.[0] === 'FuncCall') return isExact(parts[1])
    return /^(?:text|character|(?:\w+\.)?citext)/u.test(columns.get(columnOf(node) ?? '')?.baseType ?? '')
  }
  /** The bounds of a range have the names of text functions, and may be null though the range is not. */
  const isExact = (call: Record<string, unknown>): boolean => {
    const name = nameList(call['funcname']).at(-1) ?? ''
    if (!Object.hasOwn(exact, name)) return false
    return (
      (name !== 'upper' && name !== 'lower') || isText((call['args'] as readonly unknown[] | undefined)?.[0])
    )
  }

  /** Texts that are put together are null with any of them; arrays and documents are not. */
  const isJoined = (body: Record<string, unknown>): boolean =>
    nameList(body['name']).at(-1) === '||' && isText(body['lexpr']) && isText(body['rexpr'])

  /** Columns that a strictly computed operand is null with; null when it is not known to be strict. */
  const strictOver = (node: unknown): readonly string[] | null => {
    const parts = nodeParts(node)
    if (!parts) return null
    const [kind, body] = parts
    if (constantOf(node) !== null) return []
    if (
      kind === 'CoalesceExpr' &&
      (body['args'] as readonly unknown[]).some((arg) => constantOf(arg) !== null)
    )
      return []
    if (kind === 'ColumnRef') return columns.has(columnOf(node) ?? '') ? [columnOf(node)!] : null
    if (kind === 'TypeCast') return strictOver(body['arg'])
    const all = (nodes: readonly unknown[]): readonly string[] | null => {
      const over = nodes.map(strictOver)
      return over.every((o) => o !== null) ? [...new Set(over.flat())] : null
    }
    if (kind === 'FuncCall' && isExact(body)) {
      return all((body['args'] as readonly unknown[] | undefined) ?? [])
    }
    if (
      kind === 'A_Expr' &&
      body['kind'] === 'AEXPR_OP' &&
      (exactOperators.test(nameList(body['name']).at(-1) ?? '') || isJoined(body))
    ) {
      return all([body['lexpr'], body['rexpr']].filter((n) => n !== undefined))
    }
    return null
  }
  const nullableOf = (names: readonly string[] | null): readonly string[] | null => {
    if (names === null) return null
    const nullable = names.filter((n) => !(columns.get(n)?.notNull ?? false))
    // The columns themselves become variables, so that their nulls can be told.
    for (const n of nullable) columnTerm(columns.get(n)!)
    return nullable
  }
  /** varchar reads as text: the cast changes nothing. */
  const plain = (node: unknown): unknown => {
    const parts = nodeParts(node)
    if (parts?.[0] !== 'TypeCast') return node
    const target = nameList((parts[1]['typeName'] as Record<string, unknown> | undefined)?.['names']).at(-1)
    const column = columns.get(columnOf(underCasts(node)) ?? '')
    const isBase = column?.typeKind === 'domain' && castNames[target ?? ''] === column.baseType
    return isBase || (target === 'text' && column?.baseType === 'character varying') ? underCasts(node) : node
  }
  const typeOf = (node: unknown): string | null => {
    const parts = nodeParts(node)
    if (parts?.[0] === 'FuncCall')
      return isExact(parts[1]) ? (exact[nameList(parts[1]['funcname']).at(-1) ?? ''] ?? null) : null
    if (parts?.[0] === 'CoalesceExpr') {
      const args = (parts[1]['args'] as readonly unknown[]).map((arg) =>
        columns.get(columnOf(underCasts(arg)) ?? ''),
      )
      const found = args.find((column) => column !== undefined)
      return found && /^(?:text|character varying)$/u.test(found.baseType) ? 'text' : null
    }
    if (parts?.[0] !== 'TypeCast') return null
    return text({ TypeCast: { ...parts[1], arg: { A_Const: { isnull: true } } } }).replace(
      /^.*?(?:::|\bAS\s+)([^)]+)\)?$/iu,
      '$1',
    )
  }

  const operand = (given: unknown): string => {
    const node = plain(given)
    const constant = constantOf(node)
    if (constant !== null) {
      let at = into.constants.indexOf(constant)
      if (at < 0) at = into.constants.push(constant) - 1
      return `c${at}`
    }
    const column = columns.get(columnOf(node) ?? '')
    if (column) return columnTerm(column)
    const type = typeOf(node)
    const range = rangeOf(node, columns)
    const rounded = roundedOf(node, columns)
    if (rounded) columnTerm(columns.get(rounded.column)!)
    const nullWith = nullableOf(strictOver(node))
    const alone = nullWith === null ? aloneWith(node) : {}
    return term(
      { boolean: false, column: null, type, nullWith, range, ...(rounded && { rounded }), ...alone },
      `operand ${text(node)}`,
    )
  }
  const compare = (left: string, operator: string, right: string): string => {
    into.compared.push([left, right])
    return `(@${left}@ ${operator} @${right}@)`
  }
  /** `num_nonnulls(a, b)` as a sum over what it counts; null for anything else. */
  const counted = (node: unknown): string | null => {
    const parts = nodeParts(node)
    const name = parts?.[0] === 'FuncCall' ? nameList(parts[1]['funcname']).at(-1) : undefined
    if (name !== 'num_nonnulls' && name !== 'num_nulls') return null
    const args = ((parts?.[1]['args'] as readonly unknown[] | undefined) ?? []).map((arg) =>
      columns.get(columnOf(arg) ?? ''),
    )
    if (args.length === 0 || args.some((column) => column === undefined)) return null
    const word = name === 'num_nulls' ? 'is null' : 'is not null'
    return `(${args.map((column) => `(@${columnTerm(column!)}@ ${word})::int`).join(' + ')})`
  }
  const elements = (node: unknown): readonly unknown[] => {
    const parts = nodeParts(underCasts(node))
    if (parts?.[0] === 'List') return parts[1]['items'] as readonly unknown[]
    if (parts?.[0] === 'A_ArrayExpr') return parts[1]['elements'] as readonly unknown[]
    throw new Opaque()
  }
  /** `(state = 'closed') = (closed is not null)`: both sides are conditions. */
  const isCondition = (node: unknown): boolean => {
    const parts = nodeParts(node)
    if (!parts) return false
    if (['BoolExpr', 'NullTest', 'BooleanTest'].includes(parts[0])) return true
    return parts[0] === 'A_Expr' && comparison.test(nameList(parts[1]['name']).at(-1) ?? '')
  }
  const expression = (body: Record<string, unknown>): string => {
    const operator = nameList(body['name']).at(-1) ?? ''
    const kind = String(body['kind'])
    const joined = (word: string, nodes: readonly unknown[], op: string): string => {
      const left = operand(body['lexpr'])
      return `(${nodes.map((n) => compare(left, op, operand(n))).join(` ${word} `)})`
    }
    if (
      kind === 'AEXPR_OP' &&
      comparison.test(operator) &&
      isCondition(body['lexpr']) &&
      isCondition(body['rexpr'])
    )
      return `(${predicate(body['lexpr'])} ${operator} ${predicate(body['rexpr'])})`
    const count = kind === 'AEXPR_OP' && comparison.test(operator) ? counted(body['lexpr']) : null
    const number = constantOf(body['rexpr'])
    if (count !== null && number !== null && /^\d+$/u.test(number)) return `(${count} ${operator} ${number})`
    if (kind === 'AEXPR_OP' && comparison.test(operator) && body['lexpr'] !== undefined) {
      return compare(operand(body['lexpr']), operator, operand(body['rexpr']))
    }
    if (kind === 'AEXPR_DISTINCT')
      return compare(operand(body['lexpr']), 'is distinct from', operand(body['rexpr']))
    if (kind === 'AEXPR_NOT_DISTINCT')
      return compare(operand(body['lexpr']), 'is not distinct from', operand(body['rexpr']))
    if (kind === 'AEXPR_IN')
      return joined(operator === '<>' ? 'and' : 'or', elements(body['rexpr']), operator)
    if (kind === 'AEXPR_OP_ANY' && comparison.test(operator))
      return joined('or', elements(body['rexpr']), operator)
    if (kind === 'AEXPR_OP_ALL' && comparison.test(operator))
      return joined('and', elements(body['rexpr']), operator)
    const bounds = kind === 'AEXPR_BETWEEN' || kind === 'AEXPR_NOT_BETWEEN' ? elements(body['rexpr']) : null
    if (bounds?.length === 2) {
      const left = operand(body['lexpr'])
      const inside = `(${compare(left, '>=', operand(bounds[0]))} and ${compare(left, '<=', operand(bounds[1]))})`
      return kind === 'AEXPR_BETWEEN' ? inside : `(not ${inside})`
    }
    throw new Opaque()
  }
  const predicate = (node: unknown): string => {
    const parts = nodeParts(node)
    if (!parts) throw new Opaque()
    const [kind, body] = parts
    const args = (): readonly unknown[] => body['args'] as readonly unknown[]
    if (kind === 'BoolExpr') {
      const inner = args().map(predicate)
      if (body['boolop'] === 'NOT_EXPR') return `(not ${inner[0]})`
      return `(${inner.join(body['boolop'] === 'AND_EXPR' ? ' and ' : ' or ')})`
    }
    if (kind === 'BooleanTest') {
      const test = String(body['booltesttype']).toLowerCase().replaceAll('_', ' ')
      return `(${predicate(body['arg'])} ${test})`
    }
    if (kind === 'NullTest') {
      const test = body['nulltesttype'] === 'IS_NULL' ? 'is null' : 'is not null'
      return `(@${operand(body['arg'])}@ ${test})`
    }
    if (kind === 'CaseExpr' && body['arg'] === undefined) {
      const arms = (body['args'] as readonly unknown[]).map((arm) => {
        const when = nodeParts(arm)?.[1] ?? {}
        return `when ${predicate(when['expr'])} then ${predicate(when['result'])}`
      })
      const otherwise = body['defresult'] === undefined ? 'null' : predicate(body['defresult'])
      return `(case ${arms.join(' ')} else ${otherwise} end)`
    }
    if (kind === 'CoalesceExpr') return `coalesce(${args().map(predicate).join(', ')})`
    if (kind === 'A_Const') {
      if (body['isnull']) return 'null::boolean'
      const value = constantOf(node)
      if (value === 'true' || value === 'false') return value
      throw new Opaque()
    }
    const column = columns.get(columnOf(node) ?? '')
    if (column) return `@${columnTerm(column)}@`
    if (kind === 'A_Expr') {
      try {
        return expression(body)
      } catch (cause) {
        if (!(cause instanceof Opaque)) throw cause
      }
    }
    if (columnsOf(node).includes('*')) throw new Opaque()
    const nullWith = nullableOf(strictOver(node))
    const key = `predicate ${text(caseless(node, columns))}`
    const alone = nullWith === null ? aloneWith(node) : {}
    return `@${term({ boolean: true, column: null, type: 'boolean', nullWith, range: null, ...alone }, key)}@`
  }

  try {
    return predicate(parseExpression(sql))
  } catch {
    return null
  }
}
