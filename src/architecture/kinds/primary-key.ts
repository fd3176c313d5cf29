/** Rows are told apart by these columns, which are never null. */
import { structureId } from '../../ground/names.ts'
import { deferrableOf, lastOptions, refuseEmpty, type DeferrableOption } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface PrimaryKeyRule extends DeclaredRule {
  readonly kind: 'primaryKey'
  /** `columns` of the base, in key order, the period last. */
  /** The column of the period in which rows of the same key must not overlap; absent: the key is a plain one. */
  readonly withoutOverlaps?: string
  /** Absent: it is not. */
  readonly deferrable?: 'immediate' | 'deferred'
}

export interface PrimaryKeyOptions<P extends string> {
  /**
   * The last part of the key: a range in which rows that agree in all else never overlap. PostgreSQL keeps it by
   * WITHOUT OVERLAPS since 18, and by an exclusion constraint before.
   */
  readonly withoutOverlaps?: P
  /** `true`: may wait for the end of the transaction where that asks for it; `'deferred'`: waits always. */
  readonly deferrable?: DeferrableOption
}

export interface PrimaryKeyMethod<K extends string> {
  /**
   * Rows are told apart by these columns; none of them is ever null.
   *
   * @example
   * t.primaryKey('id')                   // primary key ("id")
   * t.primaryKey('order_id', 'line_no')  // primary key ("order_id", "line_no")
   * t.primaryKey('room', { withoutOverlaps: 'during' })
   * // primary key ("room", "during" without overlaps)
   * t.primaryKey('line_no', { deferrable: 'deferred' })
   * // primary key ("line_no") deferrable initially deferred
   */
  primaryKey<C extends K>(...columns: readonly (C | PrimaryKeyOptions<C>)[]): RuleSet<C>
}

type Given = string | PrimaryKeyOptions<string>

const isColumn = (given: Given): given is string => typeof given === 'string'

export const makePrimaryKeyRules = (
  place: RulePlace,
  ...given: readonly Given[]
): readonly PrimaryKeyRule[] => {
  const named = given.filter(isColumn)
  const options = lastOptions<string, PrimaryKeyOptions<string>>(place, 'primaryKey', given, isColumn, [
    'withoutOverlaps',
    'deferrable',
  ])
  refuseEmpty(place, 'primaryKey', named, 'column')
  const withoutOverlaps = options?.withoutOverlaps
  const deferrable = deferrableOf(place, 'primaryKey', options?.deferrable)
  const columns = withoutOverlaps === undefined ? named : [...named, withoutOverlaps]
  return [
    {
      kind: 'primaryKey',
      id: structureId(place.table, 'primaryKey', ...columns),
      table: place.table,
      columns,
      at: place.at,
      ...(withoutOverlaps === undefined ? {} : { withoutOverlaps }),
      ...(deferrable === 'no' ? {} : { deferrable }),
    },
  ]
}
