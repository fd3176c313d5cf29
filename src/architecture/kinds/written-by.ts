/** Writes through a view are carried out by its INSTEAD OF triggers and rewrite rules. */
import { structureId } from '../../ground/names.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface WrittenByRule extends DeclaredRule {
  readonly kind: 'writtenBy'
  readonly what: 'trigger' | 'rule'
  /** Of the trigger or rule. */
  readonly name: string
}

export interface WrittenByMethod {
  /**
   * Writes through the view are carried out by these triggers (INSTEAD OF) and rewrite rules. The proof writes through
   * it and looks at what the tables hold then.
   *
   * @example
   * export const members = view('members', `select id, name from users`, {}, (v) => [
   *   v.writtenBy('trigger:members_write', 'rule:members_delete'),
   * ])
   * // create trigger "members_write" instead of insert or update on "members" …
   */
  writtenBy(...names: readonly (`trigger:${string}` | `rule:${string}`)[]): RuleSet
}

export const makeWrittenByRules = (place: RulePlace, ...names: readonly string[]): readonly WrittenByRule[] =>
  names.flatMap((text): WrittenByRule[] => {
    const match = /^(trigger|rule):(.+)$/su.exec(text)
    if (!match) {
      place.refuse(
        declarationFault(
          place,
          'written-by',
          `${place.table}: writtenBy names ${JSON.stringify(text)}, which is neither a trigger nor a rule.`,
          "Write 'trigger:its_name' or 'rule:its_name'.",
        ),
      )
      return []
    }
    const [, what, name = ''] = match
    return [
      {
        kind: 'writtenBy',
        id: structureId(place.table, 'writtenBy', text),
        table: place.table,
        columns: [],
        at: place.at,
        what: what === 'rule' ? 'rule' : 'trigger',
        name,
      },
    ]
  })
