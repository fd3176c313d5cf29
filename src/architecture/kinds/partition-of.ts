/** A table is a partition of another one: its rows are rows there, and what holds there holds in it. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface PartitionOfRule extends DeclaredRule {
  readonly kind: 'partitionOf'
  /** Relation id of the table that it is a partition of. */
  readonly whole: string
}

export const makePartitionOfRule = (place: RulePlace, whole: string): PartitionOfRule => ({
  kind: 'partitionOf',
  id: structureId(place.table, 'partitionOf', whole),
  table: place.table,
  columns: [],
  at: place.at,
  whole,
})
