/** An observed call in one line that a reviewer can judge: what is called, among what, and what it answers or leaves. */
import type { CallOption } from '../../architecture/kinds/called.ts'
import { listed, noun, shortened } from '../../rules/sentence.ts'

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const rowsOf = (rows: unknown): number => (Array.isArray(rows) ? rows.length : 1)

const answered = (answers: CallOption['answers']): readonly string[] => {
  if (answers === undefined) return []
  if (typeof answers === 'number') return [`answers ${counted(answers, 'row')}`]
  if (!Array.isArray(answers))
    return [`answers ${shortened((answers as string | null) ?? 'null', 40) || `''`}`]
  const rows = answers as readonly (string | null)[]
  return [rows.length === 0 ? 'answers no row' : `answers ${counted(rows.length, 'row')}`]
}

const outcome = (option: CallOption, message: string | null): string => {
  if (option.refused !== undefined)
    return `is refused${message === null ? '' : `: ${shortened(message, 80)}`}`
  const parts = [
    ...answered(option.answers),
    ...Object.entries(option.leaves ?? {}).map(([table, rows]) =>
      rowsOf(rows) === 0
        ? `writes no row of ${noun(table)}`
        : `writes ${counted(rowsOf(rows), 'row')} of ${noun(table)}`,
    ),
    ...Object.entries(option.removes ?? {}).map(
      ([table, n]) => `removes ${counted(n, 'row')} of ${noun(table)}`,
    ),
  ]
  return parts.length === 0 ? 'is taken' : listed(parts)
}

/** What stands on one line as a key, with a number behind it where another one is the same. */
const longest = 92

/** `message`: of a refusal. */
export const sayCall = (option: CallOption, message: string | null): string => {
  const said = Object.entries(option.settings ?? {}).filter(([, value]) => value !== `''`)
  const parts = [
    shortened(option.call ?? '', 90),
    ...(option.as === undefined ? [] : [`by ${option.as}`]),
    ...(option.byStranger === true ? ['by a stranger'] : []),
    ...(said.length === 0
      ? []
      : [`with ${listed(said.map(([name, value]) => `${name} ${shortened(value, 40)}`))}`]),
    outcome(option, message),
  ]
  return shortened(parts.join(' '), longest)
}
