/** Where the months, weeks, days and hours of the calendar begin, for expressions that speak of such a unit. */
import type { ValueClues } from '../constants.ts'
import { familyCount } from './family.ts'

const two = (n: number): string => String(n).padStart(2, '0')

/** Of the nth one from the beginning of 2024, which is a Monday: its day, and its hour. */
const beginnings: Readonly<Record<string, (n: number) => readonly [day: string, time: string]>> = {
  year: (n) => [`${2020 + n}-01-01`, '00:00'],
  quarter: (n) => [`${2024 + Math.floor(n / 4)}-${two(1 + 3 * (n % 4))}-01`, '00:00'],
  month: (n) => [`${2024 + Math.floor(n / 12)}-${two(1 + (n % 12))}-01`, '00:00'],
  week: (n) => [new Date(Date.UTC(2024, 0, 1 + 7 * n)).toISOString().slice(0, 10), '00:00'],
  day: (n) => [`2024-01-${two(1 + n)}`, '00:00'],
  hour: (n) => ['2024-01-01', `${two(n)}:00`],
  minute: (n) => ['2024-01-01', `09:${two(n)}`],
}

/** What begins where a part of a moment has its least value: on day 1 a month. */
const wholeOf: Readonly<Record<string, string>> = {
  minute: 'hour',
  hour: 'day',
  dow: 'week',
  isodow: 'week',
  day: 'month',
  doy: 'year',
}

const unitOf = (constant: string): string => constant.toLowerCase().replace(/^1 /u, '').replace(/s$/u, '')

/** The units that are spoken of, by their names and as spans (`month`, `1 month`), then those whose parts are. */
const unitsOf = ({ constants }: ValueClues): readonly string[] => {
  const named = constants.map(unitOf)
  return [...new Set([...named, ...named.map((unit) => wholeOf[unit] ?? unit)])].filter(
    (unit) => unit in beginnings,
  )
}

/** Of each unit that is spoken of the first ones, each with where the next one begins. */
export const unitsBegun = (
  clues: ValueClues,
): readonly (readonly (readonly [day: string, time: string])[])[] =>
  unitsOf(clues).map((unit) => Array.from({ length: familyCount + 1 }, (_, n) => beginnings[unit]!(n)))
