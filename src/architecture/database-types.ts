/** The types that queries over an architecture are written with. */
import type { Selectable } from 'kysely'
import type { Architecture } from './architecture.ts'
import type { QueryMethod } from './query.ts'
import type { Table } from './table.ts'
import type { View } from './view.ts'
import type { WriteMethod } from './write.ts'

/** An architecture whose type knows its tables. */
export interface TypedArchitecture<Database> extends Architecture {
  /**
   * A statement that the application will run, with its budget. It is typed over the tables that it names, and its
   * rule is proven on loaded rows: without its indexes the budget breaks. Each file that declares one has to be
   * imported where the configuration is.
   *
   * @example
   * export const recentOrders = commerce.query('recent orders of a user', ['orders'],
   *   (db, p: { user: string }) => db.selectFrom('orders').selectAll()
   *     .where('user_id', '=', p.user).orderBy('ordered_at', 'desc').limit(20),
   *   { budget: { buffers: 30, p95: '10ms' }, at: { orders: 1_000_000_000 } })
   * // select * from "orders" where "user_id" = $1 order by "ordered_at" desc limit $2
   */
  readonly query: QueryMethod<Database>
  /**
   * What the application writes in one call, with its budget: counted on filled tables, every key, foreign key and
   * trigger live. With `concurrency`, so many writers at once, each on a connection of its own, have to come to what
   * they come to one after the other: nothing lost, nothing twice, no deadlock. An async function may send several
   * statements; a call is one transaction.
   *
   * @example
   * export const closeAccounts = commerce.write('accounts are closed', ['users', 'orders'],
   *   sql('delete from users where id = any(:ids)', { ids: 'bigint[]' }),
   *   { rows: 1_000, concurrency: 50, budget: { rowsReadPerRow: 20 } })
   * // delete from users where id = any($1)
   */
  readonly write: WriteMethod<Database>
  /** Exists for the compiler only. */
  readonly $database?: Database
}

type Typed<T> = Exclude<T extends { readonly $table?: infer Facts } ? Facts : never, undefined>

/** Mapped once more, so that the compiler lists its keys once and not for every query. */
type Listed<Database> = { [K in keyof Database]: Database[K] }

/** The Kysely database of these tables, by their names in SQL. */
export type DatabaseOfTables<Tables> = Listed<ByName<Tables>>

type ByName<Tables> = {
  [K in keyof Tables as Tables[K] extends Table<infer Key> ? Key : never]: Tables[K] extends Table<
    string,
    infer Row
  >
    ? Row
    : never
}

/** The same of its views. */
export type DatabaseOfViews<Views> = Listed<{
  [K in keyof Views as Views[K] extends View<infer Key> ? Key : never]: Views[K] extends View<
    string,
    infer Row
  >
    ? Row
    : never
}>

/**
 * The Kysely database type of an architecture.
 *
 * @example
 * const db = new Kysely<DatabaseOf<typeof commerce>>({ dialect })
 * // db.selectFrom('orders') … select … from "orders"
 */
export type DatabaseOf<A> = A extends TypedArchitecture<infer Database> ? Database : never

/**
 * The named tables only. Prefer it where an architecture is large: types over a few tables are checked many
 * times faster than over hundreds.
 *
 * @example
 * const recent = (db: Kysely<Rows<typeof commerce, 'orders' | 'users'>>) => db.selectFrom('orders').selectAll()
 * // select * from "orders"
 */
export type Rows<A, Names extends keyof DatabaseOf<A>> = Pick<DatabaseOf<A>, Names>

/**
 * A row of a table as a query returns it.
 *
 * @example
 * type Product = RowOf<typeof products>  // select * from "products"
 */
export type RowOf<T> = Selectable<Typed<T> extends { readonly row: infer Row } ? Row : never>
