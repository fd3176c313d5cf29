/** What numbers rows goes on behind the numbers that they have. */
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'

export interface Numbering {
  readonly start: number
  readonly increment: number
}

/**
 * One statement, which does nothing where no row has a number that the column's sequence still comes to. It runs in the
 * transaction that brings the sequence: a row written in between would get a number that another has.
 */
export const numbersOn = (
  table: Table,
  column: string,
  { start, increment }: Numbering = { start: 1, increment: 1 },
): string => {
  const sequence = `pg_catalog.pg_get_serial_sequence(${literal(qualified(table))}, ${literal(column)})::pg_catalog.regclass`
  const [last, ahead] = increment < 0 ? ['min', '<='] : ['max', '>=']
  const furthest = `${last}(${ident(column)})`
  return `select pg_catalog.setval(${sequence}, ${furthest}) from ${qualified(table)} having ${furthest} ${ahead} coalesce(pg_catalog.pg_sequence_last_value(${sequence}), ${start})`
}
