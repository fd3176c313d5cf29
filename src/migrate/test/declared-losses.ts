/** Whether a migration says that it loses what is gone: `-- assay: loses products.legacy because …`. */
import type { LossDirective } from '../files/directives.ts'
import type { RowDifference } from './row-difference.ts'

/** As people write it: quotes left out, `public.` too. */
const plain = (what: string): string => what.replaceAll('"', '').replace(/^public\./u, '')

/** What is said of a whole table is said of its columns. */
export const isDeclared = (
  losses: readonly LossDirective[],
  { table, column }: Pick<RowDifference, 'table' | 'column'>,
): boolean => {
  const meant = [
    table,
    `${table}/table`,
    ...(column === null ? [] : [`${table}.${column}`, `${table}/column:${column}`]),
  ]
  return losses.some(({ what }) => meant.some((one) => plain(one) === plain(what)))
}

/** The line that says it. */
export const lossDirective = ({ table, column }: Pick<RowDifference, 'table' | 'column'>): string =>
  `-- assay: loses ${column === null ? table : `${table}.${column}`} because …`
