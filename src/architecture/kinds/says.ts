/** A table, a column or an object on the table carries a comment. */
import { structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface SaysRule extends DeclaredRule {
  readonly kind: 'says'
  /** null: the table itself. */
  readonly column: string | null
  readonly text: string
  /** An object on the table that carries the comment; absent: the table or its column does. */
  readonly on?: { readonly object: SaidObject; readonly name: string }
}

const saidObjects = ['constraint', 'index', 'trigger', 'policy', 'rule', 'statistics'] as const

/** What can stand on a table and carry a comment of its own. */
export type SaidObject = (typeof saidObjects)[number]

/** Exactly one of them, by its name. */
export type SaysOptions = { readonly [P in SaidObject]?: string }

export interface SaysMethod<K extends string> {
  /**
   * The table, each of these columns, or an object on the table carries this comment.
   *
   * @example
   * t.says('What a tenant sells')              // comment on table … is 'What a tenant sells'
   * t.says({ slug: 'Part of the address' })    // comment on column … is 'Part of the address'
   * t.says('Agreed with finance', { constraint: 'price_fair' })
   * // comment on constraint "price_fair" on … is 'Agreed with finance'
   */
  says<C extends K>(text: string | { readonly [P in C]: string }, on?: SaysOptions): RuleSet
}

const makeSaysRule = (place: RulePlace, column: string | null, text: string): SaysRule => ({
  kind: 'says',
  id: structureId(place.table, 'says', ...(column === null ? [] : [column])),
  table: place.table,
  columns: column === null ? [] : [column],
  at: place.at,
  column,
  text,
})

const makeSaysOnRule = (place: RulePlace, text: string, options: SaysOptions): readonly SaysRule[] => {
  refuseUnknownKeys(place, 'says', options, saidObjects)
  const named = saidObjects.flatMap((object) => {
    const name = options[object]
    return name === undefined ? [] : [{ object, name }]
  })
  const [on, ...more] = named
  if (on === undefined || more.length > 0) {
    place.refuse(
      declarationFault(
        place,
        'says-object',
        `${place.table}: says names ${named.length} objects for one comment.`,
        `Name one, such as { constraint: 'price_fair' }; one of: ${saidObjects.join(', ')}.`,
      ),
    )
    return []
  }
  const id = structureId(place.table, 'says', `${on.object} ${on.name}`)
  return [{ ...makeSaysRule(place, null, text), id, on }]
}

export const makeSaysRules = (
  place: RulePlace,
  text: string | Readonly<Record<string, string | undefined>>,
  on?: SaysOptions,
): readonly SaysRule[] =>
  typeof text === 'string' && on !== undefined
    ? makeSaysOnRule(place, text, on)
    : typeof text === 'string'
      ? [makeSaysRule(place, null, text)]
      : Object.entries(text).flatMap(([column, said]) =>
          said === undefined ? [] : [makeSaysRule(place, column, said)],
        )
