/**
 * A value with a part of it written over: `doc ->> 'a' = b` is solved by `jsonb_set(doc, '{a}', to_jsonb(b))`, and
 * `substr(code, 5, 2) = b` by `overlay(code placing b from 5 for 2)`. Found in the tree; PostgreSQL computes the value.
 */
import type { ParseNode } from '../postgres/parse.ts'
import { leafOf } from './json-paths.ts'
import { columnOf, constantOf, nameList, nodeParts, underCasts } from './tree.ts'

export interface WrittenOver {
  readonly column: string
  readonly value: ParseNode
}

const called = (name: string, args: readonly unknown[]): ParseNode => ({
  FuncCall: { funcname: [{ String: { sval: name } }], args, funcformat: 'COERCE_EXPLICIT_CALL' },
})
const cast = (arg: unknown, type: string): ParseNode => ({
  TypeCast: { arg, typeName: { names: [{ String: { sval: type } }], typemod: -1 } },
})
const text = (sval: string): ParseNode => ({ A_Const: { sval: { sval } } })
const number = (value: number): ParseNode =>
  value < 0 ? cast(text(String(value)), 'int4') : { A_Const: { ival: { ival: value } } }
const reference = (column: string): ParseNode => ({ ColumnRef: { fields: [{ String: { sval: column } }] } })

const ofLeaf = (left: unknown, right: unknown): WrittenOver | null => {
  const leaf = leafOf(left)
  if (!leaf) return null
  const keys = cast({ A_ArrayExpr: { elements: leaf.path.map(text) } }, 'text[]')
  const value = called('jsonb_set', [
    cast(reference(leaf.column), 'jsonb'),
    keys,
    called('to_jsonb', [right]),
  ])
  return { column: leaf.column, value }
}

const wholeAt = (args: readonly unknown[], at: number): number | null => {
  const found = constantOf(args[at])
  return found !== null && /^\d{1,4}$/u.test(found) ? Number(found) : null
}

/** `left(t, n)`, `right(t, n)`, `substr(t, from, n)`; what counts from the other end is left alone. */
const ofPart = (left: unknown, right: unknown): WrittenOver | null => {
  const [kind, body] = nodeParts(underCasts(left)) ?? []
  if (kind !== 'FuncCall') return null
  const args = (body!['args'] ?? []) as readonly unknown[]
  const column = columnOf(underCasts(args[0]))
  if (column === null || column === '*') return null
  const whole = cast(reference(column), 'text')
  const part = cast(right, 'text')
  const overlaid = (from: number | null, count: number | null): WrittenOver | null =>
    from === null || count === null || from < 1
      ? null
      : { column, value: called('overlay', [whole, part, number(from), number(count)]) }
  switch (nameList(body!['funcname']).at(-1) ?? '') {
    case 'left':
      return overlaid(1, wholeAt(args, 1))
    case 'substr':
    case 'substring':
      return overlaid(wholeAt(args, 1), wholeAt(args, 2))
    case 'right': {
      const count = wholeAt(args, 1)
      return count === null || count === 0
        ? null
        : { column, value: called('concat', [called('left', [whole, number(-count)]), part]) }
    }
    default:
      return null
  }
}

/** The column's value with which `left = right` holds; null where the left side is no part of one. */
export const writtenOver = (left: unknown, right: unknown): WrittenOver | null =>
  ofLeaf(left, right) ?? ofPart(left, right)
