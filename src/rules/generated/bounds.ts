/**
 * How large or how long an expression can become at most, whatever row it is computed from: as SQL over constants, which
 * PostgreSQL reckons. Sums of what its parts can be at most; what is not understood has no bound. Pure.
 */
import { operatorName } from '../../catalog/expression/conditions.ts'
import { castType, fieldsOf, listOf } from '../../catalog/expression/tree.ts'
import type { Column } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import { columnOf, constantOf, nameList, underCasts } from '../../rows/tree.ts'

type Columns = ReadonlyMap<string, Column>

/** Integers of PostgreSQL come to an end, numeric does not. */
const numeric = (value: string | number): string => (/\./u.test(String(value)) ? String(value) : `${value}.0`)

/** SQL of a number; null: no bound is known. */
type Bound = string | null

const largest: Readonly<Record<string, string>> = {
  smallint: '32768.0',
  integer: '2147483648.0',
  bigint: '9223372036854775808.0',
}

const whole: ReadonlySet<unknown> = new Set(['int2', 'int4', 'int8'])
const numbers: ReadonlySet<unknown> = new Set(['int2', 'int4', 'int8', 'numeric'])
const texts: ReadonlySet<unknown> = new Set(['text', 'varchar', 'bpchar'])
const days: ReadonlySet<unknown> = new Set(['date', 'timestamp', 'timestamptz'])
const rounding: ReadonlySet<string> = new Set(['abs', 'round', 'ceil', 'ceiling', 'floor', 'trunc'])
const lengths: ReadonlySet<string> = new Set(['length', 'char_length', 'character_length'])
const shortening: ReadonlySet<string> = new Set(
  'btrim ltrim rtrim reverse translate split_part substr substring left right'.split(' '),
)
/** One letter may become three. */
const casing: ReadonlySet<string> = new Set(['lower', 'upper', 'initcap'])

/** A year is none of them: of a date that is infinite it is so, too. */
const fieldMost: Readonly<Record<string, string>> = Object.fromEntries(
  'month day hour minute dow doy isodow week quarter'.split(' ').map((field) => [field, '367.0']),
)

const most = (bounds: readonly Bound[]): Bound =>
  bounds.length === 0 || bounds.includes(null) ? null : `greatest(${bounds.join(', ')})`

const together = (bounds: readonly Bound[], operator: '+' | '*'): Bound =>
  bounds.includes(null) ? null : `(${bounds.join(` ${operator} `)})`

const isNull = (node: unknown): boolean => fieldsOf(underCasts(node), 'A_Const')?.['isnull'] === true

/** The values of which the node is one: of CASE, COALESCE, NULLIF, GREATEST and LEAST. Null for anything else. */
const choicesOf = (node: unknown): readonly unknown[] | null => {
  const cases = fieldsOf(node, 'CaseExpr')
  const all = cases
    ? [...listOf(cases['args']).map((when) => fieldsOf(when, 'CaseWhen')?.['result']), cases['defresult']]
    : listOf((fieldsOf(node, 'CoalesceExpr') ?? fieldsOf(node, 'MinMaxExpr'))?.['args'])
  const nullif = fieldsOf(node, 'A_Expr')
  if (nullif?.['kind'] === 'AEXPR_NULLIF') return [nullif['lexpr']]
  const some = all.filter((one) => one !== undefined && !isNull(one))
  return some.length === 0 ? null : some
}

interface Call {
  readonly name: string
  readonly args: readonly unknown[]
}

/** Of PostgreSQL's own functions; others are printed with their schema. */
const callOf = (node: unknown): Call | null => {
  const call = fieldsOf(node, 'FuncCall')
  const names = nameList(call?.['funcname'])
  if (!call || (names.length !== 1 && names[0] !== 'pg_catalog')) return null
  return { name: names.at(-1) ?? '', args: listOf(call['args']) }
}

const columnAt = (node: unknown, columns: Columns): Column | undefined => columns.get(columnOf(node) ?? '')

