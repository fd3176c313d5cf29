/** Dates by others of the same year, moments by others of the same month: whole days and midnights stay such. */
import type { Permutation } from './permutation.ts'

export interface MaskTimes {
  /** `2024-02-29` */
  readonly date: (text: string) => string
  /** `2024-02-29 10:00:00.5+00` */
  readonly moment: (text: string) => string
  readonly time: (text: string) => string
}

const day = 86_400_000
const two = (n: number): string => String(n).padStart(2, '0')

const parts = /^(?<year>\d{4,6})-(?<month>\d\d)-(?<day>\d\d)(?<rest>[ T].*)?$/u
const clock = /(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d))?(?<fraction>\.\d+)?/u

const isDay = (year: number, month: number, dayOfMonth: number): boolean => {
  const date = new Date(Date.UTC(year, month - 1, dayOfMonth))
  return year >= 100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === dayOfMonth
}

export const makeMaskTimes = ({ at }: Permutation): MaskTimes => {
  const within = (value: number, size: number, tweak: string): number =>
    Number(at(BigInt(value), BigInt(size), tweak))
  const time = (text: string): string =>
    text.replace(clock, (found, ...given) => {
      const groups = given.at(-1) as Record<string, string | undefined>
      const { hour = '0', minute = '0', second, fraction } = groups
      const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second ?? 0)
      if (seconds >= 86_400) return found
      const digits = fraction?.slice(1)
      const tail =
        digits === undefined
          ? ''
          : `.${at(BigInt(digits), 10n ** BigInt(digits.length), 'fraction of a second')
              .toString()
              .padStart(digits.length, '0')}`
      if (seconds === 0) return `${found.slice(0, found.length - (fraction?.length ?? 0))}${tail}`
      const other =
        second === undefined
          ? 60 * (1 + within(Math.max(0, seconds / 60 - 1), 1439, 'minute'))
          : 1 + within(seconds - 1, 86_399, 'second')
      const shown = `${two(Math.floor(other / 3600))}:${two(Math.floor(other / 60) % 60)}`
      return second === undefined ? `${shown}${tail}` : `${shown}:${two(other % 60)}${tail}`
    })
  /** What is no day stays none: a migration that converts it has to fail here, too. */
  const noDay = (text: string, year: number): string => {
    if (year < 1000 || year > 9999) return text
    const other = String(1000 + within(year - 1000, 9000, 'year'))
    return `${other}${text.slice(4).replace(/^-02-29/u, '-02-30')}`
  }
  const inside = (text: string, unit: 'year' | 'month'): string => {
    const found = parts.exec(text)?.groups
    const [year, month, dayOf] = [found?.['year'], found?.['month'], found?.['day']].map(Number)
    if (!found || year === undefined || month === undefined || dayOf === undefined) return time(text)
    if (!isDay(year, month, dayOf)) return noDay(text, year)
    const from = Date.UTC(year, unit === 'year' ? 0 : month - 1, 1)
    const to = unit === 'year' ? Date.UTC(year + 1, 0, 1) : Date.UTC(year, month, 1)
    const place = (Date.UTC(year, month - 1, dayOf) - from) / day
    const other = new Date(
      from +
        day * within(place, (to - from) / day, `${unit} ${found['year']}-${unit === 'year' ? '' : month}`),
    )
    const shown = `${found['year']}-${two(other.getUTCMonth() + 1)}-${two(other.getUTCDate())}`
    return `${shown}${found['rest'] === undefined ? '' : time(found['rest'])}`
  }
  return { time, date: (text) => inside(text, 'year'), moment: (text) => inside(text, 'month') }
}
