/** Whether an expression, as PostgreSQL prints it with an empty search_path, has a value for every row whose required columns have one. */
import { parseExpression } from '../../postgres/parse.ts'
import type { Column } from '../table.ts'
import { columnName, fieldsOf, listOf, unwrap, type ParseNode } from './tree.ts'

/** PostgreSQL's own operators that answer null only for null; users' operators are printed with their schema. */
const operators: ReadonlySet<unknown> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '||',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '~',
  '~*',
  '!~',
  '!~*',
  '~~',
  '!~~',
  '&',
  '|',
  '#',
])

/** PostgreSQL's own functions that answer null only for null. */
const functions: ReadonlySet<unknown> = new Set(
  `abs btrim ceil ceiling char_length concat date_trunc floor initcap jsonb_typeof left length lower lpad ltrim md5 mod
  octet_length repeat replace reverse right round rpad rtrim setweight sign split_part substr to_tsvector translate trunc upper`.split(
    /\s+/u,
  ),
)

/** Of PostgreSQL's own: null for null. */
export const isStrictOperator = (name: string): boolean => operators.has(name)

export const isStrictFunction = (name: string): boolean => functions.has(name) && name !== 'concat'

const soleName = (names: unknown): unknown => {
  const list = listOf(names)
  return list.length === 1 ? fieldsOf(list[0], 'String')?.['sval'] : null
}

/** Of a range or multirange type; of a domain whatever is no text for sure. */
export const isRangeColumn = ({ typeKind, baseType }: Column): boolean =>
  typeKind === 'range' ||
  typeKind === 'multirange' ||
  (typeKind === 'domain' && !/^(?:text|character varying|character|citext|name)\b/u.test(baseType))

/** What is known of the columns that an expression names. */
export interface KnownColumns {
  readonly isRequired: (column: string) => boolean
  /** Of a range or multirange type. */
  readonly isRange: (column: string) => boolean
}

/** Texts have a lower and an upper form; ranges have bounds, and an empty or open one has none. */
const bounds: ReadonlySet<unknown> = new Set(['lower', 'upper'])

const namesRange = (node: unknown, isRange: (column: string) => boolean): boolean => {
  if (typeof node !== 'object' || node === null) return false
  const column = columnName(node)
  if (column !== null) return isRange(column)
  return Object.values(node).some((part) =>
    Array.isArray(part) ? part.some((one) => namesRange(one, isRange)) : namesRange(part, isRange),
  )
}

export const hasValue = (node: unknown, known: KnownColumns): boolean => {
  if (typeof node !== 'object' || node === null) return false
  const every = (nodes: unknown): boolean => listOf(nodes).every((n) => hasValue(n, known))
  const column = columnName(node)
  if (column !== null) return known.isRequired(column)
  const [kind, fields] = unwrap(node as ParseNode)
  switch (kind) {
    case 'A_Const':
      return fields['isnull'] !== true
    case 'TypeCast':
      return hasValue(fields['arg'], known)
    case 'BoolExpr':
    case 'MinMaxExpr':
      return every(fields['args'])
    case 'NullTest':
    case 'BooleanTest':
    case 'A_ArrayExpr':
      return true
    case 'SubLink':
      return fields['subLinkType'] === 'ARRAY_SUBLINK' || fields['subLinkType'] === 'EXISTS_SUBLINK'
    case 'CaseExpr': {
      const results = listOf(fields['args']).map((when) => fieldsOf(when, 'CaseWhen')?.['result'])
      return [fields['defresult'], ...results].every((n) => hasValue(n, known))
    }
    case 'CoalesceExpr':
      return listOf(fields['args']).some((n) => hasValue(n, known))
    case 'A_Expr': {
      const operands = [fields['lexpr'], fields['rexpr']].filter((n) => n !== undefined)
      const isPlain = fields['kind'] === 'AEXPR_OP' && operators.has(soleName(fields['name']))
      return isPlain && operands.every((n) => hasValue(n, known))
    }
    case 'FuncCall': {
      const name = soleName(fields['funcname'])
      if (bounds.has(name) && namesRange(fields['args'], known.isRange)) return false
      return functions.has(name) && every(fields['args'])
    }
    default:
      return false
  }
}

/** Anything that is not understood: no. */
export const isNeverNull = (expression: string, known: KnownColumns): boolean => {
  try {
    return hasValue(parseExpression(expression), known)
  } catch {
    return false
  }
}
