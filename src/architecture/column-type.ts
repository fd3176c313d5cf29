/**
 * What may stand as a column's type in `table(…)`: PostgreSQL's own type names (sql-types.ts), types that the
 * schema makes (user-type.ts), or a column of a shared fragment; and the row types that follow from it.
 */
import type { FragmentColumn } from './fragment-column.ts'
import type { SqlTypeName, SqlTypeValues, SqlValue, TextArray } from './sql-types.ts'
import type { UserType } from './user-type.ts'

export type AnyColumn = string | UserType | FragmentColumn

type OneNumber = `${number}`
type TwoNumbers = `${number},${number}` | `${number}, ${number}`

/** `timestamp(3) with time zone` → `timestamp with time zone`; never when it is not a type of PostgreSQL's own. */
type BaseName<S extends string> = S extends SqlTypeName
  ? S
  : S extends `${infer Head}(${infer Modifiers})${infer Tail}`
    ? Modifiers extends OneNumber | TwoNumbers
      ? `${Head}${Tail}` extends infer Name extends SqlTypeName
        ? Name
        : never
      : never
    : S extends `interval ${string}`
      ? 'interval'
      : never

/** The base name of an array's elements, however many brackets it has. */
type ElementName<S extends string> = S extends `${infer Inner}[${string}]` ? ElementName<Inner> : BaseName<S>

type SerialAnswer<
  S extends string,
  Whole extends string,
> = `"${S}" is not a type but a shorthand: write '${Whole}' and t.identity('…') among the rules`

type UnknownAnswer<S extends string> =
  `"${S}" is not a type of PostgreSQL's own; one that your schema makes is declared with enumType, domainType or sqlType`

/** The column's type itself when it is one, otherwise the sentence that the compiler shows instead. */
export type ColumnCheck<T> = T extends string
  ? [ElementName<T>] extends [never]
    ? T extends 'serial' | 'serial4'
      ? SerialAnswer<T, 'integer'>
      : T extends 'bigserial' | 'serial8'
        ? SerialAnswer<T, 'bigint'>
        : T extends 'smallserial' | 'serial2'
          ? SerialAnswer<T, 'smallint'>
          : UnknownAnswer<T>
    : T
  : T

/** `text[][]` → `string[][]`: one level for each pair of brackets. */
type ReadArray<S extends string, Value> = S extends `${string}[${string}]${infer Rest}`
  ? ReadArray<Rest, Value>[]
  : Value
type WriteArray<S extends string, Value> = S extends `${string}[${string}]${infer Rest}`
  ? readonly WriteArray<Rest, Value>[]
  : Value

/** An array that node-postgres does not take apart is read as one text. */
type ArrayValues<S extends string, Of> =
  Of extends SqlValue<unknown, infer Write, infer Element>
    ? SqlValue<[Element] extends [TextArray] ? string : ReadArray<S, Element>, WriteArray<S, Write> | string>
    : never

type ValuesOf<S extends string> = [BaseName<S>] extends [never]
  ? ArrayValues<S, SqlTypeValues[ElementName<S>]>
  : SqlTypeValues[BaseName<S>]

/** What a select of such a column returns, null aside. */
export type ReadValue<T> =
  T extends FragmentColumn<infer Inner>
    ? ReadValue<Inner>
    : T extends UserType<infer Read>
      ? Read
      : T extends string
        ? ValuesOf<T>['read']
        : never

/** What an insert or update of such a column takes, null aside. */
export type WriteValue<T> =
  T extends FragmentColumn<infer Inner>
    ? WriteValue<Inner>
    : T extends UserType<unknown, infer Write>
      ? Write
      : T extends string
        ? ValuesOf<T>['write']
        : never
