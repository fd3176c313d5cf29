/**
 * Whether an expression is computed for every row without an error, and its column takes what comes out: then nobody can
 * tell whether it is computed when the row is written or when it is read. PostgreSQL reckons the bounds.
 */
import { operatorName } from '../../catalog/expression/conditions.ts'
import { castType, fieldsOf, listOf } from '../../catalog/expression/tree.ts'
import type { Column } from '../../catalog/table.ts'
import { parseSqlType } from '../../catalog/type/sql-type.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { columnOf, columnsOf, constantOf, nameList } from '../../rows/tree.ts'
import { evaluate } from '../evaluate.ts'
import { lengthOf, magnitudeOf } from './bounds.ts'

type Columns = ReadonlyMap<string, Column>

/** Conditions over constants under which it never fails; null: that cannot be said. */
type Demands = readonly string[] | null

/** Narrowest first. */
const widths = ['int2', 'int4', 'int8', 'numeric'] as const
type Width = (typeof widths)[number]

const ends: Readonly<Record<Width, string | null>> = {
  int2: '32767',
  int4: '2147483647',
  int8: '9223372036854775807',
  numeric: null,
}

const columnWidth: Readonly<Record<string, Width>> = {
  smallint: 'int2',
  integer: 'int4',
  bigint: 'int8',
  numeric: 'numeric',
}

const comparing: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])
const harmless: ReadonlySet<string> = new Set(
  'lower upper btrim ltrim rtrim length char_length character_length octet_length md5 left right'.split(' '),
)

const isWidth = (name: unknown): name is Width => widths.some((one) => one === name)

const widest = (found: readonly (Width | null)[]): Width | null =>
  found.includes(null) ? null : (widths.findLast((one) => found.includes(one)) ?? null)

/** Of a number; null for anything else. */
const widthOf = (node: unknown, columns: Columns): Width | null => {
  const constant = constantOf(node)
  if (constant !== null && fieldsOf(node, 'TypeCast') === undefined) {
    if (!/^-?\d+$/u.test(constant)) return /^-?\d+\.\d+$/u.test(constant) ? 'numeric' : null
    return Math.abs(Number(constant)) <= 2_147_483_647 ? 'int4' : null
  }
  const column = columns.get(columnOf(node) ?? '')
  if (column) return column.typeKind === 'base' ? (columnWidth[column.baseType] ?? null) : null
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) {
    const name = castType(cast)
    return isWidth(name) ? name : null
  }
  const call = fieldsOf(node, 'FuncCall')
  if (call)
    return /^(?:char_|character_|octet_)?length$/u.test(nameList(call['funcname']).at(-1) ?? '')
      ? 'int4'
      : null
  const test = fieldsOf(node, 'A_Expr')
  return test?.['kind'] === 'AEXPR_OP'
    ? widest(
        [test['lexpr'], test['rexpr']].flatMap((one) => (one === undefined ? [] : [widthOf(one, columns)])),
      )
    : null
}

const together = (all: readonly Demands[]): Demands =>
  all.some((one) => one === null) ? null : all.flatMap((one) => one ?? [])

/** The value itself within its type. */
const within = (node: unknown, width: Width | null, columns: Columns): Demands => {
  if (width === null) return null
  const [end, bound] = [ends[width], magnitudeOf(node, columns)]
  if (bound === null) return null
  return end === null ? [] : [`(${bound})::numeric <= ${end}`]
}

const arithmetic = (test: Record<string, unknown>, node: unknown, columns: Columns): Demands => {
  const operator = operatorName(test)
  const divides = operator === '/' || operator === '%'
  const divisor = divides ? constantOf(test['rexpr']) : null
  if (divides && (divisor === null || !(Number(divisor) !== 0))) return null
  return within(node, widthOf(node, columns), columns)
}

const demandsOfCast = (cast: Record<string, unknown>, columns: Columns): Demands => {
  const type = cast['typeName'] as { readonly typmods?: unknown } | undefined
  if (listOf(type?.typmods).length > 0) return null
  if (constantOf(cast['arg']) !== null || fieldsOf(cast['arg'], 'A_Const')) return []
  const own = demandsOf(cast['arg'], columns)
  const name = castType(cast)
  if (name === 'text' || name === 'varchar') return own
  if (!isWidth(name)) return null
  const from = widthOf(cast['arg'], columns)
  if (from === null || from === 'numeric') return null
  return widths.indexOf(name) >= widths.indexOf(from)
    ? own
    : together([own, within({ TypeCast: cast }, name, columns)])
}

