/** The moment in which the columns that stand get their new names, and those beside them the old ones: no row is read. */
import { ident, literal, qualified } from '../../../postgres/quote.ts'
import { fittedName } from '../../../rules/ddl.ts'
import type { ColumnsShape } from '../shape.ts'

const pairs = ({ olds, news }: ColumnsShape): readonly (readonly [old: string, young: string])[] =>
  olds.map(({ name }, i) => [name, news[i]?.name ?? name])

/** Either way: each name that one side has, the other one gets. */
export const exchangeNames = (shape: ColumnsShape): readonly string[] =>
  pairs(shape).flatMap(([old, young]) => {
    const between = fittedName(`assay_next_${young}`)
    const rename = (from: string, to: string): string =>
      `alter table ${qualified(shape.table)} rename column ${ident(from)} to ${ident(to)}`
    return [rename(young, between), rename(old, young), rename(between, old)]
  })

/** Whether they have changed places: what was added has the later number. */
export const areExchanged = (shape: ColumnsShape): string => {
  const [[old, young] = ['', '']] = pairs(shape)
  const number = (column: string): string =>
    `(select attnum from pg_catalog.pg_attribute where attrelid = ${literal(qualified(shape.table))}::regclass and attname = ${literal(column)})`
  return `${number(young)} < ${number(old)}`
}
