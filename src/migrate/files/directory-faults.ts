/** What cannot be right about the names of a directory of migrations, whatever its files say. */
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { gitLogOf } from '../../ground/git-log.ts'
import { strayUndo, type MigrationPlace } from './migration-files.ts'
import { sharedNumbers } from './migration-number.ts'

export interface DirectoryFault {
  readonly fault: AssayError
  /** Absolute; those that it speaks of, in the order in which they run. */
  readonly files: readonly string[]
}

const twoHeads = (directory: string, names: readonly string[]): AssayError =>
  new AssayError(`Two migrations have the same number: ${names.join(' and ')}.`, {
    code: 'migration.two-heads',
    exit: 2,
    asked: `one migration for each number in ${directory}`,
    found: names.join(', '),
    why: 'two branches each wrote the next one: which of them runs first is for a person to say',
    mend: 'Give the one that has run nowhere yet the next free number, and see that it still applies after the other:\nassay migrate test',
    next: [gitLogOf(...names)],
  })

const stray = (directory: string, names: readonly string[]): AssayError =>
  new AssayError(`Nothing is there that ${names.join(', ')} would undo.`, {
    code: 'migration.stray-down',
    exit: 2,
    asked: 'a migration beside each file that undoes one',
    found: names.map((name) => path.join(directory, name)).join(', '),
    why: 'it never runs, and the migration that it is meant for has no way back, or is missing',
    mend: 'Name both alike, 0007_name.sql and 0007_name.down.sql, or take the file away.',
  })

const sameName = (directory: string, name: string): AssayError =>
  new AssayError(`Two migrations are named ${name}.`, {
    code: 'migration.same-name',
    exit: 2,
    asked: `a name for each migration in ${directory}`,
    found: `a directory and a file, or a file with and without .up, that are both ${name}`,
    why: 'the journal keeps names: it could not tell which of them ran',
    mend: 'Rename one of them.',
  })

/** Names that stand twice, then numbers that two branches took, then what undoes nothing. */
export const directoryFaults = (
  directory: string,
  places: readonly MigrationPlace[],
): readonly DirectoryFault[] => {
  const names = places.map(({ name }) => name)
  const filesOf = (some: readonly string[]): readonly string[] =>
    places.flatMap(({ name, up }) => (some.includes(name) ? [up] : []))
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
  const versioned = places.filter(({ isRepeatable }) => !isRepeatable).map(({ name }) => name)
  const lost = places.length === 0 ? [] : strayUndo(directory, places)
  return [
    ...twice.map((name) => ({ fault: sameName(directory, name), files: filesOf([name]) })),
    ...sharedNumbers(versioned).map((shared) => ({
      fault: twoHeads(directory, shared),
      files: filesOf(shared),
    })),
    ...(lost.length === 0
      ? []
      : [{ fault: stray(directory, lost), files: lost.map((name) => path.join(directory, name)) }]),
  ]
}
