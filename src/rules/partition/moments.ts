/** Moments of a period as values of a key column: its first instant, and the last one that the column's type can hold. */
import type { PartitionPeriod } from '../../architecture/kinds/partitioned-by.ts'
import type { Column } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import { startOf } from './periods.ts'

/** Only these can be partitioned by periods of time. */
export const isMoment = (key: Column): boolean =>
  key.baseType === 'date' || key.baseType.startsWith('timestamp')

const zone = (key: Column): string => (key.baseType === 'timestamp with time zone' ? '+00' : '')

/** The first instant of the day's period, `n` periods later. */
export const firstInstant = (key: Column, period: PartitionPeriod, day: string, n = 0): string => {
  const start = startOf(period, day, n)
  return literal(key.baseType === 'date' ? start : `${start} 00:00:00${zone(key)}`)
}

/** As late on the day before that as the type can tell: a microsecond, or what its precision leaves of it. */
export const lastInstant = (key: Column, period: PartitionPeriod, day: string, n = 0): string => {
  const before = startOf('day', startOf(period, day, n + 1), -1)
  if (key.baseType === 'date') return literal(before)
  const digits = key.modifier < 0 ? 6 : key.modifier
  const fraction = digits === 0 ? '' : `.${'9'.repeat(digits)}`
  return literal(`${before} 23:59:59${fraction}${zone(key)}`)
}
