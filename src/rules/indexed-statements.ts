/** The statements that tell a declared index from any other: what it must serve, and what it must not be able to. */
import type { IndexedRule } from '../architecture/kinds/indexed.ts'
import { identList } from '../postgres/quote.ts'
import { tableText } from './ddl.ts'
import { directionText, keyText, type IndexKey } from './indexed-ddl.ts'
import { constantText, operandFor, operatorText, type KeyValue } from './indexed-operand.ts'
import { beyond, type IndexOperator, type KeyOperators } from './indexed-operators.ts'
import { listed, shortened } from './sentence.ts'

/**
 * What the plan of a statement has to show. `served`: the index is used. `ordered`: no sort, whichever index gives
 * the order. `index only`: not even the table is read. `denied`: the index is not used. `same`: no demand of its own,
 * but a mutant that changes the plan is noticed.
 */
export type Demand = 'served' | 'ordered' | 'index only' | 'denied' | 'same'

export interface Statement {
  readonly title: string
  readonly select: string
  readonly demand: Demand
}

interface Parts {
  readonly rule: IndexedRule
  readonly operators: readonly KeyOperators[]
  /** One per key: its value in a loaded row. */
  readonly values: readonly KeyValue[]
}

const limit = 'limit 10'

interface Wish {
  readonly columns?: string
  readonly where?: readonly string[]
  readonly orderBy?: readonly string[]
  /** Without the predicate of a partial index. */
  readonly withoutPredicate?: boolean
}

const selectFrom = (rule: IndexedRule, wish: Wish): string => {
  const predicate = rule.where === null || wish.withoutPredicate ? [] : [`(${rule.where})`]
  const where = [...(wish.where ?? []), ...predicate]
  const order = wish.orderBy ?? []
  return [
    `select ${wish.columns ?? '*'} from ${tableText(rule.table)}`,
    ...(where.length === 0 ? [] : [`where ${where.join(' and ')}`]),
    ...(order.length === 0 ? [] : [`order by ${order.join(', ')} ${limit}`]),
  ].join(' ')
}

const equals = (key: IndexKey, value: KeyValue): string =>
  value.text === null ? `${keyText(key)} is null` : `${keyText(key)} = ${constantText(value)}`

/** The order of a key; an operator class of its own sorts by its own operators. */
const ordering = (key: IndexKey, operators: KeyOperators): string => {
  const wanted = key.descending ? 5 : 1
  const by = operators.own.find((o) => o.strategy === wanted && o.isSameType)
  if (key.operatorClass === null || by === undefined) return `${keyText(key)}${directionText(key)}`
  return `${keyText(key)} using ${operatorText(by)}${key.nulls === null ? '' : ` nulls ${key.nulls}`}`
}

const nameOf = ({ column, expression }: IndexKey): string => column ?? shortened(expression, 40)

/** What the index is for: how rows are found through it, as conditions and an order. */
type Access = Pick<Wish, 'where' | 'orderBy'> & { readonly title: string }

