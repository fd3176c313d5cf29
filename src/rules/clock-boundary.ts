/**
 * Comparisons of a date with a time that the clock gives: `born <= now() - '18 years'` and `born < now() - '18 years'`
 * say the same of every row but in the one microsecond of a day at which that time is midnight.
 */
import { printExpression } from '../catalog/expression/text.ts'
import { columnName, fieldsOf, listOf, type ParseNode } from '../catalog/expression/tree.ts'
import type { Table } from '../catalog/table.ts'
import { parseExpression } from '../postgres/parse.ts'
import type { Indistinct } from './rule-kind.ts'

const clocks: ReadonlySet<unknown> = new Set(['now', 'transaction_timestamp', 'statement_timestamp'])
const timestamps: ReadonlySet<unknown> = new Set([
  'SVFOP_CURRENT_TIMESTAMP',
  'SVFOP_CURRENT_TIMESTAMP_N',
  'SVFOP_LOCALTIMESTAMP',
  'SVFOP_LOCALTIMESTAMP_N',
])

const lastName = (names: unknown): unknown => fieldsOf(listOf(names).at(-1), 'String')?.['sval']

/** `now()`, or an interval before or after it. */
const isClockTime = (node: unknown): boolean => {
  const call = fieldsOf(node, 'FuncCall')
  if (call) return clocks.has(lastName(call['funcname'])) && listOf(call['args']).length === 0
  const value = fieldsOf(node, 'SQLValueFunction')
  if (value) return timestamps.has(value['op'])
  const shift = fieldsOf(node, 'A_Expr')
  if (!shift || !['+', '-'].includes(String(lastName(shift['name'])))) return false
  return isClockTime(shift['lexpr']) && fieldsOf(shift['rexpr'], 'TypeCast') !== undefined
}

const strict: Readonly<Record<string, string>> = { '<=': '<', '>=': '>' }

/** Every such comparison without its equality, and those that were met as people read them. */
const withoutEquality = (
  table: Table,
  sql: string,
): { readonly text: string | null; readonly count: number } => {
  const isDate = (node: unknown): boolean =>
    table.columns.some((c) => c.name === columnName(node) && c.typeKind === 'base' && c.type === 'date')
  let count = 0
  const rewrite = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(rewrite)
    if (typeof node !== 'object' || node === null) return node
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, rewrite(value)]))
    const test = fieldsOf(copy, 'A_Expr')
    if (!test || test['kind'] !== 'AEXPR_OP') return copy
    const [left, right] = [test['lexpr'], test['rexpr']]
    if (!(isDate(left) && isClockTime(right)) && !(isDate(right) && isClockTime(left))) return copy
    count++
    const operator = strict[String(lastName(test['name']))]
    return operator === undefined ? copy : { A_Expr: { ...test, name: [{ String: { sval: operator } }] } }
  }
  try {
    return { text: printExpression(rewrite(parseExpression(sql)) as ParseNode), count }
  } catch {
    return { text: null, count: 0 }
  }
}

/** Those of the broken expressions that differ from the structure's own in nothing but that. */
export const sameButAtMidnight = (
  table: Table,
  structure: string,
  expressions: readonly string[],
  broken: readonly string[],
): readonly Indistinct[] => {
  const own = expressions
    .map((sql) => withoutEquality(table, sql))
    .flatMap(({ text, count }) => (count > 0 && text !== null ? [text] : []))
  const why = 'a date and a time that the clock gives are equal only in one microsecond of a day'
  return broken
    .filter((sql) => own.includes(withoutEquality(table, sql).text ?? ''))
    .map((expression) => ({ structure, expression, why }))
}
