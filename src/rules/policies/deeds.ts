/**
 * What somebody may do with a row, and which points of the policies PostgreSQL asks for it. One entry a deed; to add
 * one, add an entry. Without WHERE an update or a deletion asks its own policies alone; with it, those for SELECT too.
 */
import type { Table } from '../../catalog/table.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { accepted, affects, answers, refusedByPolicy } from '../attacks/attack.ts'
import type { Expected } from '../experiment.ts'
import { outcomeOf, type Outcome, type Verdicts } from './verdicts.ts'

/** A row that stands, and what it is to become. */
export interface Subject {
  readonly table: Table
  readonly row: Row
  /** Finds it. */
  readonly key: string
  /** Finds it whatever the search_path says of comparisons. */
  readonly keyOnAnyPath: string
  readonly insert: string
  /** Columns to set, with their values; null where none may be written. */
  readonly sets: readonly (readonly [column: string, value: string])[] | null
  /** Its primary key, for ON CONFLICT; null without one. */
  readonly conflict: readonly string[] | null
  readonly major: number
  /** No other row of the table stands. */
  readonly alone: boolean
}

export interface Deed {
  readonly name: string
  readonly verb: string
  /** The row stands before it. */
  readonly needsRow: boolean
  /** Null: it cannot be tried on this row. */
  statement(subject: Subject): string | null
  outcome(old: Verdicts, next: Verdicts): Outcome | null
  expected(done: boolean): Expected
  /** Instead of "done" and "nothing is found". */
  readonly words?: { readonly one: string; readonly none: string }
}

const hides = (answer: string) => ({ as: 'hides' as const, answer })
const refuses = (answer: string) => ({ as: 'refuses' as const, answer })

const setText = ({ sets }: Subject): string | null =>
  sets === null || sets.length === 0 ? null : sets.map(([c, v]) => `${ident(c)} = ${v}`).join(', ')

const onSet = (subject: Subject, write: (set: string) => string): string | null => {
  const set = setText(subject)
  return set === null ? null : write(set)
}

const counted = (done: boolean): Expected => affects(done ? 1 : 0)

const sees: Deed = {
  name: 'sees',
  verb: 'sees',
  needsRow: true,
  statement: ({ table, key }) => `select count(*) from ${qualified(table)} where ${key}`,
  outcome: (old) => outcomeOf([hides(old('select'))]),
  expected: (done) => answers(done ? '1' : '0'),
  words: { one: 'yes', none: 'no' },
}

const updates: Deed = {
  name: 'updates',
  verb: 'updates',
  needsRow: true,
  statement: (subject) =>
    subject.alone ? onSet(subject, (set) => `update ${qualified(subject.table)} set ${set}`) : null,
  outcome: (old, next) => outcomeOf([hides(old('update')), refuses(next('updated'))]),
  expected: counted,
}

const updatesByKey: Deed = {
  name: 'updates-by-key',
  verb: 'looks up and updates',
  needsRow: true,
  statement: (subject) =>
    onSet(subject, (set) => `update ${qualified(subject.table)} set ${set} where ${subject.key}`),
  outcome: (old, next) =>
    outcomeOf([
      hides(old('select')),
      hides(old('update')),
      refuses(next('updated')),
      refuses(next('select')),
    ]),
  expected: counted,
}

const deletes: Deed = {
  name: 'deletes',
  verb: 'deletes',
  needsRow: true,
  statement: ({ table, alone }) => (alone ? `delete from ${qualified(table)}` : null),
  outcome: (old) => outcomeOf([hides(old('delete'))]),
  expected: counted,
}

const deletesByKey: Deed = {
  name: 'deletes-by-key',
  verb: 'looks up and deletes',
  needsRow: true,
  statement: ({ table, key }) => `delete from ${qualified(table)} where ${key}`,
  outcome: (old) => outcomeOf([hides(old('select')), hides(old('delete'))]),
  expected: counted,
}

const inserts: Deed = {
  name: 'inserts',
  verb: 'inserts',
  needsRow: false,
  statement: ({ insert }) => insert,
  outcome: (_old, next) => outcomeOf([refuses(next('insert'))]),
  expected: () => accepted,
}

const returns: Deed = {
  name: 'returns',
  verb: 'inserts and reads back',
  needsRow: false,
  statement: ({ insert, table }) =>
    `${insert} returning ${qualified(table)}.${ident(table.columns[0]!.name)}`,
  outcome: (_old, next) => outcomeOf([refuses(next('insert')), refuses(next('select'))]),
  expected: () => accepted,
}

const upserts: Deed = {
  name: 'upserts',
  verb: 'inserts again, or updates,',
  needsRow: true,
  statement: (subject) =>
    subject.conflict === null
      ? null
      : onSet(
          subject,
          (set) => `${subject.insert} on conflict (${identList(subject.conflict!)}) do update set ${set}`,
        ),
  outcome: (old, next) =>
    outcomeOf([
      refuses(next('insert')),
      refuses(old('select')),
      refuses(old('update')),
      refuses(next('updated')),
      refuses(next('select')),
    ]),
  expected: () => accepted,
}

/** The target's columns stand in the predicate by their bare names. */
const merges: Deed = {
  name: 'merges',
  verb: 'merges into',
  needsRow: true,
  statement: (subject) =>
    subject.major < 15
      ? null
      : onSet(
          subject,
          (set) =>
            `merge into ${qualified(subject.table)} using (select 1) as "assay one" (n) on ${subject.key} when matched then update set ${set}`,
        ),
  outcome: (old, next) =>
    outcomeOf([
      hides(old('select')),
      refuses(old('update')),
      refuses(next('updated')),
      refuses(next('select')),
    ]),
  expected: counted,
}

/** In the order in which a reader meets them. */
export const deeds: readonly Deed[] = [
  sees,
  inserts,
  updates,
  deletes,
  updatesByKey,
  deletesByKey,
  returns,
  upserts,
  merges,
]

/** Tried only where their outcome differs from the plain deed's. */
export const plainOf: Readonly<Record<string, Deed>> = {
  'updates-by-key': updates,
  'deletes-by-key': deletes,
  returns: inserts,
  upserts: updates,
  merges: updatesByKey,
}

export const expectedOf = (deed: Deed, outcome: Outcome): Expected => {
  if (typeof outcome === 'object') return { kind: 'rejected', by: { sqlstate: outcome.breaks } }
  return outcome === 'refused' ? refusedByPolicy : deed.expected(outcome === 'one')
}

export const outcomeWords = (deed: Deed, outcome: Outcome): string => {
  if (typeof outcome === 'object') return `a policy breaks with ${outcome.breaks}`
  return { one: 'done', none: 'nothing is found', ...deed.words, refused: 'refused' }[outcome]
}
