/**
 * Cells that are kept though they tell nothing new: functions may be broken in ways that are not foreseen here, and what
 * the first role sees of each row shows them, and for each policy a cell that the function decides.
 */
import type { Cell, Person } from './cells.ts'
import type { Identity } from './identities.ts'
import { policiesOf, type Variant } from './variants.ts'
import type { Situation } from './situations.ts'
import { readersOf } from './skeleton.ts'
import type { Stage } from './stage.ts'

/** In a way that must change nothing. */
export const isApart = (as: Identity['as']): boolean => as === 'path' || as === 'bare'

/** What a broken set decides: the policy as a whole, or without the functions that it does not call any more. */
const decidedBy = (
  { context, reading }: Stage,
  variants: readonly Variant[],
): { readonly callsAny: boolean; readonly deciding: ReadonlyMap<number, readonly string[]> } => {
  const readers = readersOf(context.catalog)
  const names = reading.functions.map((f) => f.name).filter((name) => readers.has(name))
  const calledBy = (using: string | null, withCheck: string | null): readonly string[] =>
    names.filter((name) => `${using ?? ''} ${withCheck ?? ''}`.includes(name))
  const calling = new Map(
    policiesOf(context.catalog, context.table.id).flatMap(({ id, name, facts }) => {
      const called = calledBy(facts.using, facts.withCheck)
      return called.length > 0 ? [[id, { name, called }] as const] : []
    }),
  )
  const deciding = new Map(
    variants.flatMap(({ structure, mutant, set }, i): (readonly [number, readonly string[]])[] => {
      const before = calling.get(structure)
      if (!before) return []
      // What is let through only with it, and what only without it.
      const [whole] = /~(?:dropped|using-true|check-true)$/u.exec(mutant) ?? []
      if (whole !== undefined) return [[i + 1, [`${structure} ${whole === '~dropped' ? 'lets' : 'refuses'}`]]]
      const after = set.policies.find((p) => p.name === before.name)
      const left = after ? calledBy(after.using, after.withCheck) : before.called
      const gone = before.called.filter((name) => !left.includes(name))
      return gone.length > 0 ? [[i + 1, gone.map((name) => `${structure} ${name}`)]] : []
    }),
  )
  return { callsAny: calling.size > 0, deciding }
}

/** By what a cell shows. */
export const keepsOf = (
  stage: Stage,
  people: readonly Person[],
  situations: readonly Situation[],
  variants: readonly Variant[],
): ((cell: Cell) => readonly string[]) => {
  const { callsAny, deciding } = decidedBy(stage, variants)
  return ({ person, deed, situation, move, tells }) => {
    const { as, settings } = person.identity
    const who = JSON.stringify([person.role.name, as, isApart(as) ? null : settings])
    const decided = person.role === people[0]?.role || isApart(as)
    const at = isApart(as) ? '' : String(situations.indexOf(situation))
    const shown = new Set(decided ? tells.flatMap((i) => deciding.get(i) ?? []) : [])
    const isView =
      deed.name === 'sees' &&
      move === null &&
      // Where no function has a say, another search_path changes nothing.
      (!isApart(as) || shown.size > 0) &&
      (situation === situations[0] ||
        (callsAny && stage.reading.readsRows && person.role === people[0]?.role))
    return [
      ...[...shown].map((what) => JSON.stringify([what, who, at])),
      ...(isView ? [JSON.stringify([who, situations.indexOf(situation)])] : []),
    ]
  }
}