const treeAccess = ({ rule, operators, values }: Parts): Access => {
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
const narrowest = ({ rule, operators, values }: Parts): readonly Statement[] => {
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

const condition = (key: IndexKey, operator: IndexOperator, value: KeyValue): string | null => {
  const operand = operandFor(operator, value)
  return operand === null ? null : `${keyText(key)} ${operatorText(operator)} ${operand}`
}

/** `k >= a and k < b`: what a block range index is for. */
const range = (key: IndexKey, operators: KeyOperators, value: KeyValue): string | null => {
  const has = (name: string): boolean => operators.own.some((o) => o.name === name && o.isSameType)
  if (value.text === null || has('&&') || !has('>=') || !has('<=')) return null
  return `${keyText(key)} >= ${constantText(value)} and ${keyText(key)} <= ${constantText(value)}`
}

const searchAccess = ({ rule, operators, values }: Parts): Access | null => {
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

const nearest = ({ rule, operators, values }: Parts): readonly Statement[] => {
  const [key] = rule.keys
  const by = operators[0]!.own.find((o) => o.purpose === 'order' && operandFor(o, values[0]!) !== null)
  const sql = by ? condition(key!, by, values[0]!) : null
  if (sql === null) return []
  const select = selectFrom(rule, { orderBy: [sql] })
  return [{ title: `the nearest by ${nameOf(key!)} come from the index, unsorted`, select, demand: 'served' }]
}

/** A tree keeps its rows in one order; the other methods in none. */
const orders = ({ rule, operators }: Parts): readonly Statement[] => {
  const { keys } = rule
  if (rule.using !== 'btree') {
    const select = selectFrom(rule, { orderBy: [keyText(keys[0]!)] })
    return [{ title: `${rule.using} keeps no order by ${nameOf(keys[0]!)}`, select, demand: 'denied' }]
  }
  const select = selectFrom(rule, { orderBy: keys.map((key, n) => ordering(key, operators[n]!)) })
  const demand = rule.serves !== null ? 'same' : keys.length > 1 ? 'served' : 'ordered'
  return [{ title: `all rows come by ${listed(keys.map(nameOf))} without sorting`, select, demand }]
}

/** Operators by which few rows are found: for many rows no index is worth its while, and nothing would be told apart. */
const finding = ['=', '&&', '@>', '@@', '@@@', '?', '~~', '%', '~=']

const fewestFirst = (operators: readonly IndexOperator[]): readonly IndexOperator[] => {
  const rank = ({ name }: IndexOperator): number =>
    finding.includes(name) ? finding.indexOf(name) : finding.length
  return operators.toSorted((a, b) => rank(a) - rank(b))
}

/** Methods that look for rows as gin does: each may stand where another was declared. */
const searching = ['gin', 'gist', 'spgist']

/** What only the declared operator class (or method) can answer, and what only another one could. */
const classes = ({ rule, operators, values }: Parts): readonly Statement[] =>
  rule.keys.flatMap((key, n) => {
    const { own, others } = operators[n]!
    const first = (candidates: readonly IndexOperator[]): { name: string; select: string } | null => {
      for (const operator of fewestFirst(candidates)) {
        const sql = operator.purpose === 'search' ? condition(key, operator, values[n]!) : null
        if (sql !== null) return { name: operator.name, select: selectFrom(rule, { where: [sql] }) }
      }
      return null
    }
    return others
      .filter(({ method }) =>
        method === rule.using
          ? key.operatorClass !== null
          : searching.includes(method) && searching.includes(rule.using),
      )
      .flatMap((other): readonly Statement[] => {
        const who = other.method === rule.using ? key.operatorClass! : rule.using
        const served = first(beyond(own, other.operators))
        const denied = first(beyond(other.operators, own))
        return [
          ...(served === null
            ? []
            : [
                {
                  title: `${who} answers ${nameOf(key)} ${served.name} …`,
                  select: served.select,
                  demand: 'same' as const,
                },
              ]),
          ...(denied === null
            ? []
            : [
                {
                  title: `${who} does not answer ${nameOf(key)} ${denied.name} …`,
                  select: denied.select,
                  demand: 'denied' as const,
                },
              ]),
        ]
      })
  })

/** Columns that an index-only scan can give back: plain keys and what is included. */
const coveredColumns = (rule: IndexedRule): string =>
  identList([...new Set([...rule.keys.flatMap(({ column }) => column ?? []), ...rule.include])])

/** Every statement that the declaration implies; the first is what the index is for. None when no operand is known. */
export const statementsOf = (parts: Parts): readonly Statement[] => {
  const { rule } = parts
  const access = rule.using === 'btree' ? treeAccess(parts) : searchAccess(parts)
  const main: readonly Statement[] =
    rule.serves !== null
      ? [{ title: `${shortened(rule.serves)} is served by the index`, select: rule.serves, demand: 'served' }]
      : access === null
        ? []
        : [{ title: access.title, select: selectFrom(rule, access), demand: 'served' }]
  const covering: readonly Statement[] =
    rule.include.length === 0 || access === null
      ? []
      : [
          {
            title: `${listed(rule.include)} are read from the index alone`,
            select: selectFrom(rule, { ...access, columns: coveredColumns(rule) }),
            demand: 'index only',
          },
        ]
  const unconditional: readonly Statement[] =
    rule.where === null || access === null
      ? []
      : [
          {
            title: `rows are not found through it where ${shortened(rule.where)} is not asked for`,
            select: selectFrom(rule, { ...access, withoutPredicate: true }),
            demand: 'denied',
          },
        ]
  const distances = rule.using === 'gist' || rule.using === 'spgist' ? nearest(parts) : []
  const all = [
    ...main,
    ...distances,
    ...orders(parts),
    ...narrowest(parts),
    ...covering,
    ...unconditional,
    ...classes(parts),
  ]
  return all.filter((one, n) => all.findIndex((other) => other.select === one.select) === n)
}
