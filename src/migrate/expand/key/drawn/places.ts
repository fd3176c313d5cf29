/** How columns of a drawn key are called in the database, on either side, while the change lasts. */
import { relationId, type RelationName } from '../../../../ground/names.ts'
import { ident, qualified } from '../../../../postgres/quote.ts'
import type { DrawnKey, Follower, KeyShape } from '../../shape.ts'
import { sidesOf, type Stand } from '../../sides.ts'

export type Side = 'olds' | 'news'

/** A key of which no side is told by an expression. */
export type DrawnShape = KeyShape & { readonly drawn: DrawnKey }

export interface Place {
  readonly shape: DrawnShape
  readonly stand: Stand
}

export const isTable = (a: RelationName, b: RelationName): boolean => relationId(a) === relationId(b)

/** Whether values of the column are drawn. `table`: its relation id. */
export const isHead = ({ drawn }: KeyShape, table: string | null, column: string): boolean =>
  drawn?.heads.some((head) => relationId(head.table) === table && head.column === column) === true

export const otherSide = (side: Side): Side => (side === 'olds' ? 'news' : 'olds')

/** The column on this side; one that does not change is the same on both. */
export const columnAt = (
  { shape, stand }: Place,
  table: RelationName,
  column: string,
  side: Side,
): string => {
  const part = shape.parts.find((one) => isTable(one.table, table))
  const at = part?.olds.findIndex(({ name }) => name === column) ?? -1
  return part === undefined || at < 0 ? column : (sidesOf(part, stand)[side][at]?.physical ?? column)
}

/** Rows of the table that is looked up: no table has this name. */
const said = 'assay_said'

/** The row that this side points to: what stands behind `select`. `own` writes a column of the row that follows. */
export const rowOf = (
  place: Place,
  { table, target, by }: Follower,
  from: Side,
  own: (column: string) => string,
): string => {
  const where = by.map(
    (pair) =>
      `${said}.${ident(columnAt(place, target, pair.target, from))} = ${own(columnAt(place, table, pair.own, from))}`,
  )
  return `from ${qualified(target)} as ${said} where ${where.join(' and ')}`
}

/** The column of the row that is pointed to. */
export const saidBy = (place: Place, { target, says }: Follower, side: Side): string =>
  `${said}.${ident(columnAt(place, target, says, side))}`

/** The value of a side, from the row that the other side points to. */
export const lookUp = (
  place: Place,
  follower: Follower,
  to: Side,
  own: (column: string) => string,
  into = '',
): string => `select ${saidBy(place, follower, to)}${into} ${rowOf(place, follower, otherSide(to), own)}`

/** The columns by which its row is found, on this side. */
export const keyAt = (place: Place, { table, by }: Follower, side: Side): readonly string[] =>
  by.map(({ own }) => columnAt(place, table, own, side))
