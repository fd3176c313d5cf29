/**
 * Between which values what an expression computes always lies, whatever its columns hold: the parts of a date, the
 * bits that a mask lets through, what kinds of JSON there are. As PostgreSQL's documentation of each function says.
 */
import type { Column } from '../catalog/table.ts'
import { columnOf, constantOf, nameList, nodeParts, underCasts } from './tree.ts'

export interface ValueRange {
  /** Numbers as text; null: without an end on this side. Both belong to the range. */
  readonly least: string | null
  readonly most: string | null
  /** Whole numbers alone. */
  readonly isWhole: boolean
  /** In their order, all that there are; null: not listed. */
  readonly among: readonly string[] | null
}

const whole = (least: number, most: number | null = null): ValueRange => ({
  least: String(least),
  most: most === null ? null : String(most),
  isWhole: true,
  among: null,
})
const fromZero: ValueRange = { least: '0', most: null, isWhole: false, among: null }

const ofFunction: Readonly<Record<string, ValueRange>> = {
  length: whole(0),
  char_length: whole(0),
  character_length: whole(0),
  octet_length: whole(0),
  bit_length: whole(0),
  cardinality: whole(0),
  array_length: whole(1),
  array_ndims: whole(1),
  json_array_length: whole(0),
  jsonb_array_length: whole(0),
  strpos: whole(0),
  position: whole(0),
  family: whole(4, 6),
  masklen: whole(0, 128),
  num_nulls: whole(0),
  num_nonnulls: whole(0),
  area: fromZero,
  radius: fromZero,
  diameter: fromZero,
}

const kindsOfJson = ['array', 'boolean', 'null', 'number', 'object', 'string']

/** Of a moment; those of an interval have no such ends. */
const ofField: Readonly<Record<string, ValueRange>> = {
  month: whole(1, 12),
  day: whole(1, 31),
  dow: whole(0, 6),
  isodow: whole(1, 7),
  doy: whole(1, 366),
  quarter: whole(1, 4),
  week: whole(1, 53),
  hour: whole(0, 24),
  minute: whole(0, 59),
  second: fromZero,
}

type Columns = ReadonlyMap<string, Column>

const ofMoments = /^(?:date|timestamp|time\b)/u
const ofSpans = /^(?:date|ts|tstz)range$/u

/** A column of moments, a bound of its range, or one of these cast or cut off. */
const isMoment = (node: unknown, columns: Columns): boolean => {
  const plain = underCasts(node)
  const name = columnOf(plain)
  if (name !== null) return ofMoments.test(columns.get(name)?.baseType ?? '')
  const [kind, body] = nodeParts(plain) ?? []
  if (kind !== 'FuncCall') return false
  const called = nameList(body!['funcname']).at(-1) ?? ''
  const args = (body!['args'] ?? []) as readonly unknown[]
  if (called === 'date_trunc') return isMoment(args[1], columns)
  const bounded = columnOf(underCasts(args[0]))
  return /^(?:lower|upper)$/u.test(called) && ofSpans.test(columns.get(bounded ?? '')?.baseType ?? '')
}

const ofCall = (body: Record<string, unknown>, columns: Columns): ValueRange | null => {
  const names = nameList(body['funcname'])
  if (names.length > 1 && names[0] !== 'pg_catalog') return null
  const name = names.at(-1) ?? ''
  const args = (body['args'] ?? []) as readonly unknown[]
  if (/^jsonb?_typeof$/u.test(name)) return { least: null, most: null, isWhole: false, among: kindsOfJson }
  if (name === 'extract' || name === 'date_part') {
    const field = constantOf(args[0])?.toLowerCase() ?? ''
    return isMoment(args[1], columns) && Object.hasOwn(ofField, field) ? ofField[field]! : null
  }
  return Object.hasOwn(ofFunction, name) ? ofFunction[name]! : null
}

/** `flags & 6` keeps some of the bits of 6, where that is not negative. */
const ofMask = (body: Record<string, unknown>): ValueRange | null => {
  if (body['kind'] !== 'AEXPR_OP' || nameList(body['name']).at(-1) !== '&') return null
  const mask = constantOf(body['rexpr']) ?? constantOf(body['lexpr'])
  return mask !== null && /^\d{1,9}$/u.test(mask) ? whole(0, Number(mask)) : null
}

/** Null: nothing is known. */
export const rangeOf = (node: unknown, columns: Columns): ValueRange | null => {
  const [kind, body] = nodeParts(node) ?? []
  if (kind === 'FuncCall') return ofCall(body!, columns)
  return kind === 'A_Expr' ? ofMask(body!) : null
}

/** A number's infinity is no end: NaN sorts behind it. */
const hasEnds = (type: string): boolean => /^(?:date$|timestamp)/u.test(type)

/** The greatest value of a column's type among these constants, as they are written; null: none of them is. */
export const greatestConstant = (type: string, constants: readonly string[]): string | null =>
  hasEnds(type) ? (constants.find((constant) => /^\+?infinity$/iu.test(constant)) ?? null) : null

/** The least value of a column's type among these constants, as they are written; null: none of them is. */
export const leastConstant = (type: string, constants: readonly string[]): string | null => {
  const isLeast = (constant: string): boolean => {
    if (hasEnds(type)) return /^-infinity$/iu.test(constant)
    if (/^(?:text|character varying)/u.test(type)) return constant === ''
    if (type === 'bytea') return constant === '' || constant === '\\x'
    const bits = /^bit\((\d+)\)$/u.exec(type)?.[1]
    if (bits !== undefined) return constant === '0'.repeat(Number(bits))
    return type === 'uuid' && /^[0-]+$/u.test(constant)
  }
  return constants.find(isLeast) ?? null
}

const neverAbove = new Set(['date_trunc', 'floor'])
const neverBelow = new Set(['ceil', 'ceiling'])

export interface Rounded {
  readonly operator: '<=' | '>='
  /** Name of the column that it is computed from. */
  readonly column: string
}

/** What is rounded to one side: never above, or never below, the column that it is computed from. Null: nothing else is known. */
export const roundedOf = (node: unknown, columns: Columns): Rounded | null => {
  const [kind, body] = nodeParts(underCasts(node)) ?? []
  if (kind !== 'FuncCall') return null
  const names = nameList(body!['funcname'])
  const name = names.at(-1) ?? ''
  if (names.length > 1 && names[0] !== 'pg_catalog') return null
  const isDate = name === 'date_trunc'
  const from = underCasts(((body!['args'] ?? []) as readonly unknown[])[isDate ? 1 : 0])
  const column = columnOf(from)
  // A negative interval is cut off towards zero.
  if (column === null || !columns.has(column) || (isDate && !isMoment(from, columns))) return null
  if (neverAbove.has(name)) return { operator: '<=', column }
  return neverBelow.has(name) ? { operator: '>=', column } : null
}
