/** Another value than a default's, of the same type, by the kind of value: told apart by one row that leaves the column out. */
import { parseExpression } from '../postgres/parse.ts'
import { literal } from '../postgres/quote.ts'
import { calledName, fieldsOf, isNullConstant, type ParseNode } from './expression/tree.ts'
import { parseSqlType } from './type/sql-type.ts'
import type { Column } from './table.ts'

/** The text of a constant, its casts taken off; null when it is none. */
const constantText = (node: ParseNode): string | null => {
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return constantText(cast['arg'] as ParseNode)
  const constant = fieldsOf(node, 'A_Const')
  return (constant?.['sval'] as { readonly sval?: string } | undefined)?.sval ?? null
}

const aUuid = '00000000-0000-4000-8000-00000000a55a'

const changedText = (column: Column, expression: string, text: string | null): string => {
  const [length] = parseSqlType(column.type).modifiers
  const isFull = length !== undefined && text !== null && text.length >= length
  // One more character would be refused by the type, which is not what is asked.
  return isFull
    ? literal(text.slice(1, length) + (text.startsWith('x') ? 'y' : 'x'))
    : `(${expression})::text || 'x'`
}

/** `value` is the default as a value of its type: `now()` of a date column is a date. */
const changedByType = (type: string, value: string): string | null => {
  switch (type) {
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'real':
    case 'double precision':
    case 'date':
    case 'inet':
      return `${value} + 1`
    case 'money':
      return `${value} + '1'::money`
    case 'boolean':
      return `not ${value}`
    case 'timestamp with time zone':
    case 'timestamp without time zone':
    case 'interval':
      return `${value} + interval '1 day'`
    case 'time with time zone':
    case 'time without time zone':
      return `${value} + interval '1 hour'`
    case 'uuid':
      return literal(aUuid)
    case 'json':
    case 'jsonb':
      return `'{"changed": true}'`
    case 'bytea':
      return `${value} || '\\x00'::bytea`
    default:
      return null
  }
}

const textTypes: ReadonlySet<string> = new Set(['text', 'character varying', 'character', 'name'])

const numbersRows: ReadonlySet<string | null> = new Set([
  'nextval',
  'gen_random_uuid',
  'uuidv4',
  'uuidv7',
  'random',
])

/** A default that gives each row another value is changed to one that gives all rows the same. */
const sameForAllRows = (type: string): string | null => {
  if (type === 'uuid') return literal(aUuid)
  if (['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'].includes(type)) return '1'
  return null
}

/** `DEFAULT NULL`, also of a type: what a column without a default has. */
export const isNullDefault = (expression: string): boolean => isNullConstant(parseExpression(expression))

/** Null when no other value is known: then the default's removal is its only mutant. */
export const changedDefault = (column: Column, expression: string): string | null => {
  if (isNullDefault(expression)) return null
  const node = parseExpression(expression)
  const base = column.typeKind === 'domain' ? column.baseType : column.type
  const { name, array } = parseSqlType(base)
  if (numbersRows.has(calledName(node))) return sameForAllRows(array === '' ? name : '')
  if (array !== '' || column.typeKind === 'array') return `array_append(${expression}, null)`
  if (column.labels) {
    const label = constantText(node)
    const other = column.labels.find((l) => l !== label)
    return other === undefined ? null : `${literal(other)}::${column.type}`
  }
  if (column.typeKind === 'range' || column.typeKind === 'multirange') {
    return constantText(node) === 'empty' ? null : `'empty'::${column.type}`
  }
  // Nothing lies a day beside what has no end.
  if (/^(?:date|timestamp)/u.test(name) && /^[+-]?infinity$/iu.test(constantText(node) ?? ''))
    return `'2000-01-01'::${base}`
  if (textTypes.has(name)) return changedText(column, expression, constantText(node))
  return changedByType(name, `(${expression})::${base}`)
}
