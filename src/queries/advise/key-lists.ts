/** The orders in which a B-tree's columns may serve what is asked of a table: equal ones first, then a range or an order. */
import type { IndexKey } from '../../rules/indexed/ddl.ts'
import { indexKey } from './candidate.ts'
import type { KeyTerm, OrderTerm, SourceShape } from './terms.ts'

type Part = KeyTerm & Partial<Pick<OrderTerm, 'descending' | 'nulls'>>

const once = (parts: readonly Part[]): readonly Part[] =>
  [...new Map([...parts].toReversed().map((part) => [part.sql, part])).values()].toReversed()

const textOf = (parts: readonly Part[]): string =>
  parts.map(({ sql, descending, nulls }) => `${sql} ${descending} ${nulls}`).join()

/** Of values that are compared as wholes. */
const equalTerms = ({ terms }: SourceShape): readonly Part[] =>
  once(
    terms
      .filter(({ use, isLoose }) => use === 'equal' && !isLoose)
      .toSorted((a, b) => Number(b.isPolicy) - Number(a.isPolicy)),
  )

/** What another statement asks for too stands first, so that one index serves both. */
const shared = (equal: readonly Part[], peers: readonly SourceShape[]): readonly (readonly Part[])[] =>
  [equal, ...peers.map(equalTerms)].flatMap((theirs) => {
    const isTheirs = ({ sql }: Part): boolean => theirs.some((one) => one.sql === sql)
    const both = equal.filter(isTheirs)
    return [
      [...both, ...equal.filter((part) => !isTheirs(part))],
      [...equal.filter((part) => !isTheirs(part)), ...both],
    ]
  })

const mostParts = 6

/** Each once, the likeliest first. */
export const keyListsOf = (
  shape: SourceShape,
  peers: readonly SourceShape[],
): readonly (readonly IndexKey[])[] => {
  const equal = equalTerms(shape)
  const ofUse = (...uses: readonly string[]): readonly Part[] =>
    once(shape.terms.filter(({ use }) => uses.includes(use)))
  const bounds = ofUse('bound')
  const joins = ofUse('join')
  const loose = once(
    shape.terms.filter(({ isLoose, use }) => isLoose && (use === 'equal' || use === 'bound')),
  )
  const after = (head: readonly Part[], tail: readonly Part[]): readonly Part[] => {
    const names = new Set(head.map(({ sql }) => sql))
    return [...head, ...tail.filter(({ sql }) => !names.has(sql))]
  }
  const heads = shared(equal, peers)
  const lists: (readonly Part[])[] = [
    ...heads.flatMap((head) => [
      ...shape.orders.map((order) => after(head, order)),
      ...bounds.map((bound) => after(head, [bound])),
      head,
      ...joins.flatMap((join) => [after(head, [join]), after([join], head)]),
      ...shape.groups.map((group) => after(head, group)),
    ]),
    ...joins.flatMap((join) => shape.orders.map((order) => after([join], order))),
    ...joins.flatMap((join) => bounds.map((bound) => after([join], [bound]))),
    ...(joins.length > 1 ? [joins] : []),
    ...shape.orders,
    ...shape.groups,
    ...[...joins, ...bounds, ...equal, ...loose].map((part) => [part]),
    ...equal.flatMap((one) => [
      ...bounds.map((bound) => [one, bound]),
      ...shape.orders.map((order) => after([one], order)),
    ]),
  ]
  const found = new Map<string, readonly Part[]>()
  for (const list of lists) {
    const parts = once(list).slice(0, mostParts)
    if (parts.length > 0 && !found.has(textOf(parts))) found.set(textOf(parts), parts)
  }
  return [...found.values()].map((parts) =>
    parts.map(({ descending = false, nulls = null, ...term }) => indexKey(term, { descending, nulls })),
  )
}
