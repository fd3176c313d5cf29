/** An experiment in words: which rows stand, who asks, what happens, what has to come of it and what came. */
import { relationId } from '../ground/names.ts'
import { unquoted } from '../postgres/quote.ts'
import type { Observation } from '../prove/result.ts'
import type { Experiment } from '../rules/experiment.ts'
import { expectedOutcome } from './given-when-then.ts'

export interface ExperimentWords {
  readonly given: string
  /** null: whoever row-level security does not bind. */
  readonly as: string | null
  readonly when: string
  readonly then: string
}

const verbs =
  /^\s*(insert\s+into|update|delete\s+from|merge\s+into|truncate|copy)\s+(?:only\s+)?("(?:[^"]|"")*")(?:\.("(?:[^"]|"")*"))?/iu

interface Doing {
  readonly verb: string
  readonly table: string
}

const doingOf = (sql: string): Doing | null => {
  const match = verbs.exec(sql)
  if (!match) return null
  const [, verb = '', first = '""', second] = match
  const table =
    second === undefined ? unquoted(first) : relationId({ schema: unquoted(first), name: unquoted(second) })
  return { verb: verb.toLowerCase().replaceAll(/\s+/gu, ' '), table }
}

const longest = 90

/** One line; the whole stands in the script. */
const shortened = (sql: string): string => {
  const line = sql.trim().replaceAll(/\s+/gu, ' ')
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

const counted = (names: readonly string[]): readonly string[] => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, n]) => (n === 1 ? name : `${name} (${n})`))
}

const givenOf = ({ world, given, on, call }: Experiment): string => {
  if (call) return 'filled tables, every constraint live'
  const statements = [...world.statements, ...given]
  const doings = statements.map(doingOf)
  const rows = doings.flatMap((doing) => (doing?.verb === 'insert into' ? [doing.table] : []))
  const others = statements.filter((_, i) => doings[i]?.verb !== 'insert into').map(shortened)
  const stand =
    rows.length === 0 ? [] : [`${rows.length === 1 ? 'a row' : 'rows'} in ${listed(counted(rows))}`]
  const loaded = on === 'loaded' ? ['thousands of rows and fresh statistics'] : []
  const all = [...loaded, ...stand, ...others]
  return all.length === 0 ? 'no rows at all' : all.join('; then ')
}

const asOf = ({ as, session }: Experiment): string | null => {
  const fresh = session === 'fresh' ? ', in a session where nothing was ever set' : ''
  if (!as) return fresh === '' ? null : `whoever row-level security does not bind${fresh}`
  const settings = Object.entries(as.settings).map(
    ([name, value]) => `${name} = ${value === '' ? `''` : value}`,
  )
  return `role ${as.role}${settings.length === 0 ? ', with nothing set' : ` with ${settings.join(', ')}`}${fresh}`
}

const stepOf = (sql: string): string => {
  const doing = doingOf(sql)
  if (!doing) return shortened(sql)
  const { verb, table } = doing
  if (verb === 'insert into') return `a row is inserted into ${table}`
  if (verb === 'update') return `${table} is updated`
  if (verb === 'delete from') return `rows are deleted from ${table}`
  if (verb === 'merge into') return `rows are merged into ${table}`
  return `${verb} ${table}`
}

const whenOf = ({ when, proof, interleaving, call }: Experiment): string => {
  if (call) return call.writers === 1 ? 'the call is made' : `${call.writers} writers make the call at once`
  if (proof) return 'the function of the rule runs'
  if (interleaving) return 'two sessions write at once, in a forced order, and both commit'
  return counted(when.map(stepOf)).join(', then ')
}

const thenOf = (experiment: Experiment): string => {
  if (experiment.proof) return 'it does not throw'
  if (experiment.interleaving) return 'no row violates the rule'
  return expectedOutcome(experiment.then)
}

export const experimentWords = (experiment: Experiment): ExperimentWords => ({
  given: givenOf(experiment),
  as: asOf(experiment),
  when: whenOf(experiment),
  then: thenOf(experiment),
})

const longestRows = 300

/** What PostgreSQL did. */
export const observedWords = ({ fault, stage, affected, rows }: Observation): string => {
  if (fault) {
    const by = fault.constraint ?? fault.column
    const where =
      stage === 'when' ? '' : ` (in ${stage === 'world' ? 'the rows that it stands on' : 'Given'})`
    return `refused with SQLSTATE ${fault.sqlstate}${by === null ? '' : ` by ${by}`}: ${fault.message}${where}`
  }
  const shown = rows.map((row) => `(${row.map((value) => value ?? 'null').join(', ')})`).join(' ')
  if (shown !== '')
    return `accepted: ${shown.length > longestRows ? `${shown.slice(0, longestRows)}…` : shown}`
  return `accepted: ${affected} row${affected === 1 ? '' : 's'}`
}