/** `numeric(5, 2)`: 999.99. */
export const largestNumeric = (precision: number, scale: number): string =>
  `${'9'.repeat(precision - scale) || '0'}.${'9'.repeat(Math.max(0, scale)) || '0'}`

const magnitudeOfColumn = ({ typeKind, baseType, modifier }: Column): Bound => {
  if (typeKind !== 'base' && typeKind !== 'domain') return null
  if (baseType !== 'numeric' || modifier < 4) return largest[baseType] ?? null
  const [precision, scale] = [((modifier - 4) >> 16) & 0xffff, (modifier - 4) & 0x7ff]
  return scale > precision ? null : largestNumeric(precision, scale)
}

const isNumber = (text: string | null): text is string => text !== null && /^-?\d+(?:\.\d+)?$/u.test(text)

/** At most so far from zero. */
export const magnitudeOf = (node: unknown, columns: Columns): Bound => {
  const below = (inner: unknown): Bound => magnitudeOf(inner, columns)
  const constant = constantOf(node)
  if (constant !== null) return isNumber(constant) ? `abs(${numeric(constant)})` : null
  const column = columnAt(node, columns)
  if (column) return magnitudeOfColumn(column)
  const choices = choicesOf(node)
  if (choices) return most(choices.map(below))
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return numbers.has(castType(cast)) ? together([below(cast['arg']), '1'], '+') : null
  const call = callOf(node)
  if (call) return magnitudeOfCall(call, columns)
  const test = fieldsOf(node, 'A_Expr')
  if (test?.['kind'] !== 'AEXPR_OP') return null
  const [left, right] = [test['lexpr'], test['rexpr']]
  switch (operatorName(test)) {
    case '+':
    case '-':
      return together(left === undefined ? [below(right)] : [below(left), below(right)], '+')
    case '*':
      return together([below(left), below(right)], '*')
    case '/': {
      const divisor = constantOf(right)
      const own = below(left)
      return own !== null && isNumber(divisor) && Number(divisor) !== 0
        ? `(${own} / abs(${numeric(divisor)}))`
        : null
    }
    case '%':
      return below(right)
    default:
      return null
  }
}

/** Digits behind the point that every value has, as PostgreSQL reckons with numeric; null: they differ, or are not known. */
export const scaleOf = (node: unknown, columns: Columns): number | null => {
  const below = (inner: unknown): number | null => scaleOf(inner, columns)
  const constant = constantOf(node)
  if (constant !== null) return isNumber(constant) ? (constant.split('.')[1] ?? '').length : null
  const column = columnAt(node, columns)
  if (column) {
    const isNumeric = column.baseType === 'numeric' && column.modifier >= 4
    return isNumeric ? (column.modifier - 4) & 0x7ff : column.baseType in largest ? 0 : null
  }
  const choices = choicesOf(node)
  if (choices) {
    const [first = null, ...others] = choices.map(below)
    return others.every((one) => one === first) ? first : null
  }
  const test = fieldsOf(node, 'A_Expr')
  if (test?.['kind'] !== 'AEXPR_OP') return null
  const left = test['lexpr'] === undefined ? 0 : below(test['lexpr'])
  const right = below(test['rexpr'])
  if (left === null || right === null) return null
  const operator = operatorName(test)
  if (operator === '*') return left + right
  return operator === '+' || operator === '-' ? Math.max(left, right) : null
}

/** A date, with a time or without: an interval may have any number of hours and years. */
const isDay = (node: unknown, columns: Columns): boolean => {
  const column = columnAt(node, columns)
  if (column) return column.typeKind === 'base' && /^(?:date|timestamp)/u.test(column.baseType)
  const cast = fieldsOf(node, 'TypeCast')
  return cast !== undefined && days.has(castType(cast))
}

