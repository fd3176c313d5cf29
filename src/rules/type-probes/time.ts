/** Dates and times: the digits of a second that are kept, what becomes of a zone and of a time of day, days that do not exist. */
import { written, type TypeProbes } from './probe.ts'

const byName: Readonly<Record<string, readonly string[]>> = {
  date: ['2024-02-29', '2024-02-29 13:14:15', '2023-02-29'],
  timestamp: ['2024-05-06 07:08:09.123456', '2024-05-06 07:08:09.987654+05', '2023-02-29 00:00:00'],
  timestamptz: ['2024-05-06 07:08:09.123456+00', '2024-05-06 07:08:09.987654+05', '2023-02-29 00:00:00+00'],
  time: ['07:08:09.123456', '23:59:59.987654', '24:00:01'],
  timetz: ['07:08:09.123456+05', '23:59:59.987654-03', '24:00:01+00'],
  interval: ['1 mon 2 days 03:04:05.123456', 'PT1.987654S', '1 fortnite'],
}

export const timeProbes: TypeProbes = ({ name }) => (byName[name] ?? []).map(written)
