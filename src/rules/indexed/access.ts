/** How rows are found through an index, method by method: the conditions and the order that it is made for. */
import { keyText, type IndexKey } from './ddl.ts'
import { constantText, operandFor, type KeyValue } from './operand.ts'
import type { IndexOperator, KeyOperators } from './operators.ts'
import {
  condition,
  equals,
  nameOf,
  ordering,
  selectFrom,
  type Statement,
  type StatementParts,
  type Wish,
} from './select.ts'
import { listed } from '../sentence.ts'

/** What the index is for: how rows are found through it, as conditions and an order. */
export type Access = Pick<Wish, 'where' | 'orderBy'> & { readonly title: string }

export const treeAccess = ({ rule, operators, values }: StatementParts): Access => {
  const [first, ...rest] = rule.keys
  const where = [equals(first!, values[0]!)]
  if (rest.length === 0) return { title: `rows of one ${nameOf(first!)} are found through the index`, where }
  return {
    title: `rows of one ${nameOf(first!)} come by ${listed(rest.map(nameOf))} from the index, unsorted and unfiltered`,
    where,
    orderBy: rest.map((key, n) => ordering(key, operators[n + 1]!)),
  }
}

/** Of three keys and more: all but the last are given, and the rows come by the last. */
export const narrowest = ({ rule, operators, values }: StatementParts): readonly Statement[] => {
  const leading = rule.keys.slice(0, -1)
  const last = rule.keys.at(-1)!
  if (rule.using !== 'btree' || leading.length < 2) return []
  const select = selectFrom(rule, {
    where: leading.map((key, n) => equals(key, values[n]!)),
    orderBy: [ordering(last, operators.at(-1)!)],
  })
  return [{ title: `rows of one ${listed(leading.map(nameOf))} by ${nameOf(last)}`, select, demand: 'same' }]
}

/** By method, the operators that people index for, the most telling first. */
const preferred: Readonly<Record<string, readonly string[]>> = {
  hash: ['='],
  gin: ['@>', '@@', '~~', '=', '&&', '?'],
  gist: ['&&', '@>', '@@', '~~', '=', '<<', '~='],
  spgist: ['&&', '=', '~=', '^@', '<<', '@>'],
  brin: ['&&', '=', '@>'],
}

/** `k >= a and k <= b`: what a block range index is for. */
const range = (key: IndexKey, operators: KeyOperators, value: KeyValue): string | null => {
  const has = (name: string): boolean => operators.own.some((o) => o.name === name && o.isSameType)
  if (value.text === null || has('&&') || !has('>=') || !has('<=')) return null
  return `${keyText(key)} >= ${constantText(value)} and ${keyText(key)} <= ${constantText(value)}`
}

export const searchAccess = ({ rule, operators, values }: StatementParts): Access | null => {
  const where: string[] = []
  const names: string[] = []
  rule.keys.forEach((key, n) => {
    const value = values[n]!
    if (rule.using === 'brin') {
      const between = range(key, operators[n]!, value)
      if (between !== null) {
        where.push(between)
        names.push(`${nameOf(key)} in a range`)
        return
      }
    }
    const wanted = preferred[rule.using] ?? []
    const search = operators[n]!.own.filter((o) => o.purpose === 'search')
    const rank = (o: IndexOperator): number =>
      wanted.includes(o.name) ? wanted.indexOf(o.name) : wanted.length
    for (const operator of search.toSorted((a, b) => rank(a) - rank(b))) {
      const sql = condition(key, operator, value)
      if (sql === null) continue
      where.push(sql)
      names.push(`${nameOf(key)} ${operator.name} …`)
      return
    }
  })
  return where.length === 0
    ? null
    : { title: `rows with ${listed(names)} are found through the index`, where }
}

export const nearest = ({ rule, operators, values }: StatementParts): readonly Statement[] => {
  const [key] = rule.keys
  const by = operators[0]!.own.find((o) => o.purpose === 'order' && operandFor(o, values[0]!) !== null)
  const sql = by ? condition(key!, by, values[0]!) : null
  if (sql === null) return []
  const select = selectFrom(rule, { orderBy: [sql] })
  return [{ title: `the nearest by ${nameOf(key!)} come from the index, unsorted`, select, demand: 'served' }]
}