const magnitudeOfCall = ({ name, args }: Call, columns: Columns): Bound => {
  const [first, second] = args
  if (rounding.has(name) && (args.length === 1 || isNumber(constantOf(second))))
    return together([magnitudeOf(first, columns), '1'], '+')
  if (lengths.has(name)) return lengthOf(first, columns)
  if (name === 'sign') return '1.0'
  if (name === 'mod') return magnitudeOf(second, columns)
  if (name !== 'extract' || !isDay(second, columns)) return null
  return fieldMost[constantOf(first)?.toLowerCase() ?? ''] ?? null
}

/** Written without a decimal point. */
const isWhole = (node: unknown, columns: Columns): boolean => {
  const column = columnAt(node, columns)
  if (column) return column.typeKind === 'base' && column.baseType in largest
  const constant = constantOf(node)
  // A text may be longer than the number that it spells.
  if (constant !== null) return /^-?(?:0|[1-9]\d*)$/u.test(constant)
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return whole.has(castType(cast))
  const call = callOf(node)
  if (call) return lengths.has(call.name)
  const test = fieldsOf(node, 'A_Expr')
  return (
    test?.['kind'] === 'AEXPR_OP' &&
    ['+', '-', '*', '%'].includes(operatorName(test)) &&
    [test['lexpr'], test['rexpr']].every((one) => one === undefined || isWhole(one, columns))
  )
}

const lengthOfColumn = (column: Column): Bound => {
  const { typeKind, baseType, modifier, labels } = column
  if (typeKind === 'enum' && labels !== null && labels.length > 0)
    return numeric(Math.max(...labels.map((label) => label.length)))
  if (typeKind !== 'base') return null
  if (baseType === 'boolean') return '5.0'
  if (baseType === 'uuid') return '36.0'
  if (baseType === 'numeric' && modifier >= 4) return numeric((((modifier - 4) >> 16) & 0xffff) + 3)
  return baseType.startsWith('character') && modifier >= 4 ? numeric(modifier - 4) : null
}

/** At most so many characters. */
export const lengthOf = (node: unknown, columns: Columns): Bound => {
  const below = (inner: unknown): Bound => lengthOf(inner, columns)
  const choices = choicesOf(node)
  if (choices) return most(choices.map(below))
  if (isWhole(node, columns)) {
    const size = magnitudeOf(node, columns)
    return size === null ? null : `(char_length(trunc(${size})::text) + 1)`
  }
  const column = columnAt(node, columns)
  if (column) return lengthOfColumn(column)
  const constant = constantOf(node)
  if (constant !== null) return `char_length(${literal(constant)})`
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return texts.has(castType(cast)) ? below(cast['arg']) : null
  const collated = fieldsOf(node, 'CollateClause')
  if (collated) return below(collated['arg'])
  const call = callOf(node)
  if (call) return lengthOfCall(call, columns)
  const test = fieldsOf(node, 'A_Expr')
  return test?.['kind'] === 'AEXPR_OP' && operatorName(test) === '||'
    ? together([below(test['lexpr']), below(test['rexpr'])], '+')
    : null
}

const lengthOfCall = ({ name, args }: Call, columns: Columns): Bound => {
  const [first, second, third] = args
  const own = (): Bound => lengthOf(first, columns)
  const asked = constantOf(name === 'substr' || name === 'substring' ? third : second)
  const isAsked = asked !== null && /^\d+$/u.test(asked)
  if (name === 'md5') return '32.0'
  if (name === 'chr') return '1.0'
  if (name === 'to_hex') return '16.0'
  if (name === 'lpad' || name === 'rpad') return isAsked ? numeric(asked) : null
  if (name === 'repeat') return isAsked ? together([own(), numeric(asked)], '*') : null
  if (casing.has(name)) return together([own(), '3.0'], '*')
  if (!shortening.has(name)) return null
  // Of a text without a bound, too, no more is taken than is asked for.
  return isAsked && /^(?:left|right|substr|substring)$/u.test(name) ? numeric(asked) : own()
}
