/** Dates, timestamps, times and intervals: from the start of 2023 on, whatever day it is today. */
import { twoDigits, wordsOf, type MakerFamily } from './maker.ts'

const dayMs = 86_400_000
const daySeconds = 86_400
const firstDay = Date.UTC(2023, 0, 1) / dayMs
const firstBirthday = Date.UTC(1950, 0, 1) / dayMs

const days = new Map<number, string>()
const mostDays = 20_000

/** `2023-01-01`; the same few thousand days come again and again. */
export const dayText = (day: number): string => {
  const found = days.get(day)
  if (found !== undefined) return found
  const at = new Date(day * dayMs)
  const text = `${String(at.getUTCFullYear()).padStart(4, '0')}-${twoDigits[at.getUTCMonth() + 1]}-${twoDigits[at.getUTCDate()]}`
  if (days.size < mostDays) days.set(day, text)
  return text
}

const timeText = (second: number): string => {
  const hour = Math.floor(second / 3600)
  const rest = second - hour * 3600
  const minute = Math.floor(rest / 60)
  return `${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[rest - minute * 60]}`
}

/** Moment number `i`, a second apart. */
export const momentText = (i: number): string => {
  const day = Math.floor(i / daySeconds)
  return `${dayText(firstDay + day)} ${timeText(i - day * daySeconds)}`
}

const laterWords =
  /^(?:end|ends|ended|until|till|expires|expired|expiry|expiration|due|updated|modified|changed|closed|shipped|delivered|arrived|arrival|finished|completed|cancelled|canceled|returned|deleted|archived|last|left|paid)$/u

/** Whether a column's name speaks of something that comes after something else. */
export const isLater = (name: string): boolean => {
  const words = wordsOf(name)
  return words.some((word) => laterWords.test(word)) || words.at(-1) === 'to'
}

/** Whether it is a day in the life of a person, long before the others. */
const isBirth = (name: string): boolean =>
  wordsOf(name).some((word) => /^(?:birth|born|birthday|birthdate|dob)$/u.test(word))

/** Two years. */
const span = 730

export const moments: MakerFamily = {
  serves: ({ bareType }) => /^(?:date|interval|time|timestamp|timetz)\b/u.test(bareType),
  maker: ({ bareType, name }) => {
    if (bareType === 'date') {
      const from = isBirth(name) ? firstBirthday : firstDay
      return {
        capacity: 2_000_000,
        variety: isBirth(name) ? 20_000 : span,
        seconds: daySeconds,
        make: (i) => dayText(from + i),
      }
    }
    if (bareType.startsWith('timestamp')) {
      const zone = bareType.endsWith('with time zone') ? '+00' : ''
      if (isBirth(name))
        return {
          capacity: 2_000_000,
          variety: 20_000,
          seconds: daySeconds,
          make: (i) => `${dayText(firstBirthday + i)} 00:00:00${zone}`,
        }
      return {
        capacity: 200_000_000_000,
        variety: span * daySeconds,
        seconds: 1,
        make: (i) => momentText(i) + zone,
      }
    }
    if (bareType === 'interval') {
      return {
        capacity: 100_000_000,
        variety: 1_440,
        make: (i) => `${Math.floor(i / 60)}:${twoDigits[i % 60]}:00`,
      }
    }
    const zone = bareType.endsWith('with time zone') ? '+00' : ''
    return { capacity: daySeconds, variety: daySeconds, make: (i) => timeText(i % daySeconds) + zone }
  },
}
