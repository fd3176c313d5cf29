/** Dates, times and intervals. What stands relative to now() stays an expression: the text is the same three months later. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import { unitsBegun } from './calendar.ts'
import type { Slot, TypeFamily } from './family.ts'

const names = new Set([
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
  'time without time zone',
  'time with time zone',
  'interval',
])

const isDate = /^-?\d{1,6}-\d{1,2}-\d{1,2}/u
const isTime = /^\d{1,2}:\d{2}/u
const isInterval = /^[-+]?\d+(?:\.\d+)?\s*[a-z]|^\d{1,3}:\d{2}|^P\d/iu

const moments = (slot: Slot): boolean => slot.type === 'date' || slot.type.startsWith('timestamp')
const times = (slot: Slot): boolean => slot.type.startsWith('time ') || slot.type === 'time'
const shortType = (slot: Slot): string =>
  ({
    'timestamp without time zone': 'timestamp',
    'timestamp with time zone': 'timestamptz',
    'time without time zone': 'time',
    'time with time zone': 'timetz',
  })[slot.type] ?? slot.type

/** A day of the calendar as a value of the type. */
const onDay = (slot: Slot, day: string): string => {
  if (slot.type === 'date') return literal(day)
  return literal(slot.type === 'timestamp with time zone' ? `${day} 12:00:00+00` : `${day} 12:00:00`)
}

/** Where units begin that are spoken of: what date_trunc() answers. */
const atUnits = (slot: Slot, clues: ValueClues): readonly string[] =>
  unitsBegun(clues).flatMap((begun) =>
    begun.flatMap(([day, time]) =>
      slot.type === 'date'
        ? time === '00:00'
          ? [literal(day)]
          : []
        : [literal(`${day} ${time}:00${slot.type === 'timestamp with time zone' ? '+00' : ''}`)],
    ),
  )

const today = (slot: Slot): string => (slot.type === 'date' ? 'current_date' : 'now()')

/** `now()` and `current_date` need no parentheses. */
const enclosed = (sql: string): string => (/^[\w.]+(?:\(\))?$/u.test(sql) ? sql : `(${sql})`)

const shifted = (sql: string, shift: string): string =>
  `${sql} ${shift.startsWith('-') ? '-' : '+'} interval ${literal(shift.replace(/^-/u, ''))}`

const steps = (slot: Slot): readonly string[] =>
  slot.type === 'date'
    ? ['-1 day', '1 day', '-2 days', '2 days', '-3 days', '3 days', '-1 year', '1 year']
    : [
        '-1 day',
        '1 day',
        '-2 days',
        '2 days',
        '-3 days',
        '3 days',
        '-1 hour',
        '1 hour',
        '-1 second',
        '1 second',
        '-1 year',
        '1 year',
      ]

/** The same time some days later, when the text starts with an ISO date. */
const daysLater = (text: string, days: number): string | null => {
  const found = /^(\d{4})-(\d{2})-(\d{2})(?=$|[ T])/u.exec(text)
  if (!found) return null
  const [, year, month, day] = found.map(Number)
  const moved = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, (day ?? 1) + days))
  return `${moved.toISOString().slice(0, 10)}${text.slice(10)}`
}

/** A constant's neighbours and itself; whole days are written out, finer steps PostgreSQL adds up. */
const around = (slot: Slot, constant: string): string[] => {
  const base = `${shortType(slot)} ${literal(constant)}`
  const days = [1, 2, 3, -1, -2].flatMap((n) => daysLater(constant, n) ?? []).map(literal)
  if (slot.type === 'date') {
    return [...(days.length > 0 ? days : [`${base} + 1`, `${base} - 1`]), literal(constant)]
  }
  const coarse = times(slot)
    ? [shifted(base, '1 hour'), shifted(base, '-1 hour')]
    : [shifted(base, '1 day'), shifted(base, '-1 day')]
  return [
    ...(days.length > 0 ? days : coarse),
    literal(constant),
    shifted(base, '1 microsecond'),
    shifted(base, '-1 microsecond'),
  ]
}

/** As long ago, or ahead, as a span says; a day more and less. */
const atDistance = (slot: Slot, span: string): string[] =>
  [`-${span}`, span].flatMap((shift) => {
    // age() counts from midnight, most other expressions from now.
    const midnight = shifted('current_date', shift)
    const moment = shifted(today(slot), shift)
    return [
      ...['-1 day', '1 day', '-2 days', '2 days', '-3 days', '3 days'].map((s) => shifted(moment, s)),
      ...new Set([moment, midnight]),
    ]
  })

