/** A table or column carries a comment. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface SaysRule extends DeclaredRule {
  readonly kind: 'says'
  /** null: the table itself. */
  readonly column: string | null
  readonly text: string
}

export interface SaysMethod<K extends string> {
  /**
   * The table, or each of these columns, carries this comment.
   *
   * @example
   * t.says('What a tenant sells')              // comment on table … is 'What a tenant sells'
   * t.says({ slug: 'Part of the address' })    // comment on column … is 'Part of the address'
   */
  says(text: string | { readonly [P in K]?: string }): RuleSet
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

export const makeSaysRules = (
  place: RulePlace,
  text: string | Readonly<Record<string, string | undefined>>,
): readonly SaysRule[] =>
  typeof text === 'string'
    ? [makeSaysRule(place, null, text)]
    : Object.entries(text).flatMap(([column, said]) =>
        said === undefined ? [] : [makeSaysRule(place, column, said)],
      )
