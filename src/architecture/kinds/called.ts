/**
 * What one call of a function or procedure answers, how it is refused, and what it leaves behind. Observed: recorded
 * from a database, and nobody has said yet that it is right. Behaves: a person has.
 */
import { databaseObjects, structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { checkRefused, toRow, toTables, type PlainRow, type RowsByTable } from './plain-rows.ts'

export interface CalledRule extends DeclaredRule {
  readonly kind: 'observedCall' | 'call'
  readonly sentence: string
  /** Structure id. */
  readonly routine: string
  /** By table id: the rows that stand, and no others. */
  readonly given: Readonly<Record<string, readonly PlainRow[]>>
  readonly as: string | null
  readonly byStranger: boolean
  readonly settings: PlainRow
  readonly call: string
  /** Text of each row, in the order of their letters; how many; null: not looked at. */
  readonly answers: readonly (string | null)[] | number | null
  /** Columns of the answer that are compared; null: all of it. */
  readonly shown: readonly string[] | null
  /** SQLSTATE; null: the call is taken. */
  readonly refused: string | null
  /** By table id: rows that were written. */
  readonly leaves: Readonly<Record<string, readonly PlainRow[]>>
  /** By table id: how many rows fewer it has. */
  readonly removes: Readonly<Record<string, number>>
}

export interface CallOption {
  /** The rows that stand, by table, and no others; columns that are left out are solved. */
  readonly given?: RowsByTable
  /** The role that calls; absent: one that may do everything. */
  readonly as?: string
  /** A role calls that has no rights but everybody's. */
  readonly byStranger?: true
  /** Settings of the transaction, as current_setting reads them. */
  readonly settings?: PlainRow
  /** As it stands in SQL: `film_in_stock(1, 2)`. Absent: the sentence is the call. */
  readonly call?: string
  /** The answer as PostgreSQL prints it, a list of them for a set, in any order; or how many rows there are. */
  readonly answers?: string | null | readonly (string | null)[] | number
  /** Columns of the answer that are compared, where others are never the same twice. */
  readonly columns?: readonly string[]
  /** The SQLSTATE with which it is refused. */
  readonly refused?: string
  /** What the rows of these tables hold that were added or changed, as SQL, or `is not null`; `[]`: none was. */
  readonly leaves?: RowsByTable
  /** How many rows fewer these tables have. */
  readonly removes?: Readonly<Record<string, number>>
}

/** By a sentence that a reviewer can judge. */
export type CallOptions = Readonly<Record<string, CallOption>>

const optionKeys = [
  'given',
  'as',
  'byStranger',
  'settings',
  'call',
  'answers',
  'columns',
  'refused',
  'leaves',
  'removes',
] as const

const toAnswers = (answers: CallOption['answers']): CalledRule['answers'] => {
  if (answers === undefined) return null
  if (typeof answers === 'number') return answers
  return Array.isArray(answers) ? (answers as readonly (string | null)[]) : [answers as string | null]
}

const refusal = {
  example: '22P02',
  code: 'call-outcome',
  what: 'a refused call answers nothing and leaves nothing behind.',
  mend: 'Take refused away, or answers, leaves and removes.',
}

const words = { observedCall: 'observed', call: 'behaves' } as const

/** `structure`: id of the function. */
export const makeCalledRules = (
  kind: CalledRule['kind'],
  place: Pick<RulePlace, 'at' | 'refuse'>,
  structure: string,
  options: CallOptions = {},
): readonly CalledRule[] =>
  Object.entries(options).map(([sentence, option]) => {
    const reader = { place, said: `${structure}: ${words[kind]} "${sentence}"` }
    const known = { table: structure, tableColumns: [], at: place.at, refuse: place.refuse }
    refuseUnknownKeys(known, `fn's ${words[kind]}`, option, optionKeys)
    checkRefused(reader, option.refused, [option.answers, option.leaves, option.removes], refusal)
    return {
      kind,
      id: structureId(structure, words[kind], sentence),
      table: databaseObjects,
      columns: [],
      at: place.at,
      sentence,
      routine: structure,
      given: toTables(reader, option.given),
      as: option.as ?? null,
      byStranger: option.byStranger ?? false,
      settings: toRow(reader, option.settings),
      call: option.call ?? sentence,
      answers: toAnswers(option.answers),
      shown: option.columns ?? null,
      refused: option.refused ?? null,
      leaves: toTables(reader, option.leaves),
      removes: option.removes ?? {},
    }
  })
