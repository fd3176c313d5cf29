/** SQL whose column names the compiler knows: what `` t.sql`lower(${'email'})` `` makes. */
import { ident } from '../postgres/quote.ts'
import type { RuleSql } from './rule.ts'

export interface SqlExpression {
  /** With its columns quoted: `lower("email")`. */
  readonly sql: string
  /** As it was written: `lower(email)`, for ids and messages. */
  readonly text: string
  /** The columns that were put in by name. */
  readonly columns: readonly string[]
}

/** Plain SQL text, or SQL whose columns are checked by the compiler. */
export type SqlText = string | SqlExpression

export const isSqlExpression = (value: unknown): value is SqlExpression =>
  typeof value === 'object' && value !== null && 'sql' in value && 'text' in value && 'columns' in value

export const makeSqlExpression = (parts: readonly string[], columns: readonly string[]): SqlExpression => {
  const join = (print: (name: string) => string): string =>
    parts.map((part, i) => part + (columns[i] === undefined ? '' : print(columns[i]))).join('')
  return { sql: join(ident), text: join((name) => name), columns: [...new Set(columns)] }
}

/** The pieces of SQL that were given, for `DeclaredRule.sql`. */
export const rulesSql = (
  names: RuleSql['names'],
  pieces: Readonly<Record<string, SqlText | undefined>>,
): readonly RuleSql[] =>
  Object.entries(pieces).flatMap(([part, piece]) =>
    piece === undefined ? [] : [{ part, text: sqlOf(piece), names }],
  )

export const sqlOf = (value: SqlText): string => (typeof value === 'string' ? value : value.sql)
export const textOf = (value: SqlText): string => (typeof value === 'string' ? value : value.text)
export const columnsOf = (...values: readonly (SqlText | undefined)[]): readonly string[] =>
  values.flatMap((value) => (value === undefined || typeof value === 'string' ? [] : value.columns))
