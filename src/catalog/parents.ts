/** What a table has its columns from: the table that it is a partition of, or those that it inherits from. */
import type { Table } from './table.ts'

/** Relation ids, in order of inheritance. */
export const parentsOf = ({ partitionOf, otherParents = [] }: Table): readonly string[] =>
  partitionOf === null ? [] : [partitionOf, ...otherParents]
