/** How the columns of both sides are called in the database while the change lasts, and SQL that compares them row by row. */
import { ident } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import { columnsRead } from './columns-read.ts'
import { withoutCuts } from './without-cuts.ts'
import { isSwapped, type ColumnsShape, type SideColumn } from './shape.ts'

/** Where the change stands: before the sides change places, after it, and once the old one was put aside. */
export type Stand = 'beside' | 'switched' | 'aside'

/** Who writes at this stand: either application, or one and the other side follows, which is put aside at last. */
export type SyncWay = 'both' | 'from-old' | 'from-new' | 'aside'

export interface PlacedColumn extends SideColumn {
  /** Its name in the database at this stand. */
  readonly physical: string
}

export interface Sides {
  readonly shape: ColumnsShape
  readonly olds: readonly PlacedColumn[]
  readonly news: readonly PlacedColumn[]
}

const keptName = (column: string): string => fittedName(`assay_kept_${column}`)
const nextName = (column: string): string => fittedName(`assay_next_${column}`)

export const sidesOf = (shape: ColumnsShape, stand: Stand): Sides => {
  const swaps = isSwapped(shape)
  const isShared = (name: string): boolean =>
    swaps && shape.olds.some((c) => c.name === name) && shape.news.some((c) => c.name === name)
  const old = (name: string): string =>
    stand === 'aside' || (stand === 'switched' && isShared(name)) ? keptName(name) : name
  const coming = (name: string): string => (stand === 'beside' && isShared(name) ? nextName(name) : name)
  return {
    shape,
    olds: shape.olds.map((column) => ({ ...column, physical: old(column.name) })),
    news: shape.news.map((column) => ({ ...column, physical: coming(column.name) })),
  }
}

/** A cast that says the type, and never cuts a text that is too long: the assignment refuses it. */
export const castTo = (type: string): string =>
  type
    .replace(/^(?:character varying|varchar)\s*\(\d+\)/iu, 'varchar')
    .replace(/^(?:character|char|bpchar)\s*\(\d+\)/iu, 'bpchar')
    .replace(/^bit(?: varying)?\s*\(\d+\)/iu, 'bit varying')

const cast = ({ sql, type, cast: to = castTo(type) }: SideColumn): string => `(${sql})::${to}`

/** `from (select new."code" as "code") as "orders"`: an expression reads the other side under its own names. */
const fromRow = (others: readonly PlacedColumn[], row: string, { table }: ColumnsShape): string => {
  const list = others.map(({ name, physical }) => `${row}${ident(physical)} as ${ident(name)}`)
  return `from (select ${list.join(', ')}) as ${ident(table.name)}`
}

/** What each column of `side` would be, told from the other side: one query over NEW. */
export const selectFromNew = (sides: Sides, side: 'olds' | 'news', into: string): string => {
  const others = side === 'olds' ? sides.news : sides.olds
  return `select ${sides[side].map(cast).join(', ')} into ${into} ${fromRow(others, 'new.', sides.shape)}`
}

/** The same of one column, as an expression. */
export const valueFromNew = (sides: Sides, side: 'olds' | 'news', at: number): string => {
  const others = side === 'olds' ? sides.news : sides.olds
  const column = sides[side][at]
  return column === undefined ? 'null' : `(select ${cast(column)} ${fromRow(others, 'new.', sides.shape)})`
}

/** The same for a row of the table itself. */
export const valuesInTable = (sides: Sides, side: 'olds' | 'news'): readonly string[] => {
  const others = side === 'olds' ? sides.news : sides.olds
  const isPlain = others.every(({ name, physical }) => name === physical)
  return sides[side].map((column) =>
    isPlain ? cast(column) : `(select ${cast(column)} ${fromRow(others, '', sides.shape)})`,
  )
}

/** Types without an equality of their own, or with one that takes `a` for `A`: they are compared by their text. */
const comparedByText =
  /^(?:.*\.)?"?(?:json|xml|point|polygon|path|line|txid_snapshot|pg_snapshot|citext)"?(?:\[\])*$/u

const comparable = ({ type }: SideColumn, sql: string): string =>
  comparedByText.test(type) ? `(${sql})::text` : sql

const rowOf = (columns: readonly SideColumn[], values: readonly string[]): string => {
  const all = columns.map((column, i) => comparable(column, values[i] ?? 'null'))
  return all.length === 1 ? (all[0] ?? 'null') : `row(${all.join(', ')})`
}

export const differs = (
  columns: readonly SideColumn[],
  left: readonly string[],
  right: readonly string[],
): string => `${rowOf(columns, left)} is distinct from ${rowOf(columns, right)}`

export const agrees = (
  columns: readonly SideColumn[],
  left: readonly string[],
  right: readonly string[],
): string => `${rowOf(columns, left)} is not distinct from ${rowOf(columns, right)}`

