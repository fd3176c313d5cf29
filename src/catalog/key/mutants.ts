/** What can be broken in any key: its columns taken out, put in, exchanged; when and how strictly it is asked. */
import { ident } from '../../postgres/quote.ts'
import { columnOf, tableOf } from '../alter.ts'
import type { Deferrable, KeyFacts, KeyPart, KeyWord } from './key.ts'
import { makeMutant, type MutantFacts } from '../make-mutant.ts'
import { columnsWatched, impliedNotNull } from '../not-null.ts'
import { isNeverNull, isRangeColumn } from '../expression/never-null.ts'
import { replaceKey } from './replace.ts'
import type { Catalog, Mutant, MutantEffect, Structure } from '../structure.ts'

/** A change of a key's facts, and how it is told. */
export interface KeyChange extends Omit<MutantFacts, 'ddl' | 'alsoRemoves'> {
  readonly facts: KeyFacts
}

export const plainPart = (column: string): KeyPart => ({
  column,
  expression: ident(column),
  descending: false,
  nullsFirst: false,
  operatorClass: null,
  collation: null,
})

export const nameOf = (part: KeyPart): string => part.column ?? part.expression

/** Where a part that is put in stands: before the period of WITHOUT OVERLAPS, else last. */
const withPart = (facts: KeyFacts, part: KeyPart): readonly KeyPart[] =>
  facts.keys.toSpliced(facts.withoutOverlaps ? -1 : facts.keys.length, 0, part)

const withoutPart = (facts: KeyFacts, at: number): KeyFacts => ({
  ...facts,
  keys: facts.keys.toSpliced(at, 1),
  withoutOverlaps: facts.withoutOverlaps && at < facts.keys.length - 1,
})

/** `addedEffect` of a column: a primary key refuses null in it, too. */
export const columnChanges = (
  facts: KeyFacts,
  addedEffect: (column: string) => MutantEffect,
): readonly KeyChange[] => {
  const parts = facts.keys.map((part) => nameOf(part))
  return [
    ...facts.keys.flatMap((part, i) => {
      const next = withoutPart(facts, i)
      // A period alone is no key.
      if (next.keys.length < (next.withoutOverlaps ? 2 : 1)) return []
      const change: KeyChange = {
        does: 'column-removed',
        details: [nameOf(part)],
        effect: 'strengthened',
        summary: `${parts.join(', ')} without ${nameOf(part)}`,
        facts: next,
      }
      return [change]
    }),
    ...facts.otherColumns.map((column): KeyChange => {
      return {
        does: 'column-added',
        details: [column],
        effect: addedEffect(column),
        summary: `${parts.join(', ')} together with ${column}`,
        facts: { ...facts, keys: withPart(facts, plainPart(column)) },
      }
    }),
    ...facts.keys.flatMap((part, i) => {
      const isPeriod = facts.withoutOverlaps && i === facts.keys.length - 1
      return (isPeriod ? [] : facts.otherColumns).map((column): KeyChange => {
        return {
          does: 'column-exchanged',
          details: [nameOf(part), column],
          effect: 'changed',
          summary: `${column} instead of ${nameOf(part)}`,
          facts: { ...facts, keys: facts.keys.with(i, plainPart(column)) },
        }
      })
    }),
  ]
}

/** A plain key over the same columns: it refuses the same period only, and takes an empty one. */
export const overlapChanges = (facts: KeyFacts): readonly KeyChange[] =>
  facts.withoutOverlaps
    ? [
        {
          does: 'without-overlaps-dropped',
          effect: 'weakened',
          summary: 'periods may overlap as long as they are not the same',
          facts: { ...facts, withoutOverlaps: false },
        },
      ]
    : []

const others: Readonly<Record<Deferrable, readonly (readonly [Deferrable, MutantEffect])[]>> = {
  no: [['deferred', 'weakened']],
  immediate: [
    ['no', 'strengthened'],
    ['deferred', 'changed'],
  ],
  deferred: [
    ['no', 'strengthened'],
    ['immediate', 'changed'],
  ],
}

const deferrableWords: Readonly<Record<Deferrable, string>> = {
  no: 'not deferrable',
  immediate: 'deferrable initially immediate',
  deferred: 'deferrable initially deferred',
}

/** For every constraint that PostgreSQL lets one defer. */
export const deferrabilityChanges = (deferrable: Deferrable) =>
  others[deferrable].map(([to, effect]) => ({
    to,
    does: 'deferrability-flipped',
    details: [to === 'no' ? 'not-deferrable' : to],
    effect,
    summary: `${deferrableWords[deferrable]} becomes ${deferrableWords[to]}`,
  }))

/** Why no part of the key is ever null; null when one may be. */
export const neverNull = (structure: Structure<KeyFacts>, catalog: Catalog): string | null => {
  const table = tableOf(structure, catalog)
  const { predicate } = structure.facts
  const watched = predicate === null ? [] : columnsWatched(predicate)
  const isRequired = (name: string): boolean => {
    const column = columnOf(table, name)
    if (column.notNull || watched.includes(name) || impliedNotNull(catalog, table.id, name) !== null)
      return true
    return column.generated !== null && column.default !== null && isNeverNull(column.default, known)
  }
  const known = { isRequired, isRange: (name: string) => isRangeColumn(columnOf(table, name)) }
  const hasValue = ({ column, expression }: KeyPart): boolean =>
    column === null ? isNeverNull(expression, known) : isRequired(column)
  return structure.facts.keys.every(hasValue) ? 'no part of the key is ever null' : null
}

export const toMutant = (
  structure: Structure<KeyFacts>,
  catalog: Catalog,
  word: KeyWord,
  change: KeyChange,
): Mutant => {
  const { facts, ...told } = change
  const { ddl, removes } = replaceKey(structure, catalog, word, { word, facts })
  return makeMutant(structure, { ...told, ddl, alsoRemoves: removes })
}

export const removal = (
  structure: Structure<KeyFacts>,
  catalog: Catalog,
  word: KeyWord,
  summary: string,
): Mutant => {
  const { ddl, removes } = replaceKey(structure, catalog, word, null)
  return makeMutant(structure, { does: 'removed', effect: 'removed', summary, ddl, alsoRemoves: removes })
}