const isText = (node: unknown, columns: Columns): boolean => {
  const column = columns.get(columnOf(node) ?? '')
  if (column) return column.typeKind === 'base' && /^(?:text|character)/u.test(column.baseType)
  if (constantOf(node) !== null) return true
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return castType(cast) === 'text' || castType(cast) === 'varchar'
  const name = nameList(fieldsOf(node, 'FuncCall')?.['funcname'])
  if (name.length === 1) return harmless.has(name[0]!) && !name[0]!.endsWith('length')
  const test = fieldsOf(node, 'A_Expr')
  return test !== undefined && operatorName(test) === '||' && isText(test['lexpr'], columns)
}

/** A column, or what another arrow leads to. */
const isDocument = (node: unknown, columns: Columns): boolean => {
  const column = columns.get(columnOf(node) ?? '')
  if (column) return column.baseType === 'jsonb' || column.baseType === 'json'
  const test = fieldsOf(node, 'A_Expr')
  return test !== undefined && operatorName(test) === '->' && isDocument(test['lexpr'], columns)
}

const demandsOf = (node: unknown, columns: Columns): Demands => {
  const every = (nodes: readonly unknown[]): Demands =>
    together(nodes.filter((one) => one !== undefined).map((one) => demandsOf(one, columns)))
  if (fieldsOf(node, 'A_Const') || columnOf(node) !== null) return []
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return demandsOfCast(cast, columns)
  for (const kind of ['BoolExpr', 'CoalesceExpr', 'MinMaxExpr']) {
    const fields = fieldsOf(node, kind)
    if (fields) return every(listOf(fields['args']))
  }
  for (const kind of ['NullTest', 'BooleanTest']) {
    const fields = fieldsOf(node, kind)
    if (fields) return every([fields['arg']])
  }
  const cases = fieldsOf(node, 'CaseExpr')
  if (cases) {
    const whens = listOf(cases['args']).map((when) => fieldsOf(when, 'CaseWhen') ?? {})
    return every([
      cases['arg'],
      cases['defresult'],
      ...whens.flatMap((when) => [when['expr'], when['result']]),
    ])
  }
  const call = fieldsOf(node, 'FuncCall')
  if (call) {
    const names = nameList(call['funcname'])
    return names.length === 1 && harmless.has(names[0]!) ? every(listOf(call['args'])) : null
  }
  const test = fieldsOf(node, 'A_Expr')
  if (!test || nameList(test['name']).length !== 1) return null
  const operands = every([test['lexpr'], test['rexpr']])
  if (test['kind'] === 'AEXPR_NULLIF') return operands
  if (test['kind'] !== 'AEXPR_OP') return null
  const operator = operatorName(test)
  if (comparing.has(operator)) return operands
  // Arrays may not fit together, nor documents.
  if (operator === '||')
    return [test['lexpr'], test['rexpr']].every((one) => isText(one, columns)) ? operands : null
  if (operator === '->' || operator === '->>')
    return constantOf(test['rexpr']) !== null && isDocument(test['lexpr'], columns) ? operands : null
  return ['+', '-', '*', '/', '%'].includes(operator)
    ? together([operands, arithmetic(test, node, columns)])
    : null
}

/** What comes out, within the column. */
const demandsOfColumn = (column: Column, tree: unknown, columns: Columns): Demands => {
  if (column.typeKind !== 'base') return null
  const { name, modifiers, array } = parseSqlType(column.type)
  const [size, scale = 0] = modifiers
  if (array !== '') return null
  if (size === undefined) return []
  if (name === 'character varying') {
    const bound = lengthOf(tree, columns)
    return bound === null ? null : [`(${bound})::numeric <= ${size}`]
  }
  const bound = magnitudeOf(tree, columns)
  return name === 'numeric' && scale >= 0 && size > scale && bound !== null
    ? [`(${bound})::numeric < 1${'0'.repeat(size - scale)} - 1`]
    : null
}

export const neverFails = async (db: Session, column: Column, all: readonly Column[]): Promise<boolean> => {
  await loadParser()
  const columns = new Map(all.map((one) => [one.name, one]))
  const tree = parseExpression(column.default ?? 'null')
  const isPlain = (name: string): boolean => /^(?:base|enum|domain)$/u.test(columns.get(name)?.typeKind ?? '')
  if (!columnsOf(tree).every(isPlain)) return false
  const demands = together([demandsOf(tree, columns), demandsOfColumn(column, tree, columns)])
  if (demands === null) return false
  if (demands.length === 0) return true
  const [answer] = await evaluate(db, [demands.join(' and ')])
  return answer === 'true'
}
