/** Whether an expression gives a value for every row: only then it does not matter when it is computed. */
import { parseExpression } from '../../postgres/parse.ts'
import { operatorName } from './conditions.ts'
import { calledName, fieldsOf, listOf, placesOf, unwrap } from './tree.ts'
import type { Column } from '../table.ts'

const harmlessKinds: ReadonlySet<string> = new Set([
  'A_Const',
  'BoolExpr',
  'BooleanTest',
  'CaseExpr',
  'CaseWhen',
  'CoalesceExpr',
  'ColumnRef',
  'MinMaxExpr',
  'NullTest',
])

const harmlessOperators: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=', '||'])

const harmlessFunctions: ReadonlySet<unknown> = new Set([
  'lower',
  'upper',
  'btrim',
  'ltrim',
  'rtrim',
  'length',
  'char_length',
  'octet_length',
  'md5',
])

/** Towards text without a length every value can be written. */
const harmlessCasts: ReadonlySet<unknown> = new Set(['text', 'varchar'])

const isHarmless = (node: Record<string, unknown>): boolean => {
  const [kind, fields] = unwrap(node)
  if (harmlessKinds.has(kind)) return true
  if (kind === 'A_Expr') return harmlessOperators.has(operatorName(fields))
  if (kind === 'FuncCall') return harmlessFunctions.has(calledName(node))
  if (kind !== 'TypeCast') return false
  // A constant that PostgreSQL printed with its cast is of that type already.
  if (fieldsOf(fields['arg'], 'A_Const')) return true
  const type = fields['typeName'] as { readonly names?: unknown; readonly typmods?: unknown } | undefined
  const name = fieldsOf(listOf(type?.names).at(-1), 'String')?.['sval']
  return harmlessCasts.has(name) && listOf(type?.typmods).length === 0
}

/** The column's own type must not refuse a value either: no length, no precision, no domain. */
export const neverRaises = (column: Column, expression: string): boolean =>
  column.modifier < 0 &&
  column.typeKind === 'base' &&
  placesOf(parseExpression(expression)).every(({ node }) => isHarmless(node))
