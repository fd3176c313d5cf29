/** Every version of a row is kept in a history, without gaps and without overlaps. */
import { parseRelationName, relationId, structureId, type RelationName } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet, type VersionsFact } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import type { TableKey } from '../table-key.ts'

export interface VersionedRule extends DeclaredRule {
  readonly kind: 'versioned'
  /** Relation id of the history. */
  readonly history: string
  readonly relation: RelationName
  /** The function that corrects what held in a past period, and the roles that may call it; null: nobody corrects. */
  readonly correct: { readonly schema: string; readonly name: string; readonly by: readonly string[] } | null
}

export interface VersionedOptions<History extends string> {
  /** The table of the versions, which `historyOf` declares. */
  readonly history: History
  /** The function that corrects what held in a past period; left out: there is none. */
  readonly correct?: string
  /** Who may call it besides its owner; left out: nobody. */
  readonly correctedBy?: string | readonly string[]
}

export interface VersionedMethod {
  /**
   * Every version of a row is kept in a history: what held when, without gaps and without overlaps. `historyOf`
   * declares the history, `asOf` asks it, `correct` names the function for late corrections.
   *
   * @example
   * t.versioned({ history: 'prices_history', correct: 'correct_price', correctedBy: 'clerk' })
   * // create trigger … after insert on "prices" referencing new table as "new_rows" for each statement …
   * // … and for update, delete and truncate: versions are opened and closed in "prices_history"
   * // create function "correct_price"(id bigint, during tstzrange, changes jsonb) …
   */
  versioned<const History extends string>(
    options: VersionedOptions<History>,
  ): RuleSet<never, never, never, VersionsFact<TableKey<History>>>
}

/** The column of a history that says when the row held. */
export const periodColumn = 'valid'

export const makeVersionedRules = (
  place: RulePlace,
  options: VersionedOptions<string>,
): readonly VersionedRule[] => {
  refuseUnknownKeys(place, 'versioned', options, ['history', 'correct', 'correctedBy'])
  const { history, correct, correctedBy = [] } = options
  if (place.tableColumns.includes(periodColumn))
    place.refuse(
      declarationFault(
        place,
        'period-column',
        `${place.table}: a versioned table has no column "${periodColumn}" of its own.`,
        'Give the column another name.',
        `its history has the same columns and "${periodColumn}", the period in which they held`,
      ),
    )
  if (correct === undefined && correctedBy.length > 0)
    place.refuse(
      declarationFault(
        place,
        'no-correction',
        `${place.table}: versioned says who corrects, but not by which function.`,
        `Name it: { correct: 'correct_${place.table}' }, or take correctedBy away.`,
      ),
    )
  const relation = parseRelationName(history)
  return [
    {
      kind: 'versioned',
      id: structureId(place.table, 'versioned'),
      table: place.table,
      columns: [],
      at: place.at,
      history: relationId(relation),
      relation,
      correct: correct === undefined ? null : { ...parseRelationName(correct), by: [correctedBy].flat() },
    },
  ]
}
