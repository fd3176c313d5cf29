/** `asOf(…)`: a table as it was at a moment, as a Kysely query. Kysely itself is not loaded here. */
import type { Kysely, SelectQueryBuilder, Transaction } from 'kysely'
import { AssayError } from '../ground/errors.ts'
import type { HistoryName, VersionsCheck } from './history-of.ts'
import { periodColumn, type VersionedRule } from './kinds/versioned.ts'
import type { DeclaredRule } from './rule.ts'
import type { Table } from './table.ts'

/** What the table is called in the query: its name without the schema. */
type Alias<Key extends string> = Key extends `${string}.${infer Name}` ? Name : Key

/** The database of the query, in which the alias has the table's row type. */
type AsOfDatabase<DB, Key extends string, Row> = Key extends keyof DB
  ? Alias<Key> extends keyof DB
    ? DB
    : DB & Record<Alias<Key>, Row>
  : DB & Record<Alias<Key>, Row>

/** The sentence that the compiler shows when this database cannot answer; unknown when it can. */
type AsOfCheck<DB, Key extends string, References> = [HistoryName<References>] extends [never]
  ? VersionsCheck<Key, References>
  : [HistoryName<References>] extends [keyof DB]
    ? unknown
    : `"${HistoryName<References>}" is not among the tables of this database: add historyOf(…) to its architecture`

/** What this file uses of a query builder, whose own types do not know the names that it is given here. */
interface AnyBuilder {
  selectFrom(from: unknown): AnyBuilder
  select(columns: readonly string[]): AnyBuilder
  where(condition: (eb: AnyExpressions) => unknown): AnyBuilder
  as(alias: string): unknown
}

interface AnyExpressions {
  (column: string, operator: '@>', value: unknown): unknown
  val(value: unknown): unknown
  cast(value: unknown, type: 'timestamptz'): unknown
}

const isVersioned = (rule: DeclaredRule): rule is VersionedRule => rule.kind === 'versioned'

/**
 * The rows of a versioned table as they were at a moment: a query that is joined, filtered and selected from like
 * one over the table itself, with the table's row types. The moment is a Date or PostgreSQL's own text, which has
 * microseconds.
 *
 * @example
 * const then = await asOf(db, prices, '2026-03-01 12:00+00').selectAll().where('prices.id', '=', '7').execute()
 * // select * from (select "id", "amount" from "prices_history" where "valid" @> cast($1 as timestamptz)) as "prices"
 * // where "prices"."id" = $2
 */
export const asOf = <DB, Key extends string, Row, References>(
  // Both, because the compiler does not find DB through the base class of a transaction.
  db: Kysely<DB> | Transaction<DB>,
  of: Table<Key, Row, References> & AsOfCheck<NoInfer<DB>, Key, References>,
  moment: Date | string,
): SelectQueryBuilder<
  AsOfDatabase<DB, Key, Row>,
  Alias<Key> & keyof AsOfDatabase<DB, Key, Row>,
  // Kysely's own word for a query that selects nothing yet.
  // oxlint-disable-next-line typescript/no-empty-object-type
  {}
> => {
  const table: Table = of
  const versioned = table.rules.find(isVersioned)
  if (versioned === undefined)
    throw new AssayError(`asOf(${table.id}): the table keeps no versions`, {
      code: 'query.no-versions',
      exit: 2,
      mend: `write t.versioned({ history: '${table.id}_history' }) among its rules`,
    })
  const { schema, name } = versioned.relation
  const builder = db as unknown as AnyBuilder
  const versions = builder
    .selectFrom(schema === 'public' ? name : `${schema}.${name}`)
    .select(table.columns.map((column) => column.name))
    .where((eb) => eb(periodColumn, '@>', eb.cast(eb.val(moment), 'timestamptz')))
  return builder.selectFrom(versions.as(table.name)) as never
}
