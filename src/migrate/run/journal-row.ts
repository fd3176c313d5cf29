/** One row of the journal: how far a migration has come in this database. */
import type { Direction, MigrationKind } from '../files/migration.ts'
import type { AloneNote } from './alone/alone-kind.ts'

/** `running`: somebody is at it, or was killed. `failed`: PostgreSQL refused a statement; what stood before it stays. */
export type JournalState = 'running' | 'failed' | 'done'

export type Prior = Pick<JournalRow, 'state' | 'hash' | 'steps' | 'stepsDone' | 'doneHash'>

export interface JournalRow {
  readonly name: string
  readonly kind: MigrationKind
  /** What runs, or ran last: `down` and `done` is a migration that was taken back. */
  readonly direction: Direction
  readonly state: JournalState
  /** Of the script that runs or ran. */
  readonly hash: string
  readonly steps: number
  /** How many of them are committed. */
  readonly stepsDone: number
  /** digestOfSteps of those. */
  readonly doneHash: string
  /** A step outside of any transaction that began and is not known to have ended, from 1; null: none. */
  readonly stepBegun: number | null
  readonly stepNote: AloneNote | null
  /** How far the other direction had come, which still holds as long as this one has committed nothing. */
  readonly prior: Prior | null
  /** What PostgreSQL said; null when it did not refuse. */
  readonly fault: string | null
  /** In which order migrations were applied; null for one that is not. */
  readonly ordinal: number | null
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly runBy: string
  readonly runFrom: string
  readonly server: string
  readonly assay: string
  /** Names of gates that were overridden for it. */
  readonly allowed: readonly string[]
}

/** Whether the migration stands in the database as a whole. */
export const isApplied = (row: JournalRow | undefined): boolean =>
  row !== undefined && row.direction === 'up' && row.state === 'done'

/** Whether nothing of it stands: it was never begun, or taken back as a whole. */
export const isAbsent = (row: JournalRow | undefined): boolean =>
  row === undefined || (row.direction === 'down' && row.state === 'done')

/** Whether it ran in no part: never begun, taken back as a whole, or refused before anything of it was committed. */
export const hasLeftNothing = (row: JournalRow | undefined): boolean =>
  row === undefined ||
  isAbsent(row) ||
  (row.direction === 'up' && row.state === 'failed' && row.stepsDone === 0 && row.stepBegun === null)

const otherDirection = (direction: Direction): Direction => (direction === 'up' ? 'down' : 'up')

/** A direction that began and has done nothing is none: the migration stands as it did before. */
export const asItStands = (row: JournalRow): JournalRow =>
  row.state !== 'done' && row.stepsDone === 0 && row.stepBegun === null && row.prior !== null
    ? { ...row, ...row.prior, direction: otherDirection(row.direction) }
    : row
