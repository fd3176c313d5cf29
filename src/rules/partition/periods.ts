/** Periods of time as SQL counts them: what each is called, and how long it is. All in UTC; weeks begin on Mondays. */
import type { PartitionPeriod } from '../../architecture/kinds/partitioned-by.ts'

interface Period {
  /** As generate_series steps. */
  readonly step: string
  /** Of to_char, behind the table's name. */
  readonly suffix: string
  /** Bytes of such a suffix. */
  readonly suffixLength: number
}

const periods: Readonly<Record<PartitionPeriod, Period>> = {
  day: { step: '1 day', suffix: '_YYYY_MM_DD', suffixLength: 11 },
  week: { step: '7 days', suffix: '_IYYY_"w"IW', suffixLength: 9 },
  month: { step: '1 month', suffix: '_YYYY_MM', suffixLength: 8 },
  quarter: { step: '3 months', suffix: '_YYYY_"q"Q', suffixLength: 8 },
  year: { step: '1 year', suffix: '_YYYY', suffixLength: 5 },
}

export const periodOf = (period: PartitionPeriod): Period => periods[period]

const dayMs = 86_400_000

/** The first day of the period that a day lies in, `n` periods later; days as `2124-02-29`. */
export const startOf = (period: PartitionPeriod, day: string, n = 0): string => {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const at = (y: number, m: number, d: number): string =>
    new Date(Date.UTC(y, m - 1, d)).toISOString().slice(0, 10)
  switch (period) {
    case 'day':
      return at(year, month, date + n)
    case 'week': {
      const sinceMonday = (new Date(Date.UTC(year, month - 1, date)).getUTCDay() + 6) % 7
      return new Date(Date.UTC(year, month - 1, date) + (7 * n - sinceMonday) * dayMs)
        .toISOString()
        .slice(0, 10)
    }
    case 'month':
      return at(year, month + n, 1)
    case 'quarter':
      return at(year, month - ((month - 1) % 3) + 3 * n, 1)
    case 'year':
      return at(year + n, 1, 1)
  }
}

/** `month`, `three months`: for sentences. */
export const periodsText = (period: PartitionPeriod, n: number): string =>
  n === 1 ? `one ${period}` : `${n} ${period}s`
