/**
 * Ranges whose bounds follow from other columns: `lower(span) = begins and upper(span) = lower(span) + 30` is solved by
 * `'[' || begins || ',' || begins + 30 || ')'`. Found in the tree; PostgreSQL computes the value.
 */
import type { ParseNode } from '../postgres/parse.ts'
import { columnOf, columnsOf, nameList, nodeParts, underCasts } from './tree.ts'

/** The two sides of a comparison. */
export interface Compared {
  readonly left: unknown
  readonly right: unknown
  /** The operator is `=`. */
  readonly equality: boolean
}

export interface BoundedRange {
  readonly column: string
  /** The text of a range; of no use where the column is none: texts have a lower(), too. */
  readonly value: ParseNode
  readonly columns: readonly string[]
  readonly equality: boolean
}

type End = 'lower' | 'upper'

interface Bound {
  readonly column: string
  readonly end: End
  readonly is: unknown
  readonly equality: boolean
}

/** `lower(span)`, also under casts; null for everything else. */
const endOf = (node: unknown): Pick<Bound, 'column' | 'end'> | null => {
  const [kind, body] = nodeParts(underCasts(node)) ?? []
  if (kind !== 'FuncCall') return null
  const end = nameList(body!['funcname']).at(-1)
  const args = (body!['args'] ?? []) as readonly unknown[]
  const column = columnOf(args[0])
  if ((end !== 'lower' && end !== 'upper') || args.length !== 1 || column === null || column === '*')
    return null
  return { column, end }
}

const boundsIn = (compared: readonly Compared[]): readonly Bound[] =>
  compared.flatMap(({ left, right, equality }) => {
    const found = endOf(left)
    return found ? [{ ...found, is: right, equality }] : []
  })

/** With what the range's own lower bound is, in its place. */
const withLower = (node: unknown, column: string, lower: unknown): unknown => {
  if (Array.isArray(node)) return node.map((one) => withLower(one, column, lower))
  if (typeof node !== 'object' || node === null) return node
  const own = nodeParts(node)?.[0] === 'FuncCall' ? endOf(node) : null
  if (own?.column === column && own.end === 'lower') return lower
  return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, withLower(one, column, lower)]))
}

const text = (sval: string): ParseNode => ({ A_Const: { sval: { sval } } })
const call = (name: string, ...args: readonly unknown[]): ParseNode => ({
  FuncCall: { funcname: [{ String: { sval: name } }], args, funcformat: 'COERCE_EXPLICIT_CALL' },
})
const ownBound = (column: string, end: End): ParseNode =>
  call(end, { ColumnRef: { fields: [{ String: { sval: column } }] } })

/** Null: no bound. What is no value there is no range, and left out. */
const range = (opens: '[' | '(', from: unknown, to: unknown, closes: ']' | ')'): ParseNode => {
  const side = (bound: unknown): readonly unknown[] => (bound === null ? [] : [text('"'), bound, text('"')])
  return call('concat', text(opens), ...side(from), text(','), ...side(to), text(closes))
}

/** The first is as the comparisons say; the others lie beside it. */
const rangesOf = (column: string, from: unknown, to: unknown): readonly ParseNode[] => {
  if (from !== undefined && to !== undefined)
    return [
      range('[', from, to, ')'),
      range('[', from, to, ']'),
      range('(', from, to, ')'),
      range('[', from, from, ']'),
      range('[', from, null, ')'),
      range('(', null, to, ')'),
    ]
  if (from !== undefined)
    return [
      range('[', from, ownBound(column, 'upper'), ')'),
      range('[', from, null, ')'),
      range('(', from, null, ')'),
    ]
  return [
    range('[', ownBound(column, 'lower'), to, ')'),
    range('(', null, to, ')'),
    range('(', null, to, ']'),
  ]
}

/** An equality says more than a comparison does. */
const foremost = (bounds: readonly Bound[]): Bound | undefined =>
  bounds.find(({ equality }) => equality) ?? bounds[0]

/** Ranges with which the comparisons of their bounds hold, and ranges beside them. */
export const boundedRanges = (compared: readonly Compared[]): readonly BoundedRange[] => {
  const bounds = boundsIn(compared)
  return [...new Set(bounds.map(({ column }) => column))].flatMap((column) => {
    const isOf = (end: End) => (one: Bound) => one.column === column && one.end === end
    const lower = foremost(bounds.filter(isOf('lower')).filter(({ is }) => !columnsOf(is).includes(column)))
    const upper = foremost(
      bounds
        .filter(isOf('upper'))
        .map((one) => (lower ? { ...one, is: withLower(one.is, column, lower.is) } : one))
        .filter(({ is }) => !columnsOf(is).includes(column)),
    )
    const found = [lower, upper].filter((one) => one !== undefined)
    if (found.length === 0) return []
    const equality = found.every((one) => one.equality)
    return rangesOf(column, lower?.is, upper?.is).map((value, at) => ({
      column,
      value,
      columns: columnsOf(value),
      equality: equality && at === 0,
    }))
  })
}
