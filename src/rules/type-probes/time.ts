/** Dates and times: the digits of a second that are kept, what becomes of a zone and of a time of day, days that do not exist. */
import { written, type TypeProbe, type TypeProbes } from './probe.ts'

const byName: Readonly<Record<string, readonly string[]>> = {
  date: ['2024-02-29', '2024-02-29 13:14:15', '2023-02-29'],
  timestamp: ['2024-05-06 07:08:09.123456', '2024-05-06 07:08:09.987654+05', '2023-02-29 00:00:00'],
  timestamptz: ['2024-05-06 07:08:09.123456+00', '2024-05-06 07:08:09.987654+05', '2023-02-29 00:00:00+00'],
  time: ['07:08:09.123456', '23:59:59.987654', '24:00:01'],
  timetz: ['07:08:09.123456+05', '23:59:59.987654-03', '24:00:01+00'],
  interval: ['1 mon 2 days 03:04:05.123456', 'PT1.987654S', '1 fortnite'],
}

/** A moment with all its digits that stands after now, for columns that may not lie before one of now. */
const tomorrow = (name: string, digits = 6): TypeProbe => ({
  sql: `cast(date_trunc('second', now()) + interval '1 day ${digits === 0 ? '1' : `0.${'123456'.slice(0, digits)}`} seconds' as ${name})`,
  shown: 'of tomorrow with all its digits',
  isLong: true,
  aim: 'fraction',
})

export const timeProbes: TypeProbes = ({ name, modifiers }) => {
  const [first, ...rest] = (byName[name] ?? []).map(written)
  if (first === undefined || !name.startsWith('timestamp')) return first === undefined ? [] : [first, ...rest]
  return [{ ...first, aim: 'fraction' }, tomorrow(name, modifiers[0]), ...rest]
}