export const namesIn = (columns: readonly PlacedColumn[], row = ''): readonly string[] =>
  columns.map(({ physical }) => `${row}${ident(physical)}`)

export const allNull = (columns: readonly PlacedColumn[], row = ''): string =>
  namesIn(columns, row)
    .map((name) => `${name} is null`)
    .join(' and ')

const toldOtherwise = (sides: Sides, side: 'olds' | 'news'): string =>
  differs(sides[side], namesIn(sides[side]), valuesInTable(sides, side))

/** Rows of which the two sides do not say the same: neither can be told from the other, or nobody has filled the new one. */
export const disagreement = (sides: Sides): string =>
  `${toldOtherwise(sides, 'news')}\n  and (${allNull(sides.news)} or ${toldOtherwise(sides, 'olds')})`

/** A column, or a cast of it: null exactly where that is null. */
const conversion = /^"(?:[^"]|"")+"(?:::[\w\s".,()[\]]+)*$/u

const isSaidByNothing = (sides: Sides): string => `${allNull(sides.olds)} and not (${allNull(sides.news)})`

const isWhole = /^(?:smallint|integer|bigint)$/u
const isAnyText = /^(?:text|character|bpchar|varchar)/u

/** Whether no two values of the new side have one and the same in the old one: a cast to a text, or between whole numbers. */
const keepsAll = ({ type, sql }: SideColumn, young: SideColumn | undefined): boolean =>
  conversion.test(sql) &&
  withoutCuts(sql) === null &&
  young !== undefined &&
  (type === young.type || isAnyText.test(type) || (isWhole.test(type) && isWhole.test(young.type)))

const mayBeLost = ({ olds, news }: Sides): boolean =>
  olds.length !== news.length || olds.some((old, i) => !keepsAll(old, news[i]))

/** A column of the old side as it would be told from the new one that the old one makes. */
const toldAgain = ({ olds, news, shape }: Sides, column: PlacedColumn): string => {
  const made = news.map((one) => `${cast(one)} as ${ident(one.name)}`).join(', ')
  return `(select ${cast(column)} from (select ${made} ${fromRow(olds, '', shape)}) as ${ident(shape.table.name)})`
}

/** New values that the old side says like others: those would come back in their place. */
const saidLikeAnother = (sides: Sides): string => {
  const values = valuesInTable(sides, 'news')
  const lost = sides.news.map((column, i) => {
    const read = columnsRead(column.sql, sides.olds)
    return [
      differs([column], namesIn([column]), [values[i] ?? 'null']),
      ...read.map((old) => agrees([old], namesIn([old]), [toldAgain(sides, old)])),
    ].join(' and ')
  })
  return `not (${allNull(sides.news)}) and (${lost.map((one) => `(${one})`).join(' or ')})`
}

/**
 * The old side says nothing of the row, or the same of it as of another one. Where each shape says a value in its own
 * way nothing is lost.
 */
const isSaidInPart = (sides: Sides): string => `(${isSaidByNothing(sides)} or ${saidLikeAnother(sides)})`

/** Asked of those rows alone of which it is to be known. */
const where = (condition: string, then: string): string =>
  `case when ${condition}\n  then ${then} else false end`

/** Rows that would be lost with the new side; null: there can be none. */
export const lostWithNews = (sides: Sides): string | null =>
  mayBeLost(sides) ? where(toldOtherwise(sides, 'news'), isSaidInPart(sides)) : null

/** The same of rows that were all filled: null is what somebody wrote. */
export const unsaid = (sides: Sides): string =>
  mayBeLost(sides)
    ? where(toldOtherwise(sides, 'news'), `(${toldOtherwise(sides, 'olds')} or ${isSaidInPart(sides)})`)
    : `${toldOtherwise(sides, 'news')}\n  and ${toldOtherwise(sides, 'olds')}`

/** Rows in which the new side is null, and the old one says otherwise. */
export const emptied = (sides: Sides): string =>
  `${allNull(sides.news)}\n  and ${toldOtherwise(sides, 'news')}`

/**
 * Whether the old side says otherwise of a row in which the new one is null: one row of one column, to be asked of
 * PostgreSQL before either stands in a table.
 */
export const nullComesBack = ({ news, olds, table }: ColumnsShape): string => {
  const nulls = news.map(({ name, type }) => `null::${type} as ${ident(name)}`).join(', ')
  const back = olds.map((column) => `${cast(column)} as ${ident(column.name)}`).join(', ')
  const told = news.map((column, i) => `${cast(column)} as told_${i + 1}`).join(', ')
  const row = ident(table.name)
  return `select not (${news.map((_, i) => `told_${i + 1} is null`).join(' and ')}) as is
    from (select ${told} from (select ${back} from (select ${nulls}) as ${row}) as ${row}) as told`
}
