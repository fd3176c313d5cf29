/** Rows that are written once: no update, no delete, no truncate. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface AppendOnlyRule extends DeclaredRule {
  readonly kind: 'appendOnly'
}

export interface AppendOnlyMethod {
  /**
   * Rows are inserted and never changed or removed: UPDATE, DELETE and TRUNCATE are refused, for the table's owner
   * too, through ON CONFLICT, MERGE, foreign keys of parents and partitions. A superuser, and an owner who drops the
   * triggers by DDL, are outside of it.
   *
   * @example
   * t.appendOnly()
   * // create trigger … before update or delete on … for each row execute function …  -- which raises an error
   * // create trigger … before truncate on … for each statement execute function …
   * // alter table … enable always trigger …  -- in a session that replicates as well
   */
  appendOnly(): RuleSet
}

export const makeAppendOnlyRules = (place: RulePlace): readonly AppendOnlyRule[] => [
  {
    kind: 'appendOnly',
    id: structureId(place.table, 'appendOnly'),
    table: place.table,
    columns: [],
    at: place.at,
  },
]
