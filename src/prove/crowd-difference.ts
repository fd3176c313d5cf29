/** Whether writers at once come to what the same calls come to one after the other. */
import type { Observation } from './result.ts'

/** How many calls ended how. */
export type Ended = Readonly<Record<string, number>>

export const accepted = 'accepted'

/** Why what came of the crowd is not what comes of one after the other; null: it is. */
export const crowdDifference = (rows: Observation['rows'], measured = true): string | null => {
  const [serial = [], crowd = []] = rows
  const ends = (row: readonly (string | null)[]): string =>
    Object.entries(JSON.parse(row[0] ?? '{}') as Ended)
      .map(([end, times]) => `${times} ${end}`)
      .join(', ')
  if (!ends(serial).includes(accepted)) return `none of its calls is accepted: ${ends(serial)}`
  if (serial[0] !== crowd[0])
    return measured
      ? `of writers at once ${ends(crowd)}; in turn ${ends(serial)}`
      : 'other calls are refused at once than in turn'
  const at = serial.findIndex((one, i) => i > 0 && one !== crowd[i])
  if (at < 0) return null
  return measured
    ? `writers at once come to ${crowd[at]}; in turn to ${serial[at]}`
    : 'what stands afterwards is not what stands when they write in turn'
}