/** Years and small numbers that extract() may be compared with. */
const calendar = (slot: Slot, clues: ValueClues): string[] => {
  const numbers = clues.constants.filter((c) => /^\d{1,4}$/u.test(c)).map(Number)
  const years = numbers.filter((n) => n >= 1000).flatMap((n) => [n, n - 1, n + 1])
  const days = years.flatMap((y) => [`${y}-01-01`, `${y}-12-31`])
  if (numbers.some((n) => n < 60)) {
    for (let d = 1; d <= 8; d++) days.push(`2024-01-0${d}`)
    for (let m = 2; m <= 12; m++) days.push(`2024-${String(m).padStart(2, '0')}-15`)
    for (let m = 2; m <= 7; m++) days.push(`2024-0${m}-01`)
    days.push('2024-01-31', '2024-02-29')
  }
  const hours =
    times(slot) || !numbers.some((n) => n < 24) || slot.type === 'date'
      ? []
      : Array.from({ length: 24 }, (_, h) => h)
  const atHour = hours.map((h) =>
    literal(
      `2024-01-01 ${String(h).padStart(2, '0')}:00:00${slot.type.endsWith('with time zone') && !slot.type.includes('without') ? '+00' : ''}`,
    ),
  )
  return [...days.map((d) => onDay(slot, d)), ...atHour]
}

/** At the minutes and seconds that are spoken of, one more and one less. */
const atMinutes = (clues: ValueClues): readonly string[] => {
  const spoken = clues.constants.filter((c) => /^\d{1,2}$/u.test(c)).map(Number)
  const around = [...new Set(spoken.flatMap((n) => [n, n + 1, n - 1]))].filter((n) => n >= 0 && n < 60)
  const two = (n: number): string => String(n).padStart(2, '0')
  return around.flatMap((n) => [
    ...[10, 11, 12].map((hour) => literal(`${hour}:${two(n)}:00`)),
    literal(`10:00:${two(n)}`),
  ])
}

const intervals = (clues: ValueClues): string[] =>
  clues.constants
    .filter((c) => isInterval.test(c))
    .flatMap((c) => [
      literal(c),
      `interval ${literal(c)} - interval '1 second'`,
      `interval ${literal(c)} + interval '1 second'`,
      `interval ${literal(c)} * 2`,
    ])

export const dates: TypeFamily = {
  serves: (slot) => names.has(slot.type),
  typical: (slot, family) => {
    if (slot.type === 'interval') return literal(family === 0 ? '1 day' : `${1 + family} days`)
    if (times(slot))
      return literal(
        `${String(9 + family).padStart(2, '0')}:00:00${slot.type === 'time with time zone' ? '+00' : ''}`,
      )
    return onDay(slot, `2024-01-${String(1 + family).padStart(2, '0')}`)
  },
  near: (slot, clues) => {
    if (slot.type === 'interval') return [...intervals(clues), ...clues.computed.map((sql) => `(${sql})`)]
    if (times(slot)) {
      const whole = clues.constants.filter((c) => isTime.test(c)).flatMap((c) => around(slot, c))
      const hours = clues.constants.some((c) => /^\d{1,2}$/u.test(c))
        ? Array.from({ length: 24 }, (_, h) => literal(`${String(h).padStart(2, '0')}:00:00`))
        : []
      return [...whole, ...hours, ...atMinutes(clues), ...clues.computed.map((sql) => `(${sql})`)]
    }
    const relative = clues.computed.flatMap((sql) => [
      ...steps(slot).map((step) => shifted(enclosed(sql), step)),
      enclosed(sql),
    ])
    const spans = clues.constants.filter((c) => isInterval.test(c) && !isDate.test(c))
    return [
      ...relative,
      ...clues.constants.filter((c) => isDate.test(c)).flatMap((c) => around(slot, c)),
      ...spans.filter((c) => !c.startsWith('-')).flatMap((c) => atDistance(slot, c)),
      ...calendar(slot, clues),
      ...atUnits(slot, clues),
    ]
  },
  edges: (slot) => {
    if (slot.type === 'interval')
      return ["'0'", "'1 second'", "'1 hour'", "'1 month'", "'1 year'", "'-1 day'"]
    if (times(slot)) return ["'00:00:00'", "'12:00:00'", "'18:00:00'", "'23:59:59.999999'", "'24:00:00'"]
    const near = today(slot)
    return [
      near,
      ...[
        '-1 day',
        '1 day',
        '-1 hour',
        '1 hour',
        '-1 month',
        '1 month',
        '-1 year',
        '1 year',
        '-20 years',
        '-30 years',
        '-40 years',
        '20 years',
      ].map((s) => shifted(near, s)),
      ...['2000-01-01', '1970-01-01', '1990-06-15', '1900-01-01', '2100-01-01'].map((d) => onDay(slot, d)),
      ...(moments(slot) ? ["'infinity'", "'-infinity'"] : []),
    ]
  },
}
