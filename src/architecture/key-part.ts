/** One part of a unique rule's or an index's key: a column's name, or an SQL expression over columns. */
import { ident } from '../postgres/quote.ts'
import type { RulePlace } from './rule-set.ts'
import type { RuleSql } from './rule.ts'
import { sqlOf, type SqlText } from './sql-expression.ts'

export interface KeyPart {
  readonly column: string | null
  /** SQL text, quoted when it is a column. */
  readonly expression: string
}

const functionOfColumn = /^[a-z_][\w.]*\s*\(\s*([a-z_]\w*)\s*\)$/u

/** Text that is no function call is a column's name, so that a misspelt one is found as a missing column. */
const isColumn = (place: Pick<RulePlace, 'tableColumns'>, key: SqlText): boolean =>
  typeof key === 'string' && (place.tableColumns.includes(key) || !key.trimEnd().endsWith(')'))

export const toKeyPart = (place: Pick<RulePlace, 'tableColumns'>, key: SqlText): KeyPart =>
  typeof key === 'string' && isColumn(place, key)
    ? { column: key, expression: ident(key) }
    : { column: null, expression: sqlOf(key) }

/** The columns that a key names, as far as they can be told without parsing its SQL. */
export const keyColumns = (place: Pick<RulePlace, 'tableColumns'>, key: SqlText): readonly string[] => {
  if (typeof key !== 'string') return key.columns
  if (isColumn(place, key)) return [key]
  const column = functionOfColumn.exec(key.trim())?.[1]
  return column === undefined ? [] : [column]
}

/** The SQL of a key that is an expression, for `DeclaredRule.sql`. */
export const keySql = (place: Pick<RulePlace, 'tableColumns'>, key: SqlText): readonly RuleSql[] =>
  isColumn(place, key) ? [] : [{ part: 'key', text: sqlOf(key), names: 'columns' }]
