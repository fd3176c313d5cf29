/** The index that an indexed rule asks for, as DDL and as it stands in a statement. */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import { ident, identList } from '../../postgres/quote.ts'
import { structureName, tableText } from '../ddl.ts'

export type IndexKey = IndexedRule['keys'][number]

/** A key in a statement: a quoted column, or the expression in parentheses. */
export const keyText = ({ column, expression, collation }: IndexKey): string => {
  const text = column === null ? `(${expression})` : ident(column)
  return collation === undefined ? text : `(${text} collate ${collation})`
}

/** ` desc nulls last`: nothing for what PostgreSQL takes by default. */
export const directionText = ({ descending, nulls }: IndexKey): string =>
  `${descending ? ' desc' : ''}${nulls === null ? '' : ` nulls ${nulls}`}`

const keyInDdl = ({ collation, ...key }: IndexKey): string =>
  `${keyText(key)}${collation === undefined ? '' : ` collate ${collation}`}${key.operatorClass === null ? '' : ` ${key.operatorClass}`}${directionText(key)}`

/** CREATE INDEX under a readable name, or under the one that is given. */
export const createIndex = (rule: IndexedRule, name?: string): string => {
  const words = rule.keys.map((key) => key.column ?? key.expression)
  const index = ident(name ?? rule.name ?? structureName(rule.table, ...words, 'idx'))
  const keys = rule.keys.map(keyInDdl).join(', ')
  const include = rule.include.length === 0 ? '' : ` include (${identList(rule.include)})`
  const where = rule.where === null ? '' : ` where ${rule.where}`
  const using = rule.using === 'btree' ? '' : ` using ${ident(rule.using)}`
  return `create index ${index} on ${tableText(rule.table)}${using} (${keys})${include}${where};`
}
