/** What stands right of an operator so that an index can answer it: made from a value that the loaded rows have. */
import { ident, literal } from '../../postgres/quote.ts'
import type { IndexOperator } from './operators.ts'

/** The value of a key in one loaded row. */
export interface KeyValue {
  /** As PostgreSQL prints it; null when the loaded row has none. */
  readonly text: string | null
  readonly type: string
}

const wholeNumber = /^(?:integer|bigint)$/u

/** The value as a constant of exactly its type: extensions' operator classes have no operators across types. */
const typedConstant = ({ text, type }: KeyValue): string => `${literal(text)}::${type}`

/** The same as people write it, where PostgreSQL compares across types: whole numbers are bare. */
export const constantText = (value: KeyValue): string =>
  value.text !== null && wholeNumber.test(value.type) && /^-?\d{1,9}$/u.test(value.text)
    ? value.text
    : typedConstant(value)

/** The last six characters: digits that few loaded texts share. */
const fewShare = (text: string): string => text.slice(-6)

const jsonKey = (text: string): string => /"([^"]+)"/u.exec(text)?.[1] ?? 'key'

/** A key that no loaded document has: few rows are expected, so that an index that can answer is taken. */
const rareKey = literal('rare')

/** By the operator's right operand, where it is not the key's own type. */
const makers: Readonly<Record<string, (value: string, operator: string, type: string) => string | null>> = {
  text: (value, operator) => {
    if (operator === '?') return `${rareKey}::text`
    return operator.includes('~~') ? literal(`%${fewShare(value)}%`) : `${literal(value)}::text`
  },
  'text[]': () => `array[${rareKey}]`,
  anymultirange: (value, _operator, type) => `pg_catalog.multirange(${literal(value)}::${type})`,
  jsonpath: (value, operator) => {
    const key = jsonKey(value)
    const path = operator === '@@' ? `$."${key}" == 7` : `$."${key}" ? (@ == 7)`
    return `${literal(path)}::jsonpath`
  },
  tsquery: (value) => {
    const word = /'([^']+)'/u.exec(value)?.[1]
    return word === undefined ? null : `${literal(word)}::tsquery`
  },
}

/** SQL of a right operand; null when none is known for its type. */
export const operandFor = (operator: IndexOperator, value: KeyValue): string | null => {
  if (value.text === null) return null
  // LIKE and regular expressions take the key's own type, too, but a whole value as a pattern would prove little.
  if (operator.isSameType && !/~/u.test(operator.name)) return typedConstant(value)
  return (
    makers[operator.right]?.(value.text, operator.name, value.type) ??
    (operator.isSameType ? typedConstant(value) : null)
  )
}

/** `"metadata" @> '{"key": 7}'::jsonb`; operators outside pg_catalog are written with their schema. */
export const operatorText = ({ schema, name }: IndexOperator): string =>
  schema === 'pg_catalog' || schema === 'public' ? name : `operator(${ident(schema)}.${name})`
