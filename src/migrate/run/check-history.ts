/**
 * Whether the files are still those that ran: edited, missing, renamed and inserted ones are told before anything runs.
 * Call `loadParser` of postgres/parse.ts before.
 */
import type { Migration } from '../files/migration.ts'
import { numberGaps, numberOf } from '../files/migration-number.ts'
import { stepsOf } from '../files/steps.ts'
import { AssayError } from '../../ground/errors.ts'
import { gitLogOf } from '../../ground/git-log.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import type { ClosedGate } from './gate.ts'
import { digestOfSteps, rowOf } from './journal.ts'
import { hasLeftNothing, isAbsent, isApplied, type JournalRow } from './journal-row.ts'
import type { Resolution } from './resolutions.ts'

const resolveAs = (name: string, as: Resolution): string =>
  `${shellCommand('assay', 'migrate', 'resolve', name, '--as', as)} --url …`

/** Only comments, and spaces between statements, are others. */
const sendsTheSame = ({ up }: Migration, row: JournalRow): boolean => {
  try {
    return digestOfSteps(stepsOf(up)) === row.doneHash
  } catch (cause) {
    if (cause instanceof AssayError) return false
    throw cause
  }
}

const editedGate = (migration: Migration, row: JournalRow): ClosedGate => {
  const { name, up } = migration
  const isSame = sendsTheSame(migration, row)
  const resolve = resolveAs(name, 'edited')
  const drift = 'assay drift --url …'
  return {
    gate: 'edited',
    code: 'migrate.edited',
    migrations: [name],
    summary: `${name} was edited after it ran.`,
    found: `it ran as ${row.hash.slice(0, 12)} on ${row.startedAt}, and ${up.file} is ${up.hash.slice(0, 12)} now${isSame ? '; its statements are the same' : ''}`,
    why: 'other databases have what the old text made; nobody gets what the new one would make',
    mend: isSame
      ? `Nothing that runs has changed: take the edit back, or say so:\n${resolve}`
      : `Take the edit back, and put the change into a new migration; what the new text makes otherwise is seen with:\n${drift}\nWhere the edit changes nothing that runs (a comment, a space), say so:\n${resolve}`,
    next: [isSame ? resolve : drift],
  }
}

/** A pending migration with the same text. */
const renamedTo = (
  migrations: readonly Migration[],
  rows: readonly JournalRow[],
  row: JournalRow,
): string | null =>
  migrations.find(({ name, up }) => up.hash === row.hash && isAbsent(rowOf(rows, name)))?.name ?? null

const missingGate = ({ name, kind, finishedAt, startedAt }: JournalRow): ClosedGate => {
  const look = gitLogOf(name)
  const onPurpose =
    kind === 'repeatable'
      ? `\nWhere it is gone on purpose, drop what it made in a migration, and say that it no longer stands:\n${resolveAs(name, 'reverted')}`
      : ''
  return {
    gate: 'missing',
    code: 'migrate.missing',
    migrations: null,
    summary: `${name} ran here, and its file is not there.`,
    found: `the journal has it since ${finishedAt ?? startedAt}; no migration has its name or its text`,
    why: 'these are not the migrations that made this database: another branch, or a file that was deleted',
    mend: `Bring the file back, or use the branch that has it:\n${look}${onPurpose}`,
    next: [look],
  }
}

/** Its text stands under another name: `renamed`. */
const renamedGate = ({ name }: JournalRow, renamed: string): ClosedGate => {
  const saying = [resolveAs(renamed, 'applied'), resolveAs(name, 'reverted')]
  return {
    gate: 'missing',
    code: 'migrate.renamed',
    migrations: [renamed],
    summary: `${name} ran here, and its file is called ${renamed} now.`,
    found: 'a migration of another name with the very same text',
    why: 'under its new name it would run a second time',
    mend: `Give it its old name back: ${name}. Where the new name is to stay, say that it ran:\n${saying.join('\n')}`,
    next: saying,
  }
}

const orderGate = (name: string, last: string): ClosedGate => ({
  gate: 'out-of-order',
  code: 'migrate.out-of-order',
  migrations: [name],
  summary: `${name} stands before ${last}, which has run already.`,
  found: 'a migration that was put, or merged, between those that ran',
  why: 'it was tested in another order than the one in which it would run here',
  mend: `Give it a number behind ${last}, and test it there:\nassay migrate test`,
})

const gapGate = (before: string, missing: readonly [string, string], after: string | null): ClosedGate => ({
  gate: 'gap',
  code: 'migrate.gap',
  migrations: [before],
  summary:
    missing[0] === missing[1]
      ? `There is no migration ${missing[0]} before ${before}.`
      : `There are no migrations ${missing[0]} to ${missing[1]} before ${before}.`,
  found: after === null ? `it is the first one` : `the one before it is ${after}`,
  why: 'a file that was not committed or not merged would run later, out of order',
  mend:
    after === null
      ? `Add what is missing, or number it from ${missing[0]} on.`
      : `Add what is missing; where the number is left out on purpose, write at its head:\n-- assay: follows ${numberOf(after) ?? after}`,
})

/** What no longer fits between the files and the journal. */
export const checkHistory = (
  migrations: readonly Migration[],
  rows: readonly JournalRow[],
): readonly ClosedGate[] => {
  const names = new Set(migrations.map(({ name }) => name))
  const versioned = migrations.filter(({ kind }) => kind !== 'repeatable')
  const gone = rows
    .filter((row) => !hasLeftNothing(row) && !names.has(row.name))
    .map((row) => {
      const renamed = renamedTo(migrations, rows, row)
      return renamed === null ? missingGate(row) : renamedGate(row, renamed)
    })
  const edited = versioned.flatMap((migration) => {
    const row = rowOf(rows, migration.name)
    return row !== undefined && isApplied(row) && row.hash !== migration.up.hash
      ? [editedGate(migration, row)]
      : []
  })
  const lastRun = versioned.findLastIndex(({ name }) => !hasLeftNothing(rowOf(rows, name)))
  const inserted = versioned
    .slice(0, Math.max(0, lastRun))
    .filter(({ name }) => isAbsent(rowOf(rows, name)))
    .map(({ name }) => orderGate(name, versioned[lastRun]?.name ?? ''))
  const gaps = numberGaps(versioned.map(({ name }) => name)).flatMap(({ before, after, missing }) => {
    const migration = versioned.find(({ name }) => name === before)
    const follows = migration?.directives.follows ?? null
    const isMeant = follows !== null && after !== null && (follows === after || follows === numberOf(after))
    return isMeant || !isAbsent(rowOf(rows, before)) ? [] : [gapGate(before, missing, after)]
  })
  return [...gone, ...edited, ...inserted, ...gaps]
}
