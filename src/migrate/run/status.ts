/** How each migration stands in a database: the files and the journal, side by side. */
import type { Direction, Migration, MigrationKind } from '../files/migration.ts'
import { checkHistory } from './check-history.ts'
import type { ClosedGate } from './gate.ts'
import { rowOf } from './journal.ts'
import { hasLeftNothing, isAbsent, isApplied, type JournalRow } from './journal-row.ts'

export type Standing = 'applied' | 'pending' | 'unfinished' | 'failed' | 'edited' | 'changed' | 'missing'

export interface MigrationStatus {
  readonly name: string
  readonly kind: MigrationKind
  readonly standing: Standing
  /** Committed statements of a direction, and all of them; null where nothing is half done. */
  readonly progress: { readonly direction: Direction; readonly done: number; readonly of: number } | null
  /** What PostgreSQL said when it refused a statement. */
  readonly fault: string | null
  readonly finishedAt: string | null
  readonly runBy: string | null
  /** Gates that were overridden. */
  readonly allowed: readonly string[]
  readonly hasDown: boolean
}

const standingOf = (migration: Migration | undefined, row: JournalRow | undefined): Standing => {
  if (isAbsent(row) || row === undefined) return 'pending'
  if (row.state === 'failed') return 'failed'
  if (row.state === 'running') return 'unfinished'
  if (migration === undefined) return 'missing'
  if (row.hash === migration.up.hash) return 'applied'
  return migration.kind === 'repeatable' ? 'changed' : 'edited'
}

const statusOf = (
  name: string,
  migration: Migration | undefined,
  row: JournalRow | undefined,
): MigrationStatus => ({
  name,
  kind: migration?.kind ?? row?.kind ?? 'versioned',
  standing: standingOf(migration, row),
  progress:
    row === undefined || row.state === 'done'
      ? null
      : { direction: row.direction, done: row.stepsDone, of: row.steps },
  fault: row?.fault ?? null,
  finishedAt: isApplied(row) ? (row?.finishedAt ?? null) : null,
  runBy: isAbsent(row) ? null : (row?.runBy ?? null),
  allowed: isAbsent(row) ? [] : (row?.allowed ?? []),
  hasDown: migration !== undefined && migration.down !== null,
})

export interface DatabaseStatus {
  readonly migrations: readonly MigrationStatus[]
  /** What no longer fits between the files and the journal. */
  readonly closed: readonly ClosedGate[]
  /** All of the directory stands, as its files say it. */
  readonly isCurrent: boolean
}

/** In the order of the files; what ran and has no file comes last. `rows`: null when there is no journal yet. */
export const statusOfAll = (
  migrations: readonly Migration[],
  rows: readonly JournalRow[] | null,
): DatabaseStatus => {
  const journal = rows ?? []
  const known = new Set(migrations.map(({ name }) => name))
  const gone = journal.filter((row) => !known.has(row.name) && !hasLeftNothing(row))
  const all = [
    ...migrations.map((migration) => statusOf(migration.name, migration, rowOf(journal, migration.name))),
    ...gone.map((row) => statusOf(row.name, undefined, row)),
  ]
  return {
    migrations: all,
    closed: checkHistory(migrations, journal),
    isCurrent: all.every(({ standing }) => standing === 'applied'),
  }
}
