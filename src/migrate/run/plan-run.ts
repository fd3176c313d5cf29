/** What a run would do: which migrations, in which order and direction, and why. */
import { AssayError } from '../../ground/errors.ts'
import { didYouMean } from '../../ground/nearest-name.ts'
import type { Direction, Migration } from '../files/migration.ts'
import { isNamed } from '../files/migration-number.ts'
import { rowOf } from './journal.ts'
import { hasLeftNothing, isAbsent, isApplied, type JournalRow } from './journal-row.ts'

export interface PlannedMigration {
  readonly migration: Migration
  readonly direction: Direction
  /**
   * `pending`: never ran, or was taken back. `unfinished`: stopped half way. `changed`: repeatable, with another text.
   * `taken-along`: repeatable, and something that stood was dropped.
   */
  readonly because: 'pending' | 'unfinished' | 'changed' | 'taken-along' | 'applied'
}

export interface RunGoal {
  /** Name or number of the last one that is to stand afterwards; `0` with `down`: none. */
  readonly to: string | null
  readonly steps: number | null
}

const unknownName = (to: string, names: readonly string[]): AssayError =>
  new AssayError(`There is no migration ${to}.${didYouMean(to, names)}`, {
    code: 'usage.migration',
    exit: 2,
    asked: to,
    found:
      names.length === 0 ? 'no migrations' : `${names.length} migrations, the last one is ${names.at(-1)}`,
    mend: 'Name one as `assay migrate status` lists it, or its number.',
  })

/** By its whole name, or by its number where only one has it. */
export const findMigration = (migrations: readonly Migration[], text: string): Migration => {
  const exact = migrations.find(({ name }) => name === text)
  if (exact) return exact
  const numbered = migrations.filter(({ name }) => isNamed(name, text))
  const [only] = numbered
  if (only !== undefined && numbered.length === 1) return only
  throw unknownName(
    text,
    migrations.map(({ name }) => name),
  )
}

const versionedOf = (migrations: readonly Migration[]): readonly Migration[] =>
  migrations.filter(({ kind }) => kind !== 'repeatable')

const becauseOf = (row: JournalRow | undefined): PlannedMigration['because'] =>
  isAbsent(row) ? 'pending' : isApplied(row) ? 'applied' : 'unfinished'

export const planUp = (
  migrations: readonly Migration[],
  rows: readonly JournalRow[],
  { to, steps }: RunGoal,
): readonly PlannedMigration[] => {
  const versioned = versionedOf(migrations)
  const end = to === null ? versioned.length : versioned.indexOf(findMigration(versioned, to)) + 1
  const pending = versioned
    .slice(0, end)
    .filter(({ name }) => !isApplied(rowOf(rows, name)))
    .slice(0, steps ?? undefined)
    .map((migration): PlannedMigration => ({
      migration,
      direction: 'up',
      because: becauseOf(rowOf(rows, migration.name)),
    }))
  const isWhole = versioned.every(
    ({ name }) => isApplied(rowOf(rows, name)) || pending.some((one) => one.migration.name === name),
  )
  // A function may stand on what a migration makes that does not run yet.
  if (!isWhole) return pending
  const repeatable = migrations
    .filter(({ kind }) => kind === 'repeatable')
    .flatMap((migration): readonly PlannedMigration[] => {
      const row = rowOf(rows, migration.name)
      if (!isApplied(row)) return [{ migration, direction: 'up', because: becauseOf(row) }]
      if (row?.hash === migration.up.hash) return []
      // Its hash was taken out: see repeatables.ts.
      return [{ migration, direction: 'up', because: row?.hash === '' ? 'taken-along' : 'changed' }]
    })
  return [...pending, ...repeatable]
}

const noWayBack = ({ name, directives, up }: Migration): AssayError =>
  new AssayError(`${name} has no way back.`, {
    code: 'migrate.no-down',
    exit: 4,
    asked: `to take ${name} back`,
    found:
      directives.forward === null
        ? `no down.sql beside ${up.file}`
        : `direction forward because ${directives.forward.because}`,
    why: 'nothing is guessed about how to undo it',
    mend:
      directives.forward === null
        ? 'Write its down.sql and test it (assay migrate test), or change things back with the next migration.'
        : 'Change things back with the next migration.',
  })

const goneFile = (name: string): AssayError =>
  new AssayError(`${name} cannot be taken back: its file is not there.`, {
    code: 'migrate.missing',
    exit: 4,
    asked: `to take ${name} back`,
    found: 'a migration that ran here and that this directory does not have',
    mend: 'Use the branch that has it, or bring the file back.',
  })

/** In the opposite order of that in which they were applied; unfinished ones first. */
const appliedRows = (rows: readonly JournalRow[]): readonly JournalRow[] => {
  const unfinished = rows.filter((row) => row.kind !== 'repeatable' && row.state !== 'done')
  const applied = rows.filter((row) => row.kind !== 'repeatable' && isApplied(row))
  return [...unfinished, ...applied.toSorted((a, b) => (b.ordinal ?? 0) - (a.ordinal ?? 0))]
}

/** Without a goal: the last one. */
export const planDown = (
  migrations: readonly Migration[],
  rows: readonly JournalRow[],
  { to, steps }: RunGoal,
): readonly PlannedMigration[] => {
  const versioned = versionedOf(migrations)
  // One that has left nothing, and whose file was taken away since, has nothing to take back.
  const order = appliedRows(rows).filter(
    (row) => !hasLeftNothing(row) || versioned.some(({ name }) => name === row.name),
  )
  const keep = to === null || to === '0' ? null : findMigration(versioned, to)
  if (keep !== null && !isApplied(rowOf(rows, keep.name)))
    throw new AssayError(`${keep.name} does not stand in this database.`, {
      code: 'usage.migration',
      exit: 2,
      asked: `to go back to ${keep.name}`,
      found: 'a migration that has not run, or not to its end',
      mend: 'Name one that `assay migrate status` shows as applied; it stays.',
    })
  const end =
    to === '0'
      ? order.length
      : keep === null
        ? (steps ?? 1)
        : order.findIndex(({ name }) => name === keep.name)
  return order.slice(0, end).map((row) => {
    const migration = versioned.find(({ name }) => name === row.name)
    if (migration === undefined) throw goneFile(row.name)
    // Nothing of it stands: there is nothing to undo.
    const isNothing =
      row.direction === 'up' && row.state !== 'done' && row.stepsDone === 0 && row.stepBegun === null
    if (migration.down === null && !isNothing) throw noWayBack(migration)
    const down = migration.down ?? { ...migration.up, text: '', hash: '' }
    return {
      migration: { ...migration, down },
      direction: 'down',
      because: isApplied(row) ? 'applied' : 'unfinished',
    }
  })
}
