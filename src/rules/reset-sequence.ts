/**
 * Sets a column's own sequence back to its start. Rolled-back inserts consume its numbers for good: a smallint
 * identity would die after 32,767 of them.
 */
import type { RelationName } from '../ground/names.ts'
import { literal, qualified } from '../postgres/quote.ts'

/** Does nothing when the column has no sequence. Asked in a select of its own, once: not for each sequence that there is. */
export const resetSequence = (table: RelationName, column: string): string =>
  [
    'select setval(s.seqrelid, s.seqstart, false) from pg_catalog.pg_sequence s',
    `where s.seqrelid = (select pg_get_serial_sequence(${literal(qualified(table))}, ${literal(column)})::regclass)`,
  ].join(' ')
