/**
 * Sets a column's own sequence back to its start, or behind the numbers that stand: a trigger may have drawn some for
 * the rows of the case. Rolled-back inserts consume numbers for good: a smallint identity would die after 32,767 of them.
 */
import type { Table } from '../catalog/table.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'

/** Of the numbers behind the start: where one of them stands, the sequence goes on behind all that do. */
const drawnAtOnce = 100

const startOf = (table: Table, column: string): string => {
  const isNumber = table.columns.some(
    ({ name, baseType }) => name === column && /^(?:smallint|integer|bigint)$/u.test(baseType),
  )
  if (!isNumber) return 's.seqstart'
  const [own, name] = [`t.${ident(column)}`, qualified(table)]
  // Rows at the very end of a type are edges that were chosen, not drawn.
  const behind = `select max(${own}) + 1 from ${name} t where ${own} < s.seqmax - ${drawnAtOnce}`
  const isTaken = `exists (select from ${name} t where ${own} between s.seqstart and s.seqstart + ${drawnAtOnce})`
  return `case when ${isTaken} then (${behind}) else s.seqstart end`
}

/** Does nothing when the column has no sequence. Asked in a select of its own, once: not for each sequence that there is. */
export const resetSequence = (table: Table, column: string): string =>
  [
    `select setval(s.seqrelid, ${startOf(table, column)}, false) from pg_catalog.pg_sequence s`,
    `where s.seqrelid = (select pg_get_serial_sequence(${literal(qualified(table))}, ${literal(column)})::regclass)`,
  ].join(' ')
