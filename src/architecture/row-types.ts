/** Row types that follow from a table's columns and rules, in the form that Kysely reads (`ColumnType`). */
import type { ColumnType } from 'kysely'
import type { ReadValue, WriteValue } from './column-type.ts'
import type { FragmentColumn } from './fragment-column.ts'
import type { AnyRuleSet, RuleFacts } from './rule-set.ts'
import type { UserType } from './user-type.ts'

type FactsOfColumn<T> =
  T extends FragmentColumn<infer Inner, infer Facts> ? Facts | FactsOfColumn<Inner> : never

/** What a table's rules say, one after the other, as a union of facts. */
export type WrittenFacts<R extends readonly AnyRuleSet[]> = NonNullable<R[number]['$facts']>

/** The same with the rules that its fragments bring. */
export type TableFacts<C, R extends readonly AnyRuleSet[]> = WrittenFacts<R> | FactsOfColumn<C[keyof C]>

type Within<K, Names> = [K] extends [Names] ? true : false

type RefusesNull<T> =
  T extends FragmentColumn<infer Inner>
    ? RefusesNull<Inner>
    : T extends UserType<unknown, unknown, infer NotNull>
      ? NotNull
      : false

type ColumnOf<Read, Write, NotNull, Default, Never> = Never extends true
  ? ColumnType<NotNull extends true ? Read : Read | null, never, never>
  : NotNull extends true
    ? ColumnType<Read, Default extends true ? Write | undefined : Write, Write>
    : ColumnType<Read | null, Write | null | undefined, Write | null>

/** C: the columns as declared; F: the union of the table's facts. */
export type RowTypes<C, F extends RuleFacts> = {
  [K in keyof C]: ColumnOf<
    ReadValue<C[K]>,
    WriteValue<C[K]>,
    Within<K, F['notNull']> extends true ? true : RefusesNull<C[K]>,
    Within<K, F['default']>,
    Within<K, F['never']>
  >
}
