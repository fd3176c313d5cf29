/** What a migration did when it ran, statement by statement: the measurements that hazards are judged by. */
import type { PgFault } from '../../postgres/fault.ts'
import type { DatabaseState } from './database-state.ts'
import type { DdlEvents } from './ddl-events.ts'
import type { LockTable } from './read-locks.ts'
import type { Activities } from './read-state.ts'

/** A stop of a statement that cannot run in a transaction: it waits for somebody, and holds this much. */
export interface Phase {
  readonly held: LockTable
  readonly awaited: LockTable
}

export interface StatementTrace {
  /** From 0. */
  readonly number: number
  readonly text: string
  /** Offset in the file. */
  readonly start: number
  /** Which transaction of the migration it ran in, from 0; null: in none, or in several of its own. */
  readonly transaction: number | null
  /** lock_timeout as it stood when the statement began: `0`, `2s`. */
  readonly lockTimeout: string
  readonly before: DatabaseState
  readonly after: DatabaseState
  /** Held of earlier statements of its transaction. */
  readonly heldBefore: LockTable
  /** Taken by this statement, or taken more strongly. */
  readonly taken: LockTable
  /** Empty for what runs in a transaction. */
  readonly phases: readonly Phase[]
  /** Scans, and rows that were read and written by it, of each table. */
  readonly activity: Activities
  readonly events: DdlEvents
  /** PostgreSQL refused it: nothing after it ran. */
  readonly fault: PgFault | null
}

export interface MigrationTrace {
  /** As it stood before the first statement. */
  readonly before: DatabaseState
  readonly after: DatabaseState
  readonly statements: readonly StatementTrace[]
  /** Rows that stood in each table before. */
  readonly rows: ReadonlyMap<number, number>
  /** Whether event triggers told of rewrites and drops. */
  readonly isWatched: boolean
  readonly major: number
  /** Its file says `transaction none`: whoever runs it goes on behind what is committed. Absent: it does not say so. */
  readonly goesOn?: boolean
}

/** It was there before the migration, and people's rows are in it. */
export const isExisting = (trace: MigrationTrace, oid: number): boolean => {
  const relation = trace.before.relations.get(oid)
  return relation !== undefined && !relation.temporary
}
