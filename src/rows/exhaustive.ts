/**
 * Whether the values tried for some columns stand for every value there is, so that what nothing tells apart is
 * equivalent: all labels of an enum, both booleans, and around every constant where only comparisons are made.
 */
import type { Column } from '../catalog/table.ts'
import { parseExpression } from '../postgres/parse.ts'
import { isBelow } from './decimal.ts'
import type { TableFacts } from './facts.ts'
import type { Variable } from './search.ts'
import { columnOf, constantOf, nameList, nodeParts, underCasts } from './tree.ts'

const integers = new Set(['smallint', 'integer', 'bigint'])

/** True when the expression only compares single columns with constants, joined by AND, OR and NOT. */
const onlyCompares = (node: unknown, equality: ReadonlySet<string>): boolean => {
  const parts = nodeParts(node)
  if (!parts) return false
  const [kind, body] = parts
  const all = (value: unknown): boolean => (value as readonly unknown[]).every((n) => onlyCompares(n, equality))
  if (kind === 'BoolExpr') return all(body['args'])
  if (kind === 'NullTest') return columnOf(body['arg']) !== null
  if (kind === 'BooleanTest') return onlyCompares(body['arg'], equality)
  if (kind === 'ColumnRef') return columnOf(node) !== '*'
  if (kind === 'A_Const') return true
  if (kind !== 'A_Expr') return false
  const operator = nameList(body['name']).at(-1) ?? ''
  const list = nodeParts(underCasts(body['rexpr']))
  const right =
    list?.[0] === 'List' ? (list[1]['items'] as readonly unknown[]) : list?.[0] === 'A_ArrayExpr' ? (list[1]['elements'] as readonly unknown[]) : [body['rexpr']]
  const [left, constants] = columnOf(underCasts(body['lexpr'])) !== null ? [body['lexpr'], right] : [body['rexpr'], [body['lexpr']]]
  const column = columnOf(underCasts(left))
  if (column === null || column === '*' || !constants.every((c) => constantOf(c) !== null)) return false
  if (/^AEXPR_(?:NOT_)?BETWEEN/u.test(String(body['kind']))) return !equality.has(column)
  if (!['AEXPR_OP', 'AEXPR_IN', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL', 'AEXPR_DISTINCT', 'AEXPR_NOT_DISTINCT'].includes(String(body['kind']))) return false
  return equality.has(column) ? /^(?:=|<>|!=)$/u.test(operator) : /^(?:=|<>|!=|<|>|<=|>=)$/u.test(operator)
}

const constantsFor = (node: unknown, found: Set<string>): void => {
  const text = constantOf(node)
  if (text !== null) {
    found.add(text)
    return
  }
  const parts = nodeParts(node)
  for (const value of Object.values(parts?.[1] ?? {})) {
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) if (nodeParts(item)) constantsFor(item, found)
  }
}

/** Every class of values is among the options: each constant, and a value below, between and above. */
const spansClasses = (column: Column, options: readonly string[], constants: readonly string[]): boolean => {
  if (!column.notNull && !options.includes('null')) return false
  if (column.baseType === 'boolean') return options.includes('true') && options.includes('false')
  if (column.labels !== null) return column.labels.every((l) => options.includes(`'${l.replaceAll("'", "''")}'`))
  if (!integers.has(column.type)) return false
  const values = options.filter((o) => /^-?\d+$/u.test(o))
  const numbers = constants.filter((c) => /^-?\d+$/u.test(c)).toSorted((a, b) => (isBelow(a, b) ? -1 : 1))
  if (numbers.length !== constants.length) return false
  const step = (c: string, by: bigint): string => (BigInt(c) + by).toString()
  return numbers.every((c) => [c, step(c, 1n), step(c, -1n)].every((v) => values.includes(v)))
}

export const isExhaustive = (
  facts: TableFacts,
  columns: readonly Column[],
  expressions: readonly string[],
  variables: readonly Variable[],
  complete: boolean,
): boolean => {
  if (!complete) return false
  const equality = new Set(facts.table.columns.filter((c) => c.labels !== null || c.baseType === 'boolean').map((c) => c.name))
  const finite = columns.every((c) => equality.has(c.name) && c.typeKind !== 'array')
  try {
    const trees = expressions.map(parseExpression)
    const constants = new Set<string>()
    for (const tree of trees) constantsFor(tree, constants)
    const numbers = [...constants].filter((c) => c !== 'true' && c !== 'false')
    if (!finite && !trees.every((t) => onlyCompares(t, equality))) return false
    return columns.every((c) => {
      const own = variables.find((v) => v.columns.length === 1 && v.columns[0]!.name === c.name)
      return own !== undefined && spansClasses(c, own.options.map((o) => o[0]!), numbers)
    })
  } catch {
    return false
  }
}
