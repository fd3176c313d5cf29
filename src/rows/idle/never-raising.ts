/** Whether a condition can only be true, false or null: one that may also raise an error (`payload::json IS NOT NULL`) rejects rows by it. */
import { operatorName } from '../../catalog/expression/conditions.ts'
import { castType, fieldsOf, listOf, unwrap } from '../../catalog/expression/tree.ts'
import type { Column } from '../../catalog/table.ts'
import type { ParseNode } from '../../postgres/parse.ts'
import { columnOf, constantOf, underCasts } from '../tree.ts'

const kinds: ReadonlySet<string> = new Set(
  'A_ArrayExpr A_Const BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr ColumnRef List MinMaxExpr NullTest'.split(
    ' ',
  ),
)

/** PostgreSQL's own; users' operators are printed with their schema. */
const operators: ReadonlySet<string> = new Set('= <> != < <= > >='.split(' '))

/** With a constant pattern: another may be one that nobody can read. */
const patterns: ReadonlySet<string> = new Set('~ ~* !~ !~* ~~ ~~* !~~ !~~*'.split(' '))

const functions: ReadonlySet<unknown> = new Set(
  'lower upper btrim ltrim rtrim length char_length character_length octet_length'.split(' '),
)

/** From each type, the types that hold all of its values. */
const wider: Readonly<Record<string, readonly string[]>> = {
  smallint: ['int4', 'int8', 'numeric', 'float8'],
  integer: ['int8', 'numeric', 'float8'],
  bigint: ['numeric', 'float8'],
  real: ['float8'],
  numeric: [],
  date: ['timestamp'],
}

const texts: ReadonlySet<unknown> = new Set(['text', 'varchar', 'bpchar'])

const isPlain = (names: unknown): boolean => listOf(names).length === 1

const castIsSafe = (cast: Record<string, unknown>, columns: ReadonlyMap<string, Column>): boolean => {
  // Constants were read when the constraint was made.
  if (constantOf(cast['arg']) !== null || fieldsOf(cast['arg'], 'A_Const')) return true
  const array = fieldsOf(cast['arg'], 'A_ArrayExpr')
  if (array) return listOf(array['elements']).every((item) => constantOf(item) !== null)
  const to = castType(cast)
  if (texts.has(to)) return true
  const column = columns.get(columnOf(underCasts(cast['arg'])) ?? '')
  return column?.typeKind === 'base' && (wider[column.baseType] ?? []).includes(String(to))
}

/** Anything that is not understood: no. */
export const neverRaises = (node: unknown, columns: ReadonlyMap<string, Column>): boolean => {
  if (Array.isArray(node)) return node.every((item) => neverRaises(item, columns))
  if (typeof node !== 'object' || node === null) return true
  const [kind, fields] = unwrap(node as ParseNode)
  const below = (names: readonly string[]): boolean =>
    names.every((name) => neverRaises(fields[name], columns))
  if (kind === 'ColumnRef' || kind === 'A_Const') return true
  if (kind === 'TypeCast')
    return castIsSafe(fields, columns) && (constantOf(fields['arg']) !== null || below(['arg']))
  if (kind === 'A_Expr') {
    const name = operatorName(fields)
    const isKnown = operators.has(name) || (patterns.has(name) && constantOf(fields['rexpr']) !== null)
    return isPlain(fields['name']) && isKnown && below(['lexpr', 'rexpr'])
  }
  if (kind === 'FuncCall') {
    const name = fieldsOf(listOf(fields['funcname'])[0], 'String')?.['sval']
    return isPlain(fields['funcname']) && functions.has(name) && below(['args'])
  }
  return kinds.has(kind) && Object.keys(fields).every((name) => neverRaises(fields[name], columns))
}
