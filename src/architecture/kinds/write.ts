/** What the application writes in one call, and the budget that it has to stay within, alone and with many writers at once. */
import type { Architecture } from '../architecture.ts'
import type { CallFunction } from './call-function.ts'
import type { Duration, QueryForm } from './query.ts'
import type { DeclaredRule } from '../rule.ts'

/**
 * What one call may cost, foreign keys, cascades and triggers included. All of it but `p95` is counted. "For each row" is for each
 * row that the call is given.
 */
export interface WriteBudget {
  /** Statements that the call sends. */
  readonly statements?: number
  /** Rows that are read for each row. Left out with no other limit: no table is read whole. */
  readonly rowsReadPerRow?: number
  /** Rows that are written for each row, in all tables: those of an audit log, too. */
  readonly rowsWrittenPerRow?: number
  /** Entries that indexes get for each row; partial indexes count as if every row were in them. */
  readonly indexEntriesPerRow?: number
  /** Pages of 8 kB that are looked at for each row. */
  readonly buffersPerRow?: number
  /** Bytes of the write-ahead log for each row, without those of triggers. Of one statement only. */
  readonly walPerRow?: number
  /** Calls of triggers that are not foreign keys' own. Of one statement only. */
  readonly triggerCallsPerRow?: number
  /** The time that 95 of 100 calls stay below, alone and at once: told by `assay validate`. Left out: none is aimed at. */
  readonly p95?: Duration
}

export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable'

export interface WriteRule extends DeclaredRule {
  readonly kind: 'write'
  readonly sentence: string
  /** Relation ids of the tables that it names; the first is `table`. */
  readonly reads: readonly string[]
  /** [] where it is a function. */
  readonly forms: readonly QueryForm[]
  /** Null: it is one statement. */
  readonly function: CallFunction | null
  /** Calls that are named for it; []: none. */
  readonly calls: readonly unknown[]
  readonly budget: WriteBudget
  /** Rows that one call is given. */
  readonly rows: number
  /** Writers at once; 1: alone. */
  readonly concurrency: number
  readonly isolation: IsolationLevel
  /** How often a call begins again after a deadlock or a serialization failure. */
  readonly retries: number
  /** It runs with the role and settings of the architecture's identity. */
  readonly asApplication: boolean
}

/** The writes that are declared over an architecture. */
export const writesOf = ({ queries = [] }: Pick<Architecture, 'queries'>): readonly WriteRule[] =>
  queries.filter((rule): rule is WriteRule => rule.kind === 'write')
