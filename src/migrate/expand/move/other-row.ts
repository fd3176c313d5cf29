/** What a row of the other table is made of, and what is done before somebody inserts one. */
import { ident, qualified } from '../../../postgres/quote.ts'
import type { CopiedColumn } from '../shape.ts'
import {
  homeIs,
  homeRow,
  homeValues,
  isPresent,
  otherIs,
  otherRow,
  valueIs,
  type MoveSides,
} from './sides.ts'

/** Told from a row at home: `(select ("tenant_id")::bigint from (select new."tenant_id") as "users")`. */
export const copiedValue = (
  { shape }: Pick<MoveSides, 'shape'>,
  { sql, type, reads }: CopiedColumn,
  row: string,
): string => {
  const list = reads.map(({ name }) => `${row}.${ident(name)}`).join(', ')
  return `(select (${sql})::${type} from (select ${list}) as ${ident(shape.table.name)})`
}

/** Columns of a row that is made for a row at home, and their values. */
export const madeRow = (
  { shape, columns }: MoveSides,
  row: string,
): { readonly names: readonly string[]; readonly values: readonly string[] } => ({
  names: [
    ...shape.key.map(({ other }) => other),
    ...columns.map(({ other }) => other),
    ...shape.copies.map(({ name }) => name),
  ],
  values: [
    ...shape.key.map(({ home }) => `${row}.${ident(home)}`),
    ...columns.map(({ home, otherFill }) =>
      otherFill === undefined ? `${row}.${ident(home)}` : `coalesce(${row}.${ident(home)}, ${otherFill})`,
    ),
    ...shape.copies.map((copy) => copiedValue({ shape }, copy, row)),
  ],
})

/** Null, or what stands there when nobody says anything. */
const isUntold = ({ columns }: MoveSides): string =>
  columns
    .map((column) => {
      const value = `new.${ident(column.other)}`
      return column.otherDefault === undefined
        ? `${value} is null`
        : `(${value} is null or ${valueIs(column, value, column.otherDefault)})`
    })
    .join(' and ')

/** A row that stands only because the row at home has its defaults: nobody wrote it. */
const isMadeOfNothing = ({ shape, columns }: MoveSides): string =>
  [
    ...columns.flatMap(({ other, type, homeDefault, otherFill, otherDefault }) => {
      const expected = homeDefault ?? (otherFill === undefined ? 'null' : (otherDefault ?? null))
      return expected === null ? [] : [{ column: other, type, sql: expected }]
    }),
    ...shape.untouched,
  ]
    .map((one) => valueIs(one, `${otherRow}.${ident(one.column)}`, one.sql))
    .join(' and ')

/**
 * A row that stood at home before the change, and has no other row yet, is not forgotten by an insert that leaves its
 * columns out. And where home's defaults alone have made a row, an insert takes its place.
 */
export const insertedBefore = (sides: MoveSides): string => {
  const { columns } = sides
  const list = homeValues(sides, homeRow).map((value, i) => `${value} as c${i + 1}`)
  const stands = `exists (select from ${qualified(sides.other)} as ${otherRow} where ${otherIs(sides, 'new', 'other')})`
  const fill = `    if ${isUntold(sides)} then
      if not ${stands} then
        select ${list.join(', ')} into known from ${qualified(sides.home)} as ${homeRow}
          where ${homeIs(sides, 'new', 'other')} and ${isPresent(sides, homeRow)};
        if found then
${columns.map(({ other }, i) => `          new.${ident(other)} := known.c${i + 1};`).join('\n')}
        end if;
      end if;
    end if;`
  return columns.every(({ homeDefault }) => homeDefault === undefined)
    ? fill
    : `${fill}
    -- A row that only the defaults of ${ident(sides.home.name)} have made: nobody wrote it, and this takes its place.
    delete from ${qualified(sides.other)} as ${otherRow} where ${otherIs(sides, 'new', 'other')} and ${isMadeOfNothing(sides)};`
}
