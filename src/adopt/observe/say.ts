/** An observation in one line that a reviewer can judge: what is written, and what it leaves behind. */
import type { ObservedOption, ObservedWriteOption } from '../../architecture/kinds/observed.ts'
import { listed, noun, shortened } from '../../rules/sentence.ts'

type SaidRow = Readonly<Record<string, string | undefined>>

const valueOf = (sql: string): string => shortened(sql.replace(/^('(?:[^']|'')*')::.+$/u, '$1'), 32)

/** More columns than this are counted. */
const mostNamed = 3

const described = (row: SaidRow): string => {
  const entries = Object.entries(row).filter(([, value]) => value !== undefined)
  return entries.length > mostNamed
    ? `${entries.length} given values`
    : listed(entries.map(([column, value]) => `${column} ${valueOf(value!)}`))
}

const oneWrite = (write: ObservedWriteOption<string>, given: SaidRow): string => {
  if (write.insert)
    return Object.keys(write.insert).length === 0 ? 'an insert' : `an insert with ${described(write.insert)}`
  if (write.update) {
    const changes = Object.entries(write.update).map(([column, to]) => {
      const from = given[column]
      return `${column}${from === undefined ? '' : ` from ${valueOf(from)}`} to ${valueOf(to ?? 'null')}`
    })
    return `a change of ${listed(changes)}`
  }
  if (write.again) {
    const values = Object.keys(write.again).length === 0 ? '' : ` with ${described(write.again)}`
    return `an insert${values} of a row that is there, ON CONFLICT DO NOTHING,`
  }
  return write.delete ? 'a delete' : 'a truncate'
}

const situation = (option: ObservedOption<string>): readonly string[] => {
  const { update = {}, given = {} } = option
  const rest = Object.fromEntries(
    Object.entries(given).filter(([column]) => !(column in update) && !(column in (firstLeft(option) ?? {}))),
  )
  return [
    ...(Object.keys(rest).length === 0 ? [] : [`of a row with ${described(rest)}`]),
    ...(option.then ? [`and then ${oneWrite(option.then, {})}`] : []),
    ...(option.beside ? [`beside ${listed(Object.keys(option.beside).map(noun))}`] : []),
    ...(option.as === undefined ? [] : [`by ${option.as}`]),
    ...(option.settings ? [`with ${described(option.settings)}`] : []),
    ...(option.constraints === undefined ? [] : ['before the deferred checks']),
  ]
}

const firstLeft = ({ leaves }: ObservedOption<string>): SaidRow | undefined =>
  Array.isArray(leaves) ? (leaves as readonly SaidRow[])[0] : (leaves as SaidRow | undefined)

const rowsOf = (count: number): string => (count === 0 ? 'no row' : count === 1 ? 'a row' : `${count} rows`)

const outcome = (option: ObservedOption<string>, message: string | null): string => {
  if (option.refused !== undefined)
    return `is refused${message === null ? '' : `: ${shortened(message, 80)}`}`
  const { leaves, elsewhere = {}, removes = {} } = option
  const own = firstLeft(option)
  const many = Array.isArray(leaves) ? leaves.length : leaves === undefined ? null : 1
  const parts = [
    ...(many === null
      ? []
      : many === 0
        ? ['writes no row']
        : many > 1 || own === undefined || Object.keys(own).length === 0
          ? [`writes ${rowsOf(many)}`]
          : [`leaves ${described(own)}`]),
    ...Object.entries(elsewhere).map(
      ([table, rows]) => `writes ${rowsOf(Array.isArray(rows) ? rows.length : 1)} of ${noun(table)}`,
    ),
    ...Object.entries(removes).map(([table, count]) => `removes ${rowsOf(count)} of ${noun(table)}`),
  ]
  return parts.length === 0 ? 'is taken' : listed(parts)
}

export const sayObserved = (option: ObservedOption<string>, message: string | null): string =>
  [oneWrite(option, option.given ?? {}), ...situation(option), outcome(option, message)].join(' ')
