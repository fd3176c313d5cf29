/** `sql(…)`: a query as plain SQL with named parameters, and the types of its parameters and columns stated. */
import { steppedOver } from '../postgres/stepped-over.ts'
import type { ColumnCheck, ReadValue, WriteValue } from './column-type.ts'

type Types = Readonly<Record<string, string>>

type Parameters<T> = { readonly [K in keyof T]: WriteValue<T[K]> | null }
type Row<T> = { readonly [K in keyof T]: ReadValue<T[K]> | null }

/** P: what a call is given; R: what a row of the answer is. */
export interface PlainQuery<P = unknown, R = unknown> {
  readonly text: string
  readonly parameters: Types
  /** Null: nothing is stated. */
  readonly row: Types | null
  /** Exists for the compiler only. */
  readonly $plain?: { readonly parameters: P; readonly row: R }
}

const name = String.raw`[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*`

const token = new RegExp([...steppedOver, `(?<![\\w\\]]):(?<named>${name})`].join('|'), 'gu')

/** The text with `$1`, `$2`, … for its names, each name once, and the names in that order. */
export const numbered = (text: string): { readonly sql: string; readonly names: readonly string[] } => {
  const names: string[] = []
  const sql = text.replaceAll(token, (whole, ...rest) => {
    const { named } = rest.at(-1) as Readonly<Record<string, string | undefined>>
    if (named === undefined) return whole
    if (!names.includes(named)) names.push(named)
    return `$${names.indexOf(named) + 1}`
  })
  return { sql, names }
}

/**
 * A query as plain SQL: `:name` stands for a parameter, its types are stated, and so are the columns that come back.
 * Both are held against what PostgreSQL says of the statement.
 *
 * @example
 * const paid = sql(
 *   'select id, ordered_at from orders where user_id = :user',
 *   { user: 'bigint' },
 *   { id: 'bigint', ordered_at: 'timestamptz' },
 * )
 * // select id, ordered_at from orders where user_id = $1
 */
export const sql = <const P extends Types = Readonly<Record<never, string>>, const R extends Types = Types>(
  text: string,
  parameters?: { readonly [K in keyof P]: ColumnCheck<P[K]> },
  row?: { readonly [K in keyof R]: ColumnCheck<R[K]> },
): PlainQuery<Parameters<P>, string extends keyof R ? Readonly<Record<string, unknown>> : Row<R>> => ({
  text,
  parameters: (parameters ?? {}) as Types,
  row: (row ?? null) as Types | null,
})

export const isPlainQuery = (value: unknown): value is PlainQuery =>
  typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
