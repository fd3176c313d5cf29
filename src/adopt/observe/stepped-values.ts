/** The values before and behind one of a column, one step away, as plain literals. */
import type { Column } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import { literalText } from './literal-text.ts'

const dayLength = 86_400_000

/** Digits behind the point of `numeric(p, s)`. */
const scaleOf = ({ baseType, modifier }: Column): number =>
  baseType === 'numeric' && modifier >= 4 ? (((modifier - 4) & 0x7ff) ^ 1024) - 1024 : 0

export const isNumber = ({ baseType, typeKind }: Column): boolean =>
  typeKind !== 'array' && /^(?:smallint|integer|bigint|numeric)$/u.test(baseType)

/** The value so many of the column's smallest steps further; null: it has no order that is known here, or the value is no literal. */
export const shifted = (column: Column, sql: string, steps: number): string | null => {
  const text = literalText(sql) ?? sql
  if (isNumber(column)) {
    if (!/^-?\d{1,12}(?:\.\d+)?$/u.test(text)) return null
    const scale = Math.max(0, scaleOf(column))
    return (Number(text) + steps / 10 ** scale).toFixed(scale)
  }
  const day = /^(\d{4}-\d{2}-\d{2})(.*)$/su.exec(text)
  if (column.typeKind === 'array' || !/^(?:date|timestamp)/u.test(column.baseType) || !day) return null
  const moment = new Date(Date.parse(`${day[1]!}T00:00:00Z`) + steps * dayLength)
  return literal(moment.toISOString().slice(0, 10) + day[2]!)
}

/** Smaller, then larger. */
export const stepped = (column: Column, sql: string): readonly string[] =>
  [-1, 1].flatMap((steps) => shifted(column, sql, steps) ?? [])
