/** `fragment(…)`: columns and rules that several tables share. */
import type { AnyColumn, ColumnCheck } from './column-type.ts'
import type { FragmentColumn, FragmentRules } from './fragment-column.ts'
import type { WrittenFacts } from './row-types.ts'
import type { AnyRuleSet } from './rule-set.ts'
import type { Rules } from './rules.ts'

/** Columns to spread into a table's: each brings the fragment's rules with it. */
export type Fragment<Columns, Written extends readonly AnyRuleSet[]> = {
  readonly [K in keyof Columns]: FragmentColumn<Columns[K], WrittenFacts<Written>>
}

/**
 * Columns that several tables share, with their rules. Spread it among a table's columns: the rules come along,
 * and the table's row types know them. Fragments may be spread into fragments.
 *
 * @example
 * const timestamps = fragment({ created_at: 'timestamptz', updated_at: 'timestamptz' }, (t) => [
 *   t.required('created_at', 'updated_at'),
 *   t.defaults({ created_at: 'now()', updated_at: 'now()' }),
 * ])
 * table('products', { id: 'bigint', ...timestamps }, (t) => [t.identity('id'), t.primaryKey('id')])
 * // create table "products" ("id" …, "created_at" timestamptz not null default now(), "updated_at" …)
 */
export const fragment = <
  const Columns extends Readonly<Record<string, AnyColumn>>,
  const Written extends readonly AnyRuleSet[] = readonly [],
>(
  columns: { readonly [K in keyof Columns]: ColumnCheck<Columns[K]> },
  rules?: (t: Rules<keyof Columns & string>) => Written,
): Fragment<Columns, Written> => {
  const shared: FragmentRules = { write: (t) => rules?.(t) ?? [] }
  const given: Readonly<Record<string, AnyColumn>> = columns
  const wrapped = Object.entries(given).map(([name, column]) => [name, { column, fragment: shared }])
  return Object.fromEntries(wrapped) as Fragment<Columns, Written>
}
