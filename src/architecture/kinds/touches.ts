/** A timestamp that follows each update of its row. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface TouchesRule extends DeclaredRule {
  readonly kind: 'touches'
  readonly column: string
}

export interface TouchesMethod<K extends string> {
  /**
   * Every update of a row sets this column to the time of its transaction, whatever the writer gives it; other rows
   * keep theirs. What an insert gives it is `t.defaults`' matter.
   *
   * @example
   * t.touches('updated_at')
   * // create function … returns trigger … begin new."updated_at" := now(); return new; end;
   * // create trigger … before update on … for each row execute function …
   */
  touches(column: K): RuleSet
}

export const makeTouchesRules = (place: RulePlace, column: string): readonly TouchesRule[] => [
  {
    kind: 'touches',
    id: structureId(place.table, 'touches', column),
    table: place.table,
    columns: [column],
    at: place.at,
    column,
  },
]
