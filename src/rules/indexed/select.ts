/** The select statements that an indexed rule is asked with, and the parts that they are made of. */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import { tableText } from '../ddl.ts'
import { directionText, keyText, type IndexKey } from './ddl.ts'
import { constantText, operandFor, operatorText, type KeyValue } from './operand.ts'
import type { IndexOperator, KeyOperators } from './operators.ts'
import { shortened } from '../sentence.ts'

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

/** What statements are made of. */
export interface StatementParts {
  readonly rule: IndexedRule
  readonly operators: readonly KeyOperators[]
  /** One per key: its value in a loaded row. */
  readonly values: readonly KeyValue[]
}

/** Fewer rows than share a leading key: stopping early is what an order is good for. */
const limit = 'limit 10'

export interface Wish {
  readonly columns?: string
  readonly where?: readonly string[]
  readonly orderBy?: readonly string[]
  /** Without the predicate of a partial index. */
  readonly withoutPredicate?: boolean
}

export const selectFrom = (rule: IndexedRule, wish: Wish): string => {
  const predicate = rule.where === null || wish.withoutPredicate ? [] : [`(${rule.where})`]
  const where = [...(wish.where ?? []), ...predicate]
  const order = wish.orderBy ?? []
  return [
    `select ${wish.columns ?? '*'} from ${tableText(rule.table)}`,
    ...(where.length === 0 ? [] : [`where ${where.join(' and ')}`]),
    ...(order.length === 0 ? [] : [`order by ${order.join(', ')} ${limit}`]),
  ].join(' ')
}

export const equals = (key: IndexKey, value: KeyValue): string =>
  value.text === null ? `${keyText(key)} is null` : `${keyText(key)} = ${constantText(value)}`

/** The order of a key; an operator class of its own sorts by its own operators. */
export const ordering = (key: IndexKey, operators: KeyOperators): string => {
  const wanted = key.descending ? 5 : 1
  const by = operators.own.find((o) => o.strategy === wanted && o.isSameType)
  if (key.operatorClass === null || by === undefined) return `${keyText(key)}${directionText(key)}`
  return `${keyText(key)} using ${operatorText(by)}${key.nulls === null ? '' : ` nulls ${key.nulls}`}`
}

export const nameOf = ({ column, expression }: IndexKey): string => column ?? shortened(expression, 40)

/** `"data" @> '{"key": 7}'::jsonb`; null when no operand is known. */
export const condition = (key: IndexKey, operator: IndexOperator, value: KeyValue): string | null => {
  const operand = operandFor(operator, value)
  return operand === null ? null : `${keyText(key)} ${operatorText(operator)} ${operand}`
}
