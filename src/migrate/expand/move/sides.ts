/** How the tables and columns of a move are called while it lasts, and SQL that compares a row at home with its other row. */
import { ident, qualified } from '../../../postgres/quote.ts'
import type { RelationName } from '../../../ground/names.ts'
import { fittedName } from '../../../rules/ddl.ts'
import type { MovedColumn, MoveShape } from '../shape.ts'
import { agrees, differs } from '../sides.ts'
import type { WalkedTable } from '../walk.ts'

const keptName = (name: string): string => fittedName(`assay_kept_${name}`)

/** Where it stands: both shapes beside each other, or the old one put aside. */
export type MoveStand = 'beside' | 'aside'

export interface MoveSides {
  readonly shape: MoveShape
  readonly home: RelationName
  readonly other: RelationName
  readonly columns: readonly MovedColumn[]
}

export const sidesOfMove = (shape: MoveShape, stand: MoveStand): MoveSides => {
  const isHomeAside = stand === 'aside' && shape.direction === 'out'
  const isOtherAside = stand === 'aside' && shape.direction === 'in'
  return {
    shape,
    home: shape.table,
    other: isOtherAside ? { ...shape.other, name: keptName(shape.other.name) } : shape.other,
    columns: isHomeAside
      ? shape.columns.map((column) => ({ ...column, home: keptName(column.home) }))
      : shape.columns,
  }
}

/** The names of both tables in statements over both. */
export const homeRow = 'home_row'
export const otherRow = 'other_row'

const at = (row: string, column: string): string => `${row}.${ident(column)}`

export const homeValues = ({ columns }: MoveSides, row: string): readonly string[] =>
  columns.map(({ home }) => at(row, home))

export const otherValues = ({ columns }: MoveSides, row: string): readonly string[] =>
  columns.map(({ other }) => at(row, other))

/** `other_row."user_id" = new."id"`. */
export const otherIs = ({ shape }: MoveSides, row: string, side: 'home' | 'other'): string =>
  shape.key.map((pair) => `${at(otherRow, pair.other)} = ${at(row, pair[side])}`).join(' and ')

export const homeIs = ({ shape }: MoveSides, row: string, side: 'home' | 'other'): string =>
  shape.key.map((pair) => `${at(homeRow, pair.home)} = ${at(row, pair[side])}`).join(' and ')

export const keyChanged = ({ shape }: MoveSides, side: 'home' | 'other'): string => {
  const list = (row: string): string => shape.key.map((pair) => at(row, pair[side])).join(', ')
  return `row(${list('new')}) is distinct from row(${list('old')})`
}

interface Typed {
  readonly type: string
}

/** The functions look up no operator in schemas that others may write to: types of these are compared by their texts. */
const compared = (columns: readonly Typed[], values: readonly string[]): readonly string[] =>
  columns.map(({ type }, i) =>
    /[."]/u.test(type) ? `(${values[i] ?? 'null'})::text` : (values[i] ?? 'null'),
  )

const plainColumns = (columns: readonly Typed[]) => columns.map(({ type }) => ({ name: '', type, sql: '' }))

/** Whether two lists of values of these types are not the same. */
export const valuesDiffer = (
  columns: readonly Typed[],
  left: readonly string[],
  right: readonly string[],
): string => differs(plainColumns(columns), compared(columns, left), compared(columns, right))

export const valueIs = (column: Typed, left: string, right: string): string =>
  agrees(plainColumns([column]), compared([column], [left]), compared([column], [right]))

export const movedDiffer = (
  { columns }: MoveSides,
  left: readonly string[],
  right: readonly string[],
): string => valuesDiffer(columns, left, right)

const isNothing = (values: readonly string[]): string =>
  values.map((value) => `${value} is null`).join(' and ')

/** Whether a row at home says enough for a row of the other table. */
export const isPresent = (sides: MoveSides, row: string): string => {
  const needed = sides.columns.filter(({ other }) => sides.shape.required.includes(other))
  return needed.length === 0
    ? `not (${isNothing(homeValues(sides, row))})`
    : needed.map(({ home }) => `${at(row, home)} is not null`).join(' and ')
}

/** Values at home that no row of the other table can say: a part of it, without what is required there. */
export const isPartial = (sides: MoveSides, row: string): string =>
  `not (${isPresent(sides, row)}) and not (${isNothing(homeValues(sides, row))})`

/** Rows at home beside their other row, for statements that name those that differ. */
export const besideOther = (table: WalkedTable, sides: MoveSides): WalkedTable => ({
  ...table,
  beside: `left join ${qualified(sides.other)} as ${otherRow} on ${otherIs(sides, ident(table.name), 'home')}`,
})

/** The same once the old side is aside: what a table that goes requires, and the new shape leaves out, it has by itself. */
export const rowsDifferAside = (table: WalkedTable, sides: MoveSides): string => {
  const others = otherValues(sides, otherRow)
  const homes = homeValues(sides, ident(table.name)).map((value, i) =>
    sides.columns[i]?.otherFill === undefined ? value : `coalesce(${value}, ${others[i] ?? 'null'})`,
  )
  return movedDiffer(sides, homes, others)
}

export const rowsDiffer = (table: WalkedTable, sides: MoveSides): string =>
  movedDiffer(sides, homeValues(sides, ident(table.name)), otherValues(sides, otherRow))
